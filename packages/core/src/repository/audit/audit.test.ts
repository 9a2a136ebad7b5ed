import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { goSumLines, hashGoMod } from '../../dirhash/index.ts';
import { GoModKitError } from '../../errors/error.ts';
import { parseGoSum } from '../../gosum/index.ts';
import { memoryStorage, type Storage } from '../../storage/index.ts';
import { createRepositoryWith } from '../create-repository.ts';
import type { Verifier } from '../options.ts';
import type { Repository } from '../repository.ts';
import { aroundStorage, keysOf, put, setUp, textAt, withoutDelete } from '../testdata/fixture.ts';
import type { AuditEvent, AuditOptions, AuditReport } from './audit.ts';
import {
  base,
  damages,
  type Expected,
  fill,
  goMod,
  goodObjects,
  path,
  version,
  versionObjects,
} from './testdata/stores.ts';

const later = Date.now() + 24 * 3600 * 1000;

/** A repository over a storage, a day after everything was stored. */
function over(storage: Storage, verifier?: Verifier): Repository {
  return createRepositoryWith({ storage }, { now: () => later, verifier });
}

interface Audited {
  readonly events: readonly AuditEvent[];
  readonly report: AuditReport;
}

async function audited(repository: Repository, options: AuditOptions = {}): Promise<Audited> {
  const events: AuditEvent[] = [];
  const audit = repository.audit(options);
  for (;;) {
    const next = await audit.next();
    if (next.done) return { events, report: next.value };
    events.push(next.value);
  }
}

const findingsOf = ({ events }: Audited) => events.filter((event) => event.type === 'finding');
const versionsOf = ({ events }: Audited): string[] =>
  events.flatMap((event) => (event.type === 'version' ? [`${event.path}@${event.version}`] : []));

async function goodStorage(): Promise<Storage> {
  const storage = memoryStorage();
  await fill(storage, await goodObjects());
  return storage;
}

describe('every damage is found, and nothing else', () => {
  it.each(damages)('$name', async ({ damage, finds }) => {
    const objects = await goodObjects();
    await damage(objects);
    const storage = memoryStorage();
    await fill(storage, objects);
    const result = await audited(over(storage));
    const found = findingsOf(result);
    const wanted: readonly Expected[] = await finds();
    expect(found.map(({ kind, key }) => ({ kind, key }))).toEqual(wanted.map(({ kind, key }) => ({ kind, key })));
    for (const [i, { detail, expected, actual }] of wanted.entries()) {
      if (detail !== undefined) expect(found[i]?.detail).toMatch(detail);
      if (expected !== undefined) expect([found[i]?.expected, found[i]?.actual]).toEqual([expected, actual]);
    }
    expect(result.report.clean).toBe(found.every(({ severity }) => severity === 'note'));
    expect(Object.values(result.report.findings).reduce((a, b) => a + b, 0)).toBe(found.length);
  });
});

it('counts what it reads', async () => {
  const { report } = await audited(over(await goodStorage()));
  const objects = await goodObjects();
  const bytes = [...objects.values()].reduce((sum, each) => sum + each.length, 0);
  const contents = [
    goMod,
    'package m\n',
    'MIT\n',
    'package u\n',
    goMod,
    'module example.com/Upper\n',
    'module example.com/z\n',
  ];
  expect(report).toEqual({
    clean: true,
    versions: 3,
    audited: 3,
    zips: 2,
    proven: 0,
    purged: 0,
    damagedZips: 0,
    removed: 0,
    bytes,
    content: contents.join('').length,
    origins: { unchanged: 0, moved: 0, deleted: 0, unchecked: 0, none: 0 },
    goSum: { matches: 0, mismatches: 0, notStored: 0 },
    findings: {},
    severities: { damage: 0, warning: 0, note: 0 },
  });
});

describe('captures that are under way', () => {
  it('are notes while they are young', async () => {
    const storage = memoryStorage();
    await put(storage, `${base}.mod`, goMod);
    const result = await audited(createRepositoryWith({ storage }, {}));
    expect(findingsOf(result)).toMatchObject([
      { kind: 'unfinished', severity: 'note', key: `${base}.mod`, path, version },
    ]);
    expect(result.report).toMatchObject({ clean: true, versions: 0 });
  });

  it('that end between the listing and the look are good', async () => {
    const objects = await goodObjects();
    const inner = memoryStorage();
    await put(inner, `${base}.mod`, goMod);
    let done = false;
    const storage = aroundStorage(inner, async (method, _key, call) => {
      const result = await call();
      if (method === 'list' && !done) {
        done = true;
        await fill(inner, objects);
      }
      return result;
    });
    const result = await audited(over(storage));
    expect(findingsOf(result)).toEqual([]);
    expect(versionsOf(result)).toEqual([`${path}@${version}`]);
  });

  it('and versions that vanish after the listing are no damage', async () => {
    const inner = await goodStorage();
    const storage = aroundStorage(inner, async (method, _key, call) => {
      const result = await call();
      if (method === 'list') for (const key of await keysOf(inner)) await inner.delete?.(key);
      return result;
    });
    expect(findingsOf(await audited(over(storage)))).toEqual([]);
  });
});

it('passes over our own keys without listing them all', async () => {
  const storage = await goodStorage();
  for (let i = 0; i < 50; i++) await put(storage, `.gomodkit/index/${i}`, '{}');
  let listed = 0;
  const counted = aroundStorage(storage, async (method, _key, call) => {
    const result = await call();
    if (method === 'list') listed++;
    return result;
  });
  const result = await audited(over(counted));
  expect([result.events.length, listed]).toEqual([3, 2]);
});

describe('a part of a store', () => {
  it('is what begins with a prefix', async () => {
    const result = await audited(over(await goodStorage()), { prefix: 'example.com/Up' });
    expect(versionsOf(result)).toEqual(['example.com/Upper@v0.1.0']);
  });

  it('is what is named, in that order', async () => {
    const modules = [
      { path, version },
      { path, version: 'v9.0.0' },
      { path: 'nonsense', version: 'v1' },
    ];
    const result = await audited(over(await goodStorage()), { modules });
    expect(versionsOf(result)).toEqual([`${path}@${version}`]);
    expect(findingsOf(result)).toMatchObject([
      { kind: 'not_stored', path, version: 'v9.0.0' },
      { kind: 'not_stored', path: 'nonsense' },
    ]);
  });
});

async function storageOfMany(count: number): Promise<Storage> {
  const storage = memoryStorage();
  for (let i = 0; i < count; i++) {
    const [mod, info] = await versionObjects(`example.com/m${i % 10}`, `v1.${i}.0`, {});
    await fill(storage, new Map([mod, info].filter((each) => each !== undefined)));
  }
  await put(storage, 'a.txt', 'foreign');
  return storage;
}

describe('a sample', () => {
  it('is the same for the same seed, another for another, and about as large as asked for', async () => {
    const repository = over(await storageOfMany(300));
    const sample = async (options: AuditOptions) => versionsOf(await audited(repository, options));
    const first = await sample({ sample: 0.2, seed: 7 });
    expect(await sample({ sample: 0.2, seed: 7, concurrency: 1 })).toEqual(first);
    expect(await sample({ sample: 0.2, seed: 8 })).not.toEqual(first);
    expect(first.length).toBeGreaterThan(30);
    expect(first.length).toBeLessThan(100);
  });

  it('of a number of versions has that number', async () => {
    const repository = over(await storageOfMany(120));
    for (const sample of [1, 17, 119, 120, 500]) {
      const { report, events } = await audited(repository, { sample, seed: 3 });
      expect(report.audited).toBe(Math.min(sample, 120));
      // Keys are looked at in any case.
      expect([report.versions, events.filter(({ type }) => type === 'finding').length]).toEqual([120, 1]);
    }
  });

  it.each([0, -1, 1.5, Number.NaN, 2_000_000])('cannot be %s', async (sample) => {
    await expect(over(memoryStorage()).audit({ sample }).next()).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('resuming', () => {
  it.each([{}, { sample: 0.3, seed: 5 }, { sample: 40 }])('behind any event gives the rest: %o', async (options) => {
    const storage = await storageOfMany(60);
    // Versions among the keys of others have no place to go on between them.
    for (const name of ['v1.0.0-a', 'v1.0.0-a.j', 'v1.0.0-a.j.x', 'v1.0.0-b'])
      await fill(storage, new Map(await versionObjects('example.com/nest', name, {})));
    const repository = over(storage);
    const whole = await audited(repository, options);
    const nameOf = (event: AuditEvent) => (event.type === 'finding' ? event.key : `${event.path}@${event.version}`);
    for (const [i, { cursor }] of whole.events.entries()) {
      if (cursor === undefined) continue;
      const rest = (await audited(repository, { ...options, after: cursor })).events.map(nameOf);
      const before = whole.events.slice(0, i + 1).map(nameOf);
      expect(new Set([...before, ...rest])).toEqual(new Set(whole.events.map(nameOf)));
      expect(rest.length).toBeLessThanOrEqual(whole.events.length - i + 3);
    }
    expect(whole.events.filter(({ cursor }) => cursor !== undefined).length).toBeGreaterThan(whole.events.length / 2);
  });
});

describe('a cursor', () => {
  it.each([
    ['garbage', {}],
    ['', {}],
    ['EXAMPLE', {}],
    ['example.com/m', {}],
    ['.gomodkit/nothing', {}],
    [`${base}.info`, { prefix: 'example.org/' }],
  ])('%j is none: %o', async (after, options) => {
    await expect(
      over(await goodStorage())
        .audit({ ...options, after })
        .next(),
    ).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^cursor ".*": it is none here; take it from an earlier event/),
    });
  });

  it('may be of a version that was removed, or of what is nobody’s and stored', async () => {
    const storage = await goodStorage();
    await put(storage, 'foreign/file', 'text');
    for (const after of ['example.com/gone/@v/v1.0.0.zip', 'foreign/file'])
      expect((await audited(over(storage), { after })).report).toBeDefined();
  });
});

describe('a go.sum', () => {
  const sums = async () => {
    const objects = await goodObjects();
    const zip = new TextDecoder().decode(objects.get(`${base}.ziphash`));
    return { zip, goMod: hashGoMod(encodeUtf8(goMod)) };
  };

  it('holds, or is told line by line why not', async () => {
    const good = await sums();
    const other = hashGoMod(encodeUtf8('other'));
    const goSum = parseGoSum(
      goSumLines({ path, version }, { zip: other, goMod: good.goMod }) +
        goSumLines({ path: 'example.com/z', version: 'v1.2.3' }, { zip: other, goMod: other }) +
        goSumLines({ path: 'example.com/absent', version: 'v1.0.0' }, { zip: other, goMod: other }),
    );
    const result = await audited(over(await goodStorage()), { goSum });
    expect(result.report.goSum).toEqual({ matches: 1, mismatches: 2, notStored: 3 });
    expect(findingsOf(result)).toMatchObject([
      { kind: 'go_sum_mismatch', key: `${base}.zip`, expected: other, actual: good.zip },
      { kind: 'not_stored', key: 'example.com/z/@v/v1.2.3.zip' },
      { kind: 'go_sum_mismatch', key: 'example.com/z/@v/v1.2.3.mod', expected: other },
      { kind: 'not_stored', path: 'example.com/absent', version: 'v1.0.0' },
    ]);
  });

  it('is compared with what .ziphash binds where the zip is not kept', async () => {
    const storage = await goodStorage();
    await storage.delete?.(`${base}.zip`);
    const goSum = parseGoSum(goSumLines({ path, version }, await sums()));
    const { report } = await audited(over(storage), { goSum });
    expect([report.clean, report.goSum.matches]).toEqual([true, 2]);
  });

  it('says nothing of what is not stored where only a part was looked at', async () => {
    const goSum = parseGoSum(goSumLines({ path: 'example.org/x', version }, await sums()));
    for (const options of [{ sample: 0.9 }, { prefix: 'example.com/' }, { after: `${base}.info` }])
      expect((await audited(over(await goodStorage()), { ...options, goSum })).report.findings).toEqual({});
  });
});

/** A database that disproves what `disproves` says, and knows or reaches nothing where it says so. */
function verifierThat(answer: (name: string) => 'proven' | 'private' | 'disproved' | 'unknown' | 'down'): Verifier {
  const ask = async (name: string): Promise<boolean> => {
    const says = answer(name);
    if (says === 'disproved') throw new GoModKitError('checksum_mismatch', `${name}: the database has another sum`);
    if (says === 'unknown') throw new GoModKitError('not_found', `${name}: unknown`);
    if (says === 'down') throw new GoModKitError('upstream_unavailable', 'no answer');
    return says === 'proven';
  };
  return {
    goMod: (module) => ask(`${module.path}@${module.version}/go.mod`),
    zip: (module) => ask(`${module.path}@${module.version}`),
  };
}

describe('a checksum database', () => {
  it('proves, disproves, does not know, is down, or has nothing to say', async () => {
    const storage = await goodStorage();
    const verifier = verifierThat((name) =>
      name.includes('Upper')
        ? 'unknown'
        : name.includes('/z')
          ? 'down'
          : name.endsWith('go.mod')
            ? 'proven'
            : 'disproved',
    );
    const result = await audited(over(storage, verifier));
    expect(findingsOf(result)).toMatchObject([
      { kind: 'unknown_to_database', severity: 'warning', key: 'example.com/!upper/@v/v0.1.0.mod' },
      { kind: 'disproved', severity: 'damage', key: `${base}.zip` },
      { kind: 'unverified', severity: 'warning', key: 'example.com/z/@v/v1.2.3.mod' },
    ]);
    // Nothing was asked to be purged.
    expect(await keysOf(storage)).toHaveLength(10);
    expect(
      (
        await audited(
          over(
            storage,
            verifierThat(() => 'private'),
          ),
        )
      ).report,
    ).toMatchObject({ clean: true, proven: 0 });
    expect(
      (
        await audited(
          over(
            storage,
            verifierThat(() => 'proven'),
          ),
        )
      ).report,
    ).toMatchObject({ clean: true, proven: 3 });
  });

  it('that proves both sums excuses a .mod that is not the one in the zip', async () => {
    const objects = await goodObjects();
    objects.set(`${base}.mod`, encodeUtf8(`${goMod}// more\n`));
    const storage = memoryStorage();
    await fill(storage, objects);
    const kinds = async (verifier: Verifier) => Object.keys((await audited(over(storage, verifier))).report.findings);
    expect(await kinds(verifierThat(() => 'proven'))).toEqual([]);
    expect(await kinds(verifierThat(() => 'private'))).toEqual(['mod_mismatch']);
    expect(await kinds(verifierThat(() => 'down'))).toEqual(['unverified']);
  });
});

describe('purging', () => {
  const disprove = (...names: readonly string[]) =>
    verifierThat((name) => (names.includes(name) ? 'disproved' : 'unknown'));

  it('takes away what is disproved and nothing else, and keeps it as evidence', async () => {
    const objects = await goodObjects();
    // Damage is no reason to take anything away.
    objects.set('example.com/!upper/@v/v0.1.0.zip', encodeUtf8('no zip'));
    const storage = memoryStorage();
    await fill(storage, objects);
    const result = await audited(over(storage, disprove(`${path}@${version}`)), { purgeDisproved: true });
    const purged = result.events.filter((event) => event.type === 'purged');
    expect(purged).toMatchObject([
      { path, version, keys: ['zip', 'ziphash', 'info', 'mod'].map((end) => `${base}.${end}`) },
    ]);
    expect(result.report).toMatchObject({ purged: 1, clean: false });
    const evidence = purged[0]?.evidence ?? '';
    expect(evidence).toMatch(/^\.gomodkit\/audit\/purged\/\d{17}-[0-9a-f]{16}\/$/);
    const left = await keysOf(storage);
    expect(left.filter((key) => !key.startsWith('.gomodkit/'))).toEqual(
      [...objects.keys()].filter((key) => !key.startsWith(`${base}.`)).sort(),
    );
    expect(left.filter((key) => key.startsWith(evidence)).map((key) => key.slice(evidence.length))).toEqual([
      'evidence.json',
      'info',
      'mod',
      'zip',
      'ziphash',
    ]);
    expect(await textAt(storage, `${evidence}mod`)).toBe(goMod);
    expect(JSON.parse((await textAt(storage, `${evidence}evidence.json`)) ?? '')).toMatchObject({
      path,
      version,
      findings: [
        { kind: 'unknown_to_database' },
        { kind: 'disproved', detail: expect.stringContaining('another sum') },
      ],
    });
  });

  it('goes by .zip, .ziphash, .info and .mod last, after the evidence', async () => {
    const calls: string[] = [];
    const storage = aroundStorage(await goodStorage(), (method, key, call) => {
      if (method === 'create' || method === 'delete') calls.push(`${method} ${key.replace(/.*[/.]/, '')}`);
      return call();
    });
    await audited(over(storage, disprove(`${path}@${version}/go.mod`)), { purgeDisproved: true });
    expect(calls).toEqual([
      ...['create zip', 'create ziphash', 'create info', 'create mod', 'create json'],
      ...['delete zip', 'delete ziphash', 'delete info', 'delete mod'],
    ]);
  });

  it('leaves it to another audit that is faster', async () => {
    const inner = await goodStorage();
    let other: Promise<Audited> | undefined;
    const storage = aroundStorage(inner, async (method, key, call) => {
      // The first look that is not the audit's own: it keeps evidence.
      if (method === 'head' && key.startsWith('.gomodkit/audit/')) {
        other ??= audited(over(inner, disprove(`${path}@${version}`)), { purgeDisproved: true });
        await other;
      }
      return call();
    });
    const late = await audited(over(storage, disprove(`${path}@${version}`)), { purgeDisproved: true });
    expect([(await other)?.report.purged, late.report.purged]).toEqual([1, 0]);
    expect(findingsOf(late)).toContainEqual(expect.objectContaining({ kind: 'disproved' }));
    expect((await keysOf(inner)).filter((key) => key.startsWith(`${base}.`))).toEqual([]);
  });

  it('leaves the .mod of a capture that comes in between', async () => {
    const inner = await goodStorage();
    const storage = aroundStorage(inner, async (method, key, call) => {
      const answer = await call();
      if (method === 'delete' && key === `${base}.info`) await put(inner, key, '{"Version":"v1.0.0"}');
      return answer;
    });
    await audited(over(storage, disprove(`${path}@${version}`)), { purgeDisproved: true });
    const left = (await keysOf(inner)).filter((key) => key.startsWith(`${base}.`));
    expect(left).toEqual([`${base}.info`, `${base}.mod`]);
  });

  it('takes nothing away when the evidence cannot be kept', async () => {
    const storage = await goodStorage();
    const failing = aroundStorage(storage, (method, key, call) =>
      method === 'create' && key.endsWith('evidence.json') ? Promise.reject(new Error('full')) : call(),
    );
    const audit = audited(over(failing, disprove(`${path}@${version}`)), { purgeDisproved: true });
    await expect(audit).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect((await keysOf(storage)).filter((key) => key.startsWith(`${base}.`))).toHaveLength(4);
  });

  it('lets the repository capture the version anew, from memory too', async () => {
    const wrong = new Set<string>();
    const verifier = verifierThat((name) => (wrong.has(name) ? 'disproved' : 'proven'));
    const { repository, source, storage } = setUp({ [path]: { versions: { [version]: { goMod } } } }, {}, { verifier });
    await (await repository.zip(path, version)).open().then(({ body }) => body.cancel());
    wrong.add(`${path}@${version}`);
    const { report } = await audited(repository, { purgeDisproved: true });
    expect(report.purged).toBe(1);
    expect(await storage.head(`${base}.info`)).toBeUndefined();
    wrong.clear();
    source.modules[path] = { versions: { [version]: { goMod: `${goMod}// right\n` } } };
    expect(new TextDecoder().decode((await repository.goMod(path, version)).bytes)).toBe(`${goMod}// right\n`);
    expect((await repository.zip(path, version)).size).toBeGreaterThan(0);
    expect((await audited(repository)).report).toMatchObject({ clean: true, versions: 1, zips: 1 });
  });

  it('needs a database and a storage that deletes', async () => {
    const options = { purgeDisproved: true };
    const code = (repository: Repository) => audited(repository, options).catch(({ code }) => code);
    expect(await code(over(await goodStorage()))).toBe('invalid_argument');
    expect(await code(over(withoutDelete(await goodStorage()), disprove()))).toBe('unsupported');
  });
});

describe('how it runs', () => {
  it('storage that fails for one object is a finding, and the audit goes on', async () => {
    const storage = aroundStorage(await goodStorage(), (method, key, call) =>
      method === 'get' && key === `${base}.zip`
        ? Promise.reject(new GoModKitError('storage_unavailable', 'disk', { data: { transient: false } }))
        : call(),
    );
    const result = await audited(over(storage));
    expect(findingsOf(result)).toMatchObject([{ kind: 'unreadable', key: `${base}.zip`, severity: 'damage' }]);
    expect(versionsOf(result)).toHaveLength(3);
  });

  it('has as many bodies open as it may, and none at the end', async () => {
    const inner = memoryStorage();
    for (let i = 0; i < 12; i++) {
      const name = `example.com/m${i}`;
      const files = { 'go.mod': `module ${name}\n`, 'large.txt': i === 3 ? randomText(7 << 20) : 'small' };
      await fill(inner, new Map(await versionObjects(name, version, files)));
    }
    const watch = { open: 0, most: 0, parts: 0 };
    const storage = countingBodies(inner, watch);
    for (const concurrency of [1, 3]) {
      watch.most = 0;
      const { report } = await audited(over(storage), { concurrency });
      expect([report.clean, report.zips]).toEqual([true, 12]);
      expect(watch.most).toBeLessThanOrEqual(concurrency);
      expect(watch.open).toBe(0);
    }
    // What is large is not read whole.
    expect(watch.parts).toBeGreaterThan(3);
  });

  it('an abort ends it with the reason, and releases everything', async () => {
    const watch = { open: 0, most: 0, parts: 0 };
    const storage = countingBodies(await storageOfMany(100), watch);
    const controller = new AbortController();
    const reason = new Error('enough');
    const audit = over(storage).audit({ signal: controller.signal });
    await audit.next();
    controller.abort(reason);
    await expect(
      (async () => {
        for await (const _ of audit);
      })(),
    ).rejects.toBe(reason);
    expect(watch.open).toBe(0);
  });

  it('can be left at any time, and reads nothing behind that', async () => {
    let calls = 0;
    const storage = aroundStorage(await storageOfMany(100), (_method, _key, call) => {
      calls++;
      return call();
    });
    for await (const event of over(storage).audit()) if (event.type === 'version') break;
    const before = calls;
    await wait(20);
    expect(calls).toBe(before);
    expect(calls).toBeLessThan(100);
  });

  it('refuses what goes together badly, and a closed repository', async () => {
    const repository = over(memoryStorage());
    await expect(repository.audit({ modules: [], prefix: 'x' }).next()).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(repository.audit({ concurrency: 0 }).next()).rejects.toMatchObject({ code: 'invalid_argument' });
    await repository.close();
    expect(() => repository.audit()).toThrow(/closed/);
  });
});

/** Text that does not compress much. */
function randomText(length: number): string {
  let state = 1;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

function countingBodies(storage: Storage, watch: { open: number; most: number; parts: number }): Storage {
  return aroundStorage(storage, async (method, _key, call) => {
    const result = await call();
    if (method !== 'get' || result === undefined) return result;
    const object = result as NonNullable<Awaited<ReturnType<Storage['get']>>>;
    watch.open++;
    watch.most = Math.max(watch.most, watch.open);
    if (object.range.end - object.range.start < object.size) watch.parts++;
    const reader = object.body.getReader();
    let open = true;
    const end = (): void => {
      if (open) watch.open--;
      open = false;
    };
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read().catch((error: unknown) => {
            end();
            throw error;
          });
          if (!done) return controller.enqueue(value);
          end();
          controller.close();
        },
        cancel(reason) {
          end();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return { ...object, body };
  });
}
