import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource, readAll, streamOf } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import type { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { sourceFile, verifyZip, type ZipSourceFiles } from '../../zip/index.ts';
import type { Repository } from '../repository.ts';
import { aroundStorage, fakeClock, keysOf, settle, setUp, textAt, time, zipOf } from '../testdata/fixture.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const module = { path, version };
const goMod = `module ${path}\n`;

function filesOf(files: Record<string, string>): { files: ZipSourceFiles } {
  return { files: Object.entries(files).map(([name, text]) => sourceFile(name, encodeUtf8(text))) };
}

/** A repository without a source, and its storage. */
function empty(storage: Storage = memoryStorage(), clock = fakeClock()) {
  const { repository, events } = setUp({}, { storage, offline: true }, { clock });
  return { repository, storage, events, clock };
}

async function failure(promise: Promise<unknown>): Promise<GoModKitError> {
  return promise.then(
    (value) => {
      throw new Error(`resolved to ${JSON.stringify(value)}`);
    },
    (error: GoModKitError) => error,
  );
}

async function moduleKeys(storage: Storage): Promise<string[]> {
  return (await keysOf(storage)).filter((key) => !key.startsWith('.gomodkit/'));
}

describe('publish', () => {
  it.each(['files', 'zip', 'stream'] as const)('from %s makes a version that is served at once', async (kind) => {
    const { repository, storage, events, clock } = empty();
    const bytes = await zipOf(path, version, { 'go.mod': goMod, 'a.go': 'package a\n' });
    const contents = {
      files: filesOf({ 'go.mod': goMod, 'a.go': 'package a\n' }),
      zip: { zip: bytesSource(bytes) },
      stream: { zip: streamOf(bytes) },
    };
    const published = await repository.publish(module, contents[kind]);
    expect(published).toMatchObject({ path, version, created: true });
    expect(published.info).toEqual({ version, time: new Date(clock.now()).toISOString().replace('.000', '') });
    const zip = await repository.zip(path, version);
    expect(zip.h1).toBe(published.sums.zip);
    expect((await verifyZip(module, bytesSource(await readAll((await zip.open()).body)))).h1).toBe(published.sums.zip);
    expect(await repository.versions(path)).toEqual([version]);
    expect((await repository.latest(path)).info.version).toBe(version);
    expect(await textAt(storage, 'example.com/m/@v/v1.0.0.ziphash')).toBe(published.sums.zip);
    expect(events.flatMap((event) => (event.type === 'publish' ? [event.kind] : []))).toEqual(['info', 'zip']);
  });

  it('says once that it created the version, and takes the same content again', async () => {
    const { repository, clock } = empty();
    const content = () => filesOf({ 'go.mod': goMod });
    const first = await repository.publish(module, content(), { time });
    clock.advance(3_600_000);
    const second = await repository.publish(module, content());
    expect(first.created).toBe(true);
    expect(second).toEqual({ ...first, created: false });
    expect(second.info.time).toBe(time);
  });

  it.each([
    ['a file', { 'go.mod': goMod, 'a.go': 'package other\n' }, 'zip'],
    ['the go.mod', { 'go.mod': `${goMod}\ngo 1.21\n` }, 'go.mod'],
  ])('refuses other content in %s with both sums, and keeps the first', async (_, files, what) => {
    const { repository } = empty();
    const first = await repository.publish(module, filesOf({ 'go.mod': goMod }));
    const error = await failure(repository.publish(module, filesOf(files)));
    expect(error).toMatchObject({ code: 'conflict', data: { what } });
    const { stored, offered } = error.data;
    expect(Object.values(first.sums)).toContain(stored);
    for (const sum of [stored, offered]) expect(error.message).toContain(sum);
    expect((await repository.zip(path, version)).h1).toBe(first.sums.zip);
  });

  it('ends remembered absences', async () => {
    const { repository } = setUp({ [path]: { list: [] } });
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'not_found' });
    expect(await repository.versions(path)).toEqual([]);
    await repository.publish(module, filesOf({ 'go.mod': goMod }));
    expect((await repository.zip(path, version)).size).toBeGreaterThan(0);
    expect(await repository.versions(path)).toEqual([version]);
  });

  it('works beside a source, and against a version captured from it', async () => {
    const { repository, source } = setUp({ [path]: { versions: { [version]: { goMod: `${goMod}\ngo 1.20\n` } } } });
    await repository.info(path, version);
    await expect(repository.publish(module, filesOf({ 'go.mod': goMod }))).rejects.toMatchObject({ code: 'conflict' });
    await repository.publish({ path, version: 'v1.1.0' }, filesOf({ 'go.mod': goMod }));
    expect(await repository.versions(path)).toEqual([version, 'v1.1.0']);
    expect(source.count('zip')).toBe(0);
  });

  it('restores the zip that retention removed, and no other', async () => {
    const { repository, storage } = empty();
    const { sums } = await repository.publish(module, filesOf({ 'go.mod': goMod }));
    await storage.delete?.('example.com/m/@v/v1.0.0.zip');
    const next = empty(storage).repository;
    const other = await failure(next.publish(module, filesOf({ 'go.mod': goMod, 'b.go': '' })));
    expect(other).toMatchObject({ code: 'conflict', data: { stored: sums.zip } });
    expect(await next.publish(module, filesOf({ 'go.mod': goMod }))).toMatchObject({ created: false });
    expect((await next.zip(path, version)).size).toBeGreaterThan(0);
  });

  it('keeps an origin', async () => {
    const { repository } = empty();
    const origin = { VCS: 'git', URL: 'https://git.example.com/m', Hash: 'a'.repeat(40) };
    await repository.publish(module, filesOf({ 'go.mod': goMod }), { origin, time: new Date(0) });
    expect((await repository.info(path, version)).info).toEqual({ version, time: '1970-01-01T00:00:00Z', origin });
    const other = { ...origin, Hash: 'b'.repeat(40) };
    await expect(repository.publish(module, filesOf({ 'go.mod': goMod }), { origin: other })).rejects.toMatchObject({
      code: 'conflict',
      data: { what: 'commit' },
    });
  });

  it('waits in close() until it is done, and is refused afterwards', async () => {
    const { repository, storage } = empty();
    const publishing = repository.publish(module, filesOf({ 'go.mod': goMod }));
    await repository.close();
    expect(await keysOf(storage)).toContain('example.com/m/@v/v1.0.0.zip');
    await publishing;
    await expect(repository.publish(module, filesOf({}))).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gomodkit-publish-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is published as go would zip it', async () => {
    await writeFile(join(directory, 'go.mod'), goMod);
    await writeFile(join(directory, 'a.go'), 'package a\n');
    await symlink('a.go', join(directory, 'link.go'));
    const { repository } = empty();
    const { sums } = await repository.publish(module, { directory });
    const same = await verifyZip(
      module,
      bytesSource(await zipOf(path, version, { 'go.mod': goMod, 'a.go': 'package a\n' })),
    );
    expect(sums.zip).toBe(same.h1);
  });

  it('that is not there is refused', async () => {
    const { repository, storage } = empty();
    const call = repository.publish(module, { directory: join(directory, 'none') });
    await expect(call).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(await moduleKeys(storage)).toEqual([]);
  });
});

const pseudo = 'v0.0.0-20200102030405-abcdef123456';

describe('the rules', () => {
  it.each<[string, string, string, Record<string, string>, string | undefined]>([
    ['a pre-release', path, 'v1.0.0-rc.1', { 'go.mod': goMod }, undefined],
    ['a module without go.mod', path, 'v0.1.0', { 'a.go': '' }, undefined],
    ['an incompatible version', path, 'v2.0.0+incompatible', { 'a.go': '' }, undefined],
    ['gopkg.in without go.mod', 'gopkg.in/yaml.v2', 'v2.1.0', { 'a.go': '' }, undefined],
    ['a major version', `${path}/v2`, 'v2.0.0', { 'go.mod': `module ${path}/v2\n` }, undefined],
    ['a quoted module line', path, version, { 'go.mod': `module "${path}" // Deprecated: no\n` }, undefined],
    ['upper case', 'example.com/M', version, { 'go.mod': 'module example.com/M\n' }, undefined],
    [
      'a newer go line with directives nobody knows',
      path,
      version,
      { 'go.mod': `${goMod}go 1.99\nfuture x\n` },
      undefined,
    ],
    ['a bad path', 'example.com/../m', version, {}, 'invalid_path'],
    ['a path without a dot', 'm', version, {}, 'invalid_path'],
    ['a version without v', path, '1.0.0', {}, 'invalid_version'],
    ['a version that is not canonical', path, 'v1.0', {}, 'invalid_version'],
    ['build metadata', path, 'v1.0.0+build', {}, 'invalid_version'],
    ['a branch', path, 'main', {}, 'invalid_version'],
    ['a major that the path does not name', path, 'v2.0.0', {}, 'invalid_version'],
    ['a path that names another major', `${path}/v3`, 'v2.0.0', {}, 'invalid_version'],
    ['+incompatible of a compatible major', path, 'v1.0.0+incompatible', { 'a.go': '' }, 'invalid_version'],
    ['+incompatible with a go.mod', path, 'v2.0.0+incompatible', { 'go.mod': goMod }, 'invalid_version'],
    ['a major version without go.mod', `${path}/v2`, 'v2.0.0', { 'a.go': '' }, 'invalid_go_mod'],
    ['another module line', path, version, { 'go.mod': 'module example.com/other\n' }, 'invalid_go_mod'],
    ['a module line of another major', `${path}/v2`, 'v2.0.0', { 'go.mod': goMod }, 'invalid_go_mod'],
    ['no module line', path, version, { 'go.mod': 'go 1.20\n' }, 'invalid_go_mod'],
    ['a module line in a block', path, version, { 'go.mod': `module (\n${path}\n)\n` }, 'invalid_go_mod'],
    ['a go.mod that does not parse', path, version, { 'go.mod': `${goMod}require (\n` }, 'invalid_go_mod'],
    ['a file name that Go forbids', path, version, { 'go.mod': goMod, 'a?.go': '' }, 'invalid_zip'],
    ['two names that differ in case', path, version, { 'go.mod': goMod, 'a.go': '', 'A.go': '' }, 'invalid_zip'],
    ['a file outside', path, version, { 'go.mod': goMod, '../a.go': '' }, 'invalid_zip'],
  ])('%s: %s@%s', async (_, modulePath, moduleVersion, files, code) => {
    const { repository, storage } = empty();
    const call = repository.publish({ path: modulePath, version: moduleVersion }, filesOf(files));
    if (code === undefined) {
      await call;
      expect((await repository.info(modulePath, moduleVersion)).info.version).toBe(moduleVersion);
      return;
    }
    await expect(call).rejects.toMatchObject({ code });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it.each([
    ['not a zip', encodeUtf8('hello'), 'invalid_zip'],
    ['another version inside', zipOf(path, 'v1.0.1', { 'go.mod': goMod }), 'invalid_zip'],
    ['another module inside', zipOf('example.com/n', version, { 'go.mod': goMod }), 'invalid_zip'],
    ['cut off', zipOf(path, version, { 'go.mod': goMod }).then((zip) => zip.subarray(0, -10)), 'invalid_zip'],
  ])('a zip that is %s is refused, named, and nothing stored', async (_, bytes, code) => {
    const { repository, storage, events } = empty();
    const error = await failure(repository.publish(module, { zip: bytesSource(await bytes) }));
    expect(error).toMatchObject({ code, message: expect.stringContaining(`${path}@${version}`) });
    expect(await moduleKeys(storage)).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['refusal']);
  });

  it('sizes: zip, go.mod and info have limits', async () => {
    const { repository, storage } = setUp({}, { limits: { zip: 1000, goMod: 40, info: 200 } });
    const large = { zip: bytesSource(new Uint8Array(1001)) };
    await expect(repository.publish(module, large)).rejects.toMatchObject({
      code: 'limit_exceeded',
      data: { limit: 1000 },
    });
    const stream = { zip: streamOf(new Uint8Array(1001)) };
    await expect(repository.publish(module, stream)).rejects.toMatchObject({ code: 'limit_exceeded' });
    const long = filesOf({ 'go.mod': `${goMod}// ${'x'.repeat(40)}\n` });
    await expect(repository.publish(module, long)).rejects.toMatchObject({
      code: 'limit_exceeded',
      data: { limit: 40 },
    });
    const origin = { URL: 'x'.repeat(200) };
    await expect(repository.publish(module, filesOf({}), { origin })).rejects.toMatchObject({ data: { limit: 200 } });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it.each<[string, string, Date | string | undefined, string | undefined]>([
    ['an offset', version, '2020-01-02T03:04:05+02:00', '2020-01-02T01:04:05Z'],
    ['a fraction', version, '2020-01-02T03:04:05.25Z', '2020-01-02T03:04:05.250Z'],
    ['a date', version, new Date('2020-01-02T03:04:05Z'), '2020-01-02T03:04:05Z'],
    ['a day alone', version, '2020-01-02', undefined],
    ['no day', version, '2020-02-30T00:00:00Z', undefined],
    ['no date', version, new Date(Number.NaN), undefined],
    ['a year that RFC 3339 cannot say', version, new Date(8.64e15), undefined],
    ['none, for a pseudo-version', pseudo, undefined, '2020-01-02T03:04:05Z'],
    ['its own, for a pseudo-version', pseudo, '2020-01-02T03:04:05Z', '2020-01-02T03:04:05Z'],
    ['another, for a pseudo-version', pseudo, '2020-01-02T03:04:06Z', undefined],
  ])('the time: %s', async (_, timedVersion, given, stored) => {
    const { repository } = empty();
    const call = repository.publish({ path, version: timedVersion }, filesOf({ 'go.mod': goMod }), { time: given });
    if (stored !== undefined) expect((await call).info.time).toBe(stored);
    else expect(['invalid_argument', 'invalid_version']).toContain((await failure(call)).code);
  });

  it.each([
    ['a time that is none', 'v0.0.0-20201302030405-abcdef123456'],
    ['a base below zero', 'v1.2.0-0.20200102030405-abcdef123456'],
  ])('a pseudo-version with %s is refused', async (_, impossible) => {
    const { repository } = empty();
    const call = repository.publish({ path, version: impossible }, filesOf({ 'go.mod': goMod }));
    await expect(call).rejects.toMatchObject({ code: 'invalid_version' });
  });
});

it('no checksum database hears of what is published here', async () => {
  const asked: string[] = [];
  const say = (name: string) => async (of: { path: string }) => {
    asked.push(`${name} ${of.path}`);
    return true;
  };
  const { repository } = setUp({}, {}, { verifier: { goMod: say('goMod'), zip: say('zip') } });
  await repository.publish(module, filesOf({ 'go.mod': goMod }));
  expect(asked).toEqual([]);
});

describe('cancelling', () => {
  it('rejects with the reason, stores nothing, and lets go of the stream', async () => {
    const { repository, storage } = empty();
    const abort = new AbortController();
    let cancelled: unknown;
    const zip = new ReadableStream<Uint8Array>({
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const call = failure(repository.publish(module, { zip }, { signal: abort.signal }));
    await settle();
    abort.abort('stop');
    expect(await call).toBe('stop');
    await settle();
    expect(cancelled).toBeDefined();
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it('a stream is let go of where the version is refused before it is read', async () => {
    const { repository } = empty();
    let cancelled = false;
    const stream = () =>
      new ReadableStream<Uint8Array>({
        cancel: () => {
          cancelled = true;
        },
      });
    await failure(repository.publish({ path, version: 'main' }, { zip: stream() }));
    expect(cancelled).toBe(true);
    cancelled = false;
    await repository.withdraw({ ...module, status: 'block', reason: 'bad', author: 'me' });
    await failure(repository.publish(module, { zip: stream() }));
    expect(cancelled).toBe(true);
  });
});

describe('races', () => {
  /** What a reader finds: content and time must be of one publisher. */
  async function served(storage: Storage): Promise<string> {
    const { repository } = empty(storage);
    const { info } = await repository.info(path, version);
    return `${info.time} ${(await textAt(storage, 'example.com/m/@v/v1.0.0.ziphash'))?.slice(0, 12)}`;
  }

  it('of two publishers of one content one creates, both succeed', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const storage = jittery(memoryStorage(), turn);
      const [a, b] = [empty(storage).repository, empty(storage).repository];
      const publish = (repository: Repository, day: number) =>
        repository.publish(module, filesOf({ 'go.mod': goMod }), { time: `2020-01-0${day}T00:00:00Z` });
      const results = await Promise.all([publish(a, 1), publish(b, 2)]);
      expect(results.map(({ created }) => created).sort()).toEqual([false, true]);
      expect(results[0]?.info).toEqual(results[1]?.info);
    }
  });

  it('of two publishers of other content one wins whole, the other is told', async () => {
    for (let turn = 0; turn < 40; turn++) {
      const storage = jittery(memoryStorage(), turn);
      const publish = (n: number) =>
        empty(storage).repository.publish(module, filesOf({ 'go.mod': goMod, [`${n}.go`]: '' }), {
          time: `2020-01-0${n}T00:00:00Z`,
        });
      const results = await Promise.allSettled([publish(1), publish(2)]);
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
      expect([won.length, lost]).toEqual([1, ['conflict']]);
      const winner = results[0]?.status === 'fulfilled' ? 1 : 2;
      expect(await served(storage)).toBe(`2020-01-0${winner}T00:00:00Z ${won[0]?.sums.zip.slice(0, 12)}`);
    }
  });

  it('of a publisher and a capture one wins whole', async () => {
    for (let turn = 0; turn < 40; turn++) {
      const storage = jittery(memoryStorage(), turn);
      const capturing = setUp({ [path]: { versions: { [version]: {} } } }, { storage }).repository;
      // The publisher's waits take real time, as the other one's zip does: else it would not wait for that at all.
      const publishing = setUp(
        {},
        { storage, offline: true },
        { sleep: (milliseconds) => sleep(milliseconds) },
      ).repository;
      const [captured, published] = await Promise.allSettled([
        capturing.zip(path, version),
        publishing.publish(module, filesOf({ 'go.mod': goMod, 'own.go': '' }), { time: '2020-01-01T00:00:00Z' }),
      ]);
      expect(captured.status === 'fulfilled' || published.status === 'fulfilled').toBe(true);
      const info = (await empty(storage).repository.info(path, version)).info.time;
      expect(published.status).toBe(info === time ? 'rejected' : 'fulfilled');
    }
  });
});

/** Calls take turns in another order for every seed. */
function jittery(storage: Storage, seed: number): Storage {
  let state = seed * 2654435761 + 1;
  return aroundStorage(storage, async (_method, _key, call) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    for (let turns = state % 7; turns > 0; turns--) await new Promise<void>((resolve) => setImmediate(resolve));
    return call();
  });
}

describe('row 54: a publisher that is killed', () => {
  it.each([false, true])(
    'at every step (after it: %s) leaves nothing half-visible, and the next one completes it',
    async (late) => {
      for (let calls = 1; calls < 14; calls++) {
        const clock = fakeClock();
        const storage = memoryStorage({ now: () => new Date(clock.now()) });
        const publish = (of: Storage) =>
          empty(of, clock).repository.publish(module, filesOf({ 'go.mod': goMod, 'a.go': '' }), { time });
        await publish(mortal(storage, calls, late)).catch(() => {});
        const reader = empty(storage, clock).repository;
        const zip = await reader.zip(path, version).catch(() => undefined);
        if (zip !== undefined) await verifyZip(module, bytesSource(await readAll((await zip.open()).body)));
        expect(await reader.versions(path).catch(() => [])).toEqual(zip === undefined ? [] : [version]);
        const { sums } = await publish(storage);
        expect((await empty(storage, clock).repository.zip(path, version)).size).toBeGreaterThan(0);
        expect(await textAt(storage, 'example.com/m/@v/v1.0.0.ziphash')).toBe(sums.zip);
      }
    },
  );
});

/** A storage that works `calls` times and then never again. */
function mortal(storage: Storage, calls: number, late: boolean): Storage {
  let left = calls;
  return aroundStorage(storage, async (_method, _key, call) => {
    left--;
    if (left > 0) return call();
    if (left === 0 && late) await call();
    throw new Error('dead');
  });
}
