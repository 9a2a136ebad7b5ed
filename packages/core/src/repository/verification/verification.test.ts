// What a repository with a checksum database stores, serves and refuses.

import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { hashGoMod, hashZip } from '../../dirhash/index.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { SumdbSource } from '../../source/source.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { storageCache } from '../../sumdb/client/cache.ts';
import { createSumdbClient } from '../../sumdb/client/client.ts';
import { storageHeads } from '../../sumdb/client/heads.ts';
import { keys, TestDatabase } from '../../sumdb/client/testdata/database.ts';
import { databaseRemote } from '../../sumdb/proxy/database-remote.ts';
import { createSumdbProxy } from '../../sumdb/proxy/sumdb-proxy.ts';
import { createRepositoryWith } from '../create-repository.ts';
import { targetOf } from '../keys.ts';
import type { RepositoryEvent } from '../repository.ts';
import { createStore } from '../store.ts';
import { aroundStorage, FakeSource, type FakeVersion, keysOf, put, setUp, textAt, zipOf } from '../testdata/fixture.ts';
import { noteOwn } from './marks.ts';
import type { SumdbVerification } from './settings.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const name = 'sum.example/db';
const goMod = `module ${path}\n`;
const files = { 'go.mod': goMod, 'm.go': 'package m\n' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A database of one module of ours, and some others. */
async function databaseOf(more: Partial<Record<'mod' | 'zip', string>> = {}, of = path, at = version) {
  const database = await TestDatabase.of(9);
  const mod = more.mod ?? hashGoMod(bytes(`module ${of}\n`));
  const zip = more.zip ?? (await hashZip(bytesSource(await zipOf(of, at, { ...files, 'go.mod': `module ${of}\n` }))));
  await database.append(of, at, `${of} ${at} ${zip}\n${of} ${at}/go.mod ${mod}\n`);
  return database;
}

const clientOf = (database: TestDatabase, storage: Storage, noSumdb?: string): SumdbVerification => ({
  client: createSumdbClient({
    key: keys.verifierKey,
    remote: database.remote,
    noSumdb,
    heads: storageHeads(storage, name),
    cache: storageCache(storage, name),
  }),
});

interface Given {
  readonly database?: TestDatabase;
  readonly storage?: Storage;
  readonly version?: FakeVersion;
  readonly unknown?: 'require' | 'allow';
  readonly noSumdb?: string;
  readonly offline?: boolean;
  readonly of?: string;
  readonly at?: string;
  readonly memory?: number;
}

async function verifying(given: Given = {}) {
  const { of = path, at = version, storage = memoryStorage(), unknown, noSumdb, offline, memory } = given;
  const database = given.database ?? (await databaseOf());
  const zip = await zipOf(of, at, { ...files, 'go.mod': `module ${of}\n` });
  const source = new FakeSource({ [of]: { versions: { [at]: given.version ?? { zip } } } });
  const sumdb = { ...clientOf(database, storage, noSumdb), unknown };
  return { ...setUp(source, { storage, sumdb, offline, limits: { memory } }), database };
}

/** Stores the version as a repository without a database does. */
async function storedUnverified(stored: FakeVersion, storage: Storage = memoryStorage()): Promise<Storage> {
  const { repository } = setUp({ [path]: { versions: { [version]: stored } } }, { storage, sumdb: 'off' });
  await repository.zip(path, version);
  await repository.close();
  return storage;
}

const evilFiles = { 'go.mod': goMod, 'm.go': 'package evil\n' };
const moduleKeys = async (storage: Storage) => (await keysOf(storage)).filter((key) => !key.startsWith('.gomodkit/'));

const refusals = (events: readonly RepositoryEvent[]) =>
  events.flatMap((event) => (event.type === 'refusal' ? [`${event.kind} ${(event.error as GoModKitError).code}`] : []));

describe('what comes from a source', () => {
  it('is stored and served once its sums are proved, `.mod` without the zip', async () => {
    const { repository, storage, source } = await verifying();
    expect((await repository.info(path, version)).info.version).toBe(version);
    expect((await repository.goMod(path, version)).bytes).toEqual(bytes(goMod));
    expect(source.count('zip')).toBe(0);
    expect((await repository.zip(path, version)).size).toBeGreaterThan(0);
    expect(await moduleKeys(storage)).toEqual(
      ['info', 'mod', 'zip', 'ziphash'].map((kind) => `${path}/@v/${version}.${kind}`),
    );
  });

  it.each(['info', 'goMod', 'zip'] as const)(
    'is refused by %s where its go.mod is another; nothing is stored',
    async (verb) => {
      const { repository, storage, events } = await verifying({
        version: { goMod: `${goMod}\nexclude a.example/x v1.0.0\n` },
      });
      const theirs = hashGoMod(bytes(goMod));
      const ours = hashGoMod(bytes(`${goMod}\nexclude a.example/x v1.0.0\n`));
      const error = await repository[verb](path, version).catch((caught: GoModKitError) => caught);
      expect(error).toMatchObject({
        code: 'checksum_mismatch',
        data: {
          path,
          version,
          kind: 'mod',
          from: 'source',
          database: name,
          downloaded: ours,
          expected: theirs,
          number: '9',
        },
      });
      const { message, data } = error as GoModKitError;
      expect(message).toMatch(/^SECURITY ERROR: example\.com\/m@v1\.0\.0\/go\.mod: checksum mismatch\n/);
      expect(message).toContain(`downloaded from the source: ${ours}\n`);
      expect(message).toContain(`checksum database ${name}: ${theirs}\n`);
      expect(data.record).toContain(theirs);
      expect(await moduleKeys(storage)).toEqual([]);
      expect(refusals(events)).toContain('mod checksum_mismatch');
    },
  );

  it('is refused where its zip is another; nothing of the version is stored', async () => {
    const { repository, storage, events, source } = await verifying({
      version: { zip: await zipOf(path, version, evilFiles) },
    });
    await expect(repository.zip(path, version)).rejects.toMatchObject({
      code: 'checksum_mismatch',
      data: { kind: 'zip' },
    });
    expect(await moduleKeys(storage)).toEqual([]);
    expect(refusals(events)).toEqual(['zip checksum_mismatch']);
    expect(source.openBodies).toBe(0);
    // The go.mod is what everybody has.
    expect((await repository.goMod(path, version)).bytes).toEqual(bytes(goMod));
  });

  it('may have another go.mod in its zip where the database proves both', async () => {
    const inZip = { ...files, 'go.mod': `${goMod}\r\n` };
    const zip = await zipOf(path, version, inZip);
    const both = await databaseOf({ zip: await hashZip(bytesSource(zip)) });
    const good = await verifying({ database: both, version: { zip } });
    expect((await good.repository.zip(path, version)).size).toBe(zip.length);
    const allowed = await verifying({ database: await TestDatabase.of(3), unknown: 'allow', version: { zip } });
    await expect(allowed.repository.zip(path, version)).rejects.toMatchObject({ code: 'invalid_zip' });
  });

  it('is refused where the database does not know it, with what to do', async () => {
    const { repository, storage, events, source } = await verifying({ database: await TestDatabase.of(3) });
    for (const verb of ['info', 'goMod', 'zip'] as const) {
      await expect(repository[verb](path, version)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringMatching(/unknown to the checksum database sum\.example\/db.*GONOSUMDB.*--private/s),
      });
    }
    expect(await moduleKeys(storage)).toEqual([]);
    expect(source.count('zip')).toBe(0);
    expect(refusals(events)).toContain('mod not_found');
  });

  it('is let through where that is allowed, with an event; toolchains are not', async () => {
    const { repository, events } = await verifying({ database: await TestDatabase.of(3), unknown: 'allow' });
    await repository.zip(path, version);
    expect(events.filter(({ type }) => type === 'unverified')).toContainEqual({
      type: 'unverified',
      kind: 'zip',
      path,
      version,
      database: name,
    });
    const of = 'golang.org/toolchain';
    const at = 'v0.0.1-go1.30.0.linux-amd64';
    const database = await TestDatabase.of(3);
    for (const lenient of [{ unknown: 'allow' }, { noSumdb: 'golang.org' }] as const) {
      const toolchain = await verifying({ database, of, at, ...lenient });
      await expect(toolchain.repository.zip(of, at)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it("is nobody's business where it is private", async () => {
    const database = await TestDatabase.of(3);
    const { repository, events } = await verifying({ database, noSumdb: 'example.com/m' });
    await repository.zip(path, version);
    expect(database.asked).toEqual([]);
    expect(events.filter(({ type }) => type === 'unverified')).toEqual([]);
  });

  it.each([
    [new GoModKitError('upstream_unavailable', 'connection refused'), 'upstream_unavailable'],
    [new GoModKitError('upstream_timeout', 'no answer'), 'upstream_timeout'],
    [new GoModKitError('denied', 'not here'), 'upstream_unavailable'],
    [new Error('boom'), 'upstream_unavailable'],
  ] as const)(
    'is not stored while the database cannot be asked (%s), and is asked for again',
    async (failure, code) => {
      const { repository, database, storage } = await verifying();
      const lookup = `lookup/${path}@${version}`;
      database.instead.set(lookup, failure);
      for (const verb of ['info', 'zip'] as const) {
        await expect(repository[verb](path, version)).rejects.toMatchObject({
          code,
          message: expect.stringMatching(/could not be verified.*--sumdb off/s),
        });
      }
      expect(await moduleKeys(storage)).toEqual([]);
      database.instead.clear();
      await repository.zip(path, version);
    },
  );

  it('CVE-2026-42501: is not proved by an authentic record of another module', async () => {
    const { repository, database, storage } = await verifying();
    database.instead.set(`lookup/${path}@${version}`, await database.answer('lookup/example.com/m3@v1.0.0'));
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it('CVE-2026-56864: is not proved by hashes that follow the record', async () => {
    const zip = await zipOf(path, version, evilFiles);
    const { repository, database, storage } = await verifying({ version: { zip } });
    const honest = new TextDecoder().decode(await database.answer(`lookup/${path}@${version}`));
    const evil = `${path} ${version} ${await hashZip(bytesSource(zip))}\n`;
    database.instead.set(`lookup/${path}@${version}`, bytes(honest + evil));
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it('CVE-2026-56865: is not proved by a forged tile', async () => {
    const { repository, database, storage } = await verifying();
    await database.grow(700);
    const tile = (await database.answer('tile/8/0/000')).slice();
    tile[32] = (tile[32] ?? 0) ^ 1;
    database.instead.set('tile/8/0/000', tile);
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it.each([
    ['cut within a hash', (tile: Uint8Array) => tile.slice(0, -1)],
    ['of one hash too few', (tile: Uint8Array) => tile.slice(0, -32)],
    ['of one byte too many', (tile: Uint8Array) => Uint8Array.of(...tile, 0)],
    ['of one hash too many', (tile: Uint8Array) => Uint8Array.of(...tile, ...tile.slice(0, 32))],
    ['of the width of another tree', (tile: Uint8Array) => tile.slice(0, 32)],
    ['empty', () => new Uint8Array(0)],
    ['that are a page of somebody else', () => bytes('<!doctype html><title>Log in</title>')],
  ])('is not proved by tiles %s', async (_, change) => {
    for (const tile of ['tile/8/0/000', 'tile/8/1/000.p/2', 'tile/8/0/002.p/188']) {
      const { repository, database, storage } = await verifying();
      await database.grow(700);
      database.instead.set(tile, change(await database.answer(tile)));
      // The whole tile in place of a part of it is no help to who lies.
      database.instead.set('tile/8/0/002', new GoModKitError('not_found', 'no such tile'));
      await expect(repository.zip(path, version), tile).rejects.toMatchObject({ code: 'upstream_invalid' });
      expect(await moduleKeys(storage)).toEqual([]);
      database.instead.clear();
      await repository.zip(path, version);
    }
  });

  it('is not proved by swapped lookups, nor by unrelated hashes under a good signature', async () => {
    const { repository, database, storage } = await verifying();
    const lookup = `lookup/${path}@${version}`;
    const honest = new TextDecoder().decode(await database.answer(lookup));
    const [record = '', tree = ''] = honest.split('\n\n', 1).concat(honest.slice(honest.indexOf('\n\n') + 2));
    const other = new TextDecoder().decode(await database.answer('lookup/example.com/m3@v1.0.0'));
    for (const answer of [
      other,
      `${other.split('\n\n')[0]}\n\n${tree}`,
      honest.replace('9\n', '3\n'),
      `${record.replaceAll('h1:', 'h1:x')}\n\n${tree}`,
      honest.replace(/\n— .*\n$/, '\n'),
      '<!doctype html><title>Log in</title>',
    ]) {
      database.instead.set(lookup, bytes(answer));
      await expect(repository.zip(path, version), answer).rejects.toMatchObject({ code: 'upstream_invalid' });
      expect(await moduleKeys(storage)).toEqual([]);
    }
    database.instead.clear();
    await repository.zip(path, version);
  });

  it('is proved by replayed old heads only where the record is in the log; they move nobody back', async () => {
    const { repository, database, storage, source } = await verifying();
    await database.grow(40);
    await repository.goMod(path, version);
    const newest = await clientOf(database, storage).client.head();
    expect(newest?.size).toBe(40n);
    // An old head with a record of its time, and with one that came later.
    const of = 'example.com/late';
    const goSum = `${of} v1.0.0/go.mod ${hashGoMod(bytes(`module ${of}\n`))}\n`;
    await database.append(of, 'v1.0.0', goSum);
    source.modules[of] = { versions: { 'v1.0.0': { goMod: `module ${of}\n` } } };
    database.size = 20;
    await repository.zip(path, version);
    await expect(repository.goMod(of, 'v1.0.0')).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: expect.stringMatching(/cannot validate record 40 in tree of size 40/),
    });
    expect((await clientOf(database, storage).client.head())?.size).toBe(40n);
    database.size = undefined;
    await repository.goMod(of, 'v1.0.0');
    expect((await clientOf(database, storage).client.head())?.size).toBe(41n);
  });

  it('is not captured by a restarted repository that is shown an older, other log', async () => {
    const first = await verifying();
    await first.database.grow(30);
    await first.repository.goMod(path, version);
    const rolledBack = await databaseOf({}, 'example.com/other');
    await rolledBack.grow(20, 'rewritten');
    const later = await verifying({ storage: first.storage, database: rolledBack, of: 'example.com/other' });
    await expect(later.repository.goMod('example.com/other', version)).rejects.toMatchObject({
      code: 'checksum_misbehaviour',
      data: { olderNote: expect.stringContaining('tree\n20\n'), newerNote: expect.stringContaining('tree\n30\n') },
    });
    expect((await keysOf(first.storage)).filter((key) => key.includes('/evidence/'))).toHaveLength(1);
  });

  it('is not captured any more after misbehaviour, of which the evidence stays', async () => {
    const setup = await verifying();
    const { repository, database, storage, events } = setup;
    await repository.goMod(path, version);
    const forked = await databaseOf({}, 'example.com/other');
    await forked.grow(20, 'evil');
    database.answer = (asked) => forked.answer(asked);
    setup.source.modules['example.com/other'] = { versions: { [version]: {} } };
    await expect(repository.goMod('example.com/other', version)).rejects.toMatchObject({
      code: 'checksum_misbehaviour',
    });
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'checksum_misbehaviour' });
    // What was proved before stays so.
    await repository.goMod(path, version);
    expect((await keysOf(storage)).filter((key) => key.includes('/evidence/'))).toHaveLength(1);
    expect(refusals(events)).toContain('mod checksum_misbehaviour');
  });
});

describe('what is stored already', () => {
  it('is served once it is proved, and then needs no database, also after a restart', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const first = await verifying({ storage });
    await first.repository.info(path, version);
    await first.repository.zip(path, version);
    expect(first.source.calls).toEqual([]);
    expect(first.database.asked.filter((asked) => asked.startsWith('lookup/'))).toHaveLength(1);
    const down = await databaseOf();
    down.answer = async () => {
      throw new Error('down');
    };
    const later = await verifying({ storage, database: down });
    for (const verb of ['info', 'goMod', 'zip'] as const) await later.repository[verb](path, version);
    expect(down.asked).toEqual([]);
  });

  it('needs no database after a restart where it was captured with one', async () => {
    const first = await verifying();
    await first.repository.zip(path, version);
    const down = await databaseOf();
    down.answer = () => Promise.reject(new Error('down'));
    const later = await verifying({ storage: first.storage, database: down });
    for (const verb of ['zip', 'info', 'goMod'] as const) await later.repository[verb](path, version);
    expect(down.asked).toEqual([]);
  });

  it('is not served, by no verb and no query, once its go.mod is disproved; the evidence stays', async () => {
    const storage = await storedUnverified({
      goMod: `${goMod}\n// evil\n`,
      zip: await zipOf(path, version, { ...files, 'go.mod': `${goMod}\n// evil\n` }),
    });
    const { repository, events, source } = await verifying({ storage });
    source.modules[path] = { versions: { [version]: {} }, queries: { main: { version } } };
    const refused = { code: 'checksum_mismatch', data: { from: 'storage', kind: 'mod' } };
    for (const verb of ['info', 'goMod', 'zip'] as const) {
      await expect(repository[verb](path, version), verb).rejects.toMatchObject(refused);
    }
    await expect(repository.info(path, 'main')).rejects.toMatchObject(refused);
    await expect(repository.latest(path)).rejects.toMatchObject(refused);
    await expect(repository.zip(path, version, { cachedOnly: true })).rejects.toMatchObject(refused);
    expect(refusals(events)).toContain('mod checksum_mismatch');
    const evidence = `.gomodkit/disproved/sum.example%2fdb/${path}/@v/${version}.mod`;
    expect(JSON.parse((await textAt(storage, evidence)) ?? '')).toMatchObject({ database: name, path, version });
    // Offline, and after a restart, it is still known.
    const offline = await verifying({ storage, offline: true });
    await expect(offline.repository.goMod(path, version)).rejects.toMatchObject({
      code: 'checksum_mismatch',
      message: expect.stringMatching(/^SECURITY ERROR/),
    });
  });

  it('is not served once its zip is disproved, whatever the sum beside it says', async () => {
    const zip = await zipOf(path, version, evilFiles);
    const stored = await storedUnverified({ zip });
    const tampered = memoryStorage();
    for (const key of await moduleKeys(stored)) {
      const content = key.endsWith('.ziphash')
        ? bytes(await hashZip(bytesSource(await zipOf(path, version, files))))
        : key.endsWith('.zip')
          ? zip
          : bytes((await textAt(stored, key)) ?? '');
      await put(tampered, key, content);
    }
    for (const storage of [stored, tampered]) {
      const { repository } = await verifying({ storage });
      await expect(repository.zip(path, version)).rejects.toMatchObject({
        code: 'checksum_mismatch',
        data: { from: 'storage', kind: 'zip' },
      });
      // Its go.mod is what everybody has.
      await repository.goMod(path, version);
    }
  });

  it('is not served before it was judged, while the database cannot be asked', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const { repository, database } = await verifying({ storage });
    const honest = database.answer.bind(database);
    database.answer = () => Promise.reject(new GoModKitError('upstream_unavailable', 'down'));
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    // What is to come from storage alone does, and settles nothing.
    await repository.zip(path, version, { cachedOnly: true });
    await expect(repository.goMod(path, version)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    database.answer = honest;
    await repository.zip(path, version);
  });

  it('is served offline without a database', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const { repository, database } = await verifying({ storage, offline: true });
    for (const verb of ['info', 'goMod', 'zip'] as const) await repository[verb](path, version);
    expect(database.asked).toEqual([]);
  });

  it("is nobody else's where it was published here", async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const { repository, database } = await verifying({ storage, database: await TestDatabase.of(3) });
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'not_found' });
    database.asked.length = 0;
    const published = setUp({}, { storage, sumdb: 'off' });
    const zip = await hashZip(bytesSource(await zipOf(path, version, files)));
    await noteOwn(storeOf(storage), targetOf(path, version), { mod: hashGoMod(bytes(goMod)), zip });
    const later = await verifying({ storage, database });
    await later.repository.zip(path, version);
    expect(database.asked).toEqual([]);
    await published.repository.close();
  });

  it("is nobody else's where the repository published it", async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(3);
    const { repository } = await verifying({ storage, database, noSumdb: path });
    await repository.publish({ path, version }, { zip: bytesSource(await zipOf(path, version, files)) });
    await repository.zip(path, version);
    // Others find the bytes that were published, and nothing else is vouched for.
    const later = await verifying({ storage, database });
    await later.repository.zip(path, version);
    expect(database.asked).toEqual([]);
    const other = { path, version: 'v1.1.0' };
    await storedUnverified({ zip: await zipOf(path, version, files) }, storage);
    await setUp({ [path]: { versions: { 'v1.1.0': {} } } }, { storage, sumdb: 'off' }).repository.goMod(path, 'v1.1.0');
    await repository
      .publish(other, { zip: bytesSource(await zipOf(path, 'v1.1.0', { 'go.mod': `${goMod}\ngo 1.20\n` })) })
      .catch(() => {});
    await expect(later.repository.goMod(path, 'v1.1.0')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('costs nothing once it is known', async () => {
    const calls: string[] = [];
    const storage = aroundStorage(memoryStorage(), (method, key, call) => {
      calls.push(`${method} ${key}`);
      return call();
    });
    const { repository, database } = await verifying({ storage });
    const ask = async () => {
      await Promise.all([
        repository.info(path, version),
        repository.goMod(path, version),
        repository.zip(path, version),
      ]);
    };
    await ask();
    await ask();
    calls.length = 0;
    database.asked.length = 0;
    await ask();
    expect([...calls, ...database.asked]).toEqual([]);
  });

  it('is judged once for many who ask', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const reads: string[] = [];
    const counted = aroundStorage(storage, (method, key, call) => {
      if (method === 'get' && key.endsWith('.zip')) reads.push(key);
      return call();
    });
    const { repository, database } = await verifying({ storage: counted });
    await Promise.all(Array.from({ length: 50 }, () => repository.zip(path, version)));
    expect(reads.filter((key) => !key.startsWith('.gomodkit'))).toHaveLength(1);
    expect(database.asked.filter((asked) => asked.startsWith('lookup/'))).toHaveLength(1);
  });

  it('is served where nothing can be remembered', async () => {
    const inner = memoryStorage();
    const storage = aroundStorage(inner, (method, key, call) =>
      method === 'create' && key.includes('/verified/') ? Promise.reject(new Error('disk full')) : call(),
    );
    const { repository } = await verifying({ storage, memory: 0 });
    for (let i = 0; i < 3; i++) await repository.zip(path, version);
  });
});

describe('what was proved before', () => {
  /** Replaces a stored file past the repository. */
  const replace = async (storage: Storage, kind: 'mod' | 'zip' | 'ziphash', content: Uint8Array): Promise<void> => {
    await storage.delete?.(`${path}/@v/${version}.${kind}`);
    await put(storage, `${path}/@v/${version}.${kind}`, content);
  };
  const finish = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of events);
  };
  const refused = { code: 'checksum_mismatch' };
  const evilMod = bytes(`${goMod}\n// evil\n`);

  it.each(['mod', 'zip'] as const)(
    'is refused at once when an audit disproves the .%s, and ever after',
    async (kind) => {
      const { repository, storage, database } = await verifying();
      await repository.zip(path, version);
      const evil = kind === 'mod' ? evilMod : await zipOf(path, version, evilFiles);
      await replace(storage, kind, evil);
      // Until somebody reads it, it is what it was.
      await repository.zip(path, version);
      await finish(repository.audit());
      for (let i = 0; i < 2; i++) await expect(repository.zip(path, version)).rejects.toMatchObject(refused);
      if (kind === 'mod') await expect(repository.goMod(path, version)).rejects.toMatchObject(refused);
      else await repository.goMod(path, version);
      // Others, and without the database, too.
      takeDown(database);
      for (const offline of [false, true]) {
        const later = await verifying({ storage, database, offline });
        await expect(later.repository.zip(path, version)).rejects.toMatchObject(refused);
        await expect(later.repository.zip(path, version, { cachedOnly: true })).rejects.toMatchObject(refused);
      }
    },
  );

  it('is refused also where nothing can be deleted', async () => {
    const inner = memoryStorage();
    const first = await verifying({ storage: inner });
    await first.repository.zip(path, version);
    await replace(inner, 'zip', await zipOf(path, version, evilFiles));
    const { delete: _, ...storage } = aroundStorage(inner, (__, ___, call) => call());
    await finish((await verifying({ storage })).repository.audit());
    expect((await keysOf(inner)).filter((key) => /\/(verified|disproved)\/.*zip$/.test(key))).toHaveLength(2);
    const later = await verifying({ storage });
    await expect(later.repository.zip(path, version)).rejects.toMatchObject(refused);
  });

  it('is served again once other bytes are in its place', async () => {
    const { repository, storage, database } = await verifying();
    await repository.zip(path, version);
    await replace(storage, 'zip', await zipOf(path, version, evilFiles));
    await finish(repository.audit());
    await replace(storage, 'zip', await zipOf(path, version, files));
    const later = await verifying({ storage });
    await later.repository.zip(path, version);
    expect((await keysOf(storage)).filter((key) => key.includes('/disproved/'))).toEqual([]);
    takeDown(database);
    await (await verifying({ storage, database })).repository.zip(path, version);
    // An audit that finds it good ends the refusal in its own process, too.
    await finish(repository.audit());
    await repository.zip(path, version);
  });

  it('vouches for no other bytes that came in its place', async () => {
    const { storage } = await verifying().then(async (setup) => {
      await setup.repository.zip(path, version);
      return setup;
    });
    for (const key of await moduleKeys(storage)) await storage.delete?.(key);
    await storedUnverified({ goMod, zip: await zipOf(path, version, evilFiles) }, storage);
    const offline = await verifying({ storage, offline: true });
    await expect(offline.repository.zip(path, version)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/^SECURITY ERROR: .*not the one that was verified/),
    });
    const later = await verifying({ storage });
    await expect(later.repository.zip(path, version)).rejects.toMatchObject(refused);
    await replace(storage, 'mod', evilMod);
    await expect((await verifying({ storage, offline: true })).repository.info(path, version)).rejects.toMatchObject(
      refused,
    );
  });

  it('is asked about again where its mark is damaged', async () => {
    const { repository, storage } = await verifying();
    await repository.zip(path, version);
    const mark = (await keysOf(storage)).find((key) => /\/verified\/.*zip$/.test(key)) ?? '';
    for (const content of ['', 'h2:x', 'h1:x']) {
      await storage.delete?.(mark);
      await put(storage, mark, bytes(content));
      const later = await verifying({ storage });
      await later.repository.zip(path, version);
    }
  });
});

function takeDown(database: TestDatabase): void {
  database.answer = () => Promise.reject(new GoModKitError('upstream_unavailable', 'down'));
}

describe('by default', () => {
  const sourceWith = (sumdb: SumdbSource['sumdb']) => {
    const source = new FakeSource({ [path]: { versions: { [version]: {} } } });
    return Object.assign(source, { sumdb });
  };

  it('an upstream that serves no database cannot be believed: could not find out', async () => {
    const asked: string[] = [];
    const source = sourceWith(async (database, of) => {
      asked.push(`${database} ${of}`);
      throw new GoModKitError('not_found', 'no such page');
    });
    const repository = createRepositoryWith({ storage: memoryStorage(), source }, {});
    await expect(repository.goMod(path, version)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/does not serve the checksum database sum\.golang\.org.*--sumdb off/s),
    });
    expect(asked).toEqual(['sum.golang.org supported']);
    const off = createRepositoryWith({ storage: memoryStorage(), source, sumdb: 'off' }, {});
    await off.goMod(path, version);
  });

  const page = bytes('<!doctype html><title>Log in to this network</title>');
  const status = (code: 'denied' | 'gone' | 'upstream_unavailable' | 'upstream_timeout') => {
    return new GoModKitError(code, 'said the one in between');
  };
  it.each<[string, (of: string) => Uint8Array | Error, string]>([
    ['a page for everything', () => page, 'upstream_invalid'],
    ['410 for everything', () => status('gone'), 'upstream_unavailable'],
    ['403 for everything', () => status('denied'), 'upstream_unavailable'],
    ['403 for lookups', (of) => (of === 'supported' ? page : status('denied')), 'upstream_unavailable'],
    ['nothing', () => status('upstream_timeout'), 'upstream_timeout'],
    [
      'an end in the middle',
      (of) => (of === 'supported' ? page : status('upstream_unavailable')),
      'upstream_unavailable',
    ],
  ])('%s is no answer of a database: could not find out', async (_, say, code) => {
    for (const unknown of ['require', 'allow'] as const) {
      const storage = memoryStorage();
      const source = sourceWith(async (__, of) => {
        const answer = say(of);
        if (answer instanceof Error) throw answer;
        return answer;
      });
      const remote = databaseRemote({ name: 'sum.golang.org', through: source });
      const sumdb = { client: createSumdbClient({ key: 'sum.golang.org', remote }), unknown };
      const repository = createRepositoryWith({ storage, source, sumdb }, {});
      await expect(repository.goMod(path, version)).rejects.toMatchObject({ code });
      await expect(repository.zip(path, version)).rejects.toMatchObject({ code });
      expect(await moduleKeys(storage)).toEqual([]);
    }
  });

  it('no record at an upstream that serves it is unknown; where nobody is asked, nobody verifies', async () => {
    for (const [data, outcome] of [
      [{}, { code: 'not_found' }],
      [{ unasked: true }, undefined],
    ] as const) {
      const source = sourceWith(async (_, of) => {
        if (of === 'supported') return new Uint8Array(0);
        throw new GoModKitError('not_found', 'no such record', { data });
      });
      const repository = createRepositoryWith({ storage: memoryStorage(), source }, {});
      const answer = repository.goMod(path, version);
      if (outcome === undefined) expect((await answer).bytes).toEqual(bytes(goMod));
      else await expect(answer).rejects.toMatchObject(outcome);
    }
  });

  it("sources that are nobody's upstream are not verified", async () => {
    const { repository } = setUp({ [path]: { versions: { [version]: {} } } });
    await repository.goMod(path, version);
  });
});

it('shares everything with a proxy of the same database', async () => {
  const database = await databaseOf();
  const storage = memoryStorage();
  const proxy = createSumdbProxy({ storage, databases: [{ key: keys.verifierKey, remote: database.remote }] });
  const source = new FakeSource({ [path]: { versions: { [version]: { zip: await zipOf(path, version, files) } } } });
  const { repository } = setUp(source, { storage, sumdb: { client: proxy.client(name) } });
  await repository.zip(path, version);
  await proxy.sumdb(name, `lookup/${path}@${version}`);
  expect(new Set(database.asked).size).toBe(database.asked.length);
  expect(database.asked.filter((asked) => asked.startsWith('lookup/'))).toHaveLength(1);
});

function storeOf(storage: Storage) {
  return createStore(storage, { sleep: async () => {} });
}
