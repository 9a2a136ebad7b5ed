// protocol-cases, rows about reading: what a repository answers when all is well.

import { describe, expect, it } from 'vitest';
import { readAll } from '../bytes/source.ts';
import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createRepository } from './create-repository.ts';
import {
  aroundStorage,
  fakeClock,
  keysOf,
  put,
  setUp,
  textAt,
  time,
  withoutDelete,
  zipOf,
} from './testdata/fixture.ts';

const path = 'example.com';
const I = `{"Version":"v1.0.0","Time":"${time}"}`;
const M = 'module example.com\n';

describe('row 1: latest', () => {
  it('is the highest release of the list, without asking the source for its own latest', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {}, 'v0.9.0': {}, 'v1.1.0-rc.1': {} } } });
    const file = await repository.latest(path);
    expect(decodeUtf8(file.bytes)).toBe(I);
    expect(file).toMatchObject({ immutable: false, info: { version: 'v1.0.0' } });
    expect(file.modified).toBeUndefined();
    expect(source.count('resolve', `${path}@latest`)).toBe(0);
  });

  it('is the highest pre-release where there is no release', async () => {
    const { repository } = setUp({ [path]: { versions: { 'v1.1.0-rc.1': {}, 'v1.1.0-rc.2': {} } } });
    expect((await repository.latest(path)).info.version).toBe('v1.1.0-rc.2');
  });

  it('is what the source calls latest where the list is empty or absent', async () => {
    const version = 'v0.0.0-20200101000000-abcdefabcdef';
    const queries = { latest: { version, time } };
    const { repository } = setUp({ [path]: { list: [], queries } });
    expect((await repository.latest(path)).info.version).toBe(version);
    const absent = () => Promise.reject(new GoModKitError('not_found', 'no list'));
    const { repository: without } = setUp({ [path]: { queries, list: absent } });
    expect((await without.latest(path)).info.version).toBe(version);
  });

  it('passes over +incompatible versions above a version that has a go.mod of its own', async () => {
    const incompatible = 'v2.0.0+incompatible';
    const plain = setUp({ [path]: { versions: { 'v1.0.0': {}, [incompatible]: {} } } });
    expect((await plain.repository.latest(path)).info.version).toBe(incompatible);
    const modern = setUp({ [path]: { versions: { 'v1.0.0': { goMod: `${M}\ngo 1.20\n` }, [incompatible]: {} } } });
    expect((await modern.repository.latest(path)).info.version).toBe('v1.0.0');
  });
});

describe('row 4: list', () => {
  it('is sorted, without junk, pseudo-versions, duplicates and what does not fit the path', async () => {
    const list = [
      'v1.10.0',
      'v1.9.0',
      'v1.9.0',
      'v1.10.0-rc.1',
      'v2.0.0',
      'v1',
      'v1.2',
      'junk',
      '',
      'v1.0.0+meta',
      'v3.0.0+incompatible',
      'v0.0.0-20200101000000-abcdefabcdef',
      'V1.0.0',
      ' v1.0.0',
    ];
    const { repository } = setUp({ [path]: { list } });
    expect(await repository.versions(path)).toEqual(['v1.9.0', 'v1.10.0-rc.1', 'v1.10.0', 'v3.0.0+incompatible']);
  });

  it('is empty for a module without versions', async () => {
    const { repository } = setUp({ [path]: { list: [] } });
    expect(await repository.versions(path)).toEqual([]);
  });

  it('keeps captured versions that the source no longer lists', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {}, 'v1.1.0': {} } } });
    await repository.info(path, 'v1.1.0');
    source.modules[path] = { versions: { 'v1.0.0': {} } };
    expect(await repository.versions(path)).toEqual(['v1.0.0', 'v1.1.0']);
  });

  it('of a module that the source lost names the captured versions whose zip is there', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {}, 'v1.1.0': {} } } });
    await repository.zip(path, 'v1.0.0');
    await repository.info(path, 'v1.1.0');
    delete source.modules[path];
    expect(await repository.versions(path)).toEqual(['v1.0.0']);
  });

  it('reads listings of any number of pages', async () => {
    const storage = memoryStorage();
    for (const patch of [0, 1, 2, 3, 4]) await put(storage, `example.com/@v/v1.0.${patch}.info`, I);
    const paged = { ...withoutDelete(storage), list: (options = {}) => storage.list({ ...options, limit: 2 }) };
    const { repository } = setUp({ [path]: { list: [] } }, { storage: paged });
    expect(await repository.versions(path)).toHaveLength(5);
  });
});

describe('row 5: files of a version', () => {
  it('answers .info, .mod and .zip with validators made from the bytes', async () => {
    const clock = fakeClock();
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, {}, { clock });
    const captured = new Date(clock.now());
    const info = await repository.info(path, 'v1.0.0');
    expect(decodeUtf8(info.bytes)).toBe(I);
    expect(info).toMatchObject({ immutable: true, modified: captured });
    const mod = await repository.goMod(path, 'v1.0.0');
    expect(decodeUtf8(mod.bytes)).toBe(M);
    expect(mod.modified).toEqual(captured);
    expect(mod.etag).toMatch(/^[0-9a-f]{32}$/);
    expect(mod.etag).not.toBe(info.etag);
    const zip = await repository.zip(path, 'v1.0.0');
    const bytes = await zipOf(path, 'v1.0.0', { 'go.mod': M });
    expect(zip).toMatchObject({ size: bytes.length, modified: captured, h1: expect.stringMatching(/^h1:.{44}$/) });
    expect(await readAll((await zip.open()).body)).toEqual(bytes);
    expect(await readAll((await zip.open({ range: { start: 2, end: 6 } })).body)).toEqual(bytes.subarray(2, 6));
  });

  it('stores the GOPROXY file tree, with escaped names and .ziphash beside the zip', async () => {
    const upper = 'example.com/Hello';
    const { repository, storage } = setUp({
      [upper]: { versions: { 'v1.0.0-RC.1': { zip: await zipOf(upper, 'v1.0.0-RC.1', {}) } } },
    });
    const { h1 } = await repository.zip(upper, 'v1.0.0-RC.1');
    const base = 'example.com/!hello/@v/v1.0.0-!r!c.1';
    expect(await keysOf(storage)).toEqual([`${base}.info`, `${base}.mod`, `${base}.zip`, `${base}.ziphash`]);
    expect(await textAt(storage, `${base}.ziphash`)).toBe(h1);
    expect(await textAt(storage, `${base}.mod`)).toBe(`module ${upper}\n`);
  });

  it('serves warm files from memory, and after a restart from storage, without the source', async () => {
    const first = setUp({ [path]: { versions: { 'v1.0.0': {} } } });
    const zip = await first.repository.zip(path, 'v1.0.0');
    const info = await first.repository.info(path, 'v1.0.0');
    const { storage } = first;
    let touched = 0;
    const counting = aroundStorage(storage, (_method, key, call) => {
      if (!key.startsWith('.gomodkit/')) touched++;
      return call();
    });
    const { repository, source, events } = setUp({}, { storage: counting });
    expect((await repository.info(path, 'v1.0.0')).etag).toBe(info.etag);
    expect(touched).toBe(1);
    expect((await repository.zip(path, 'v1.0.0')).etag).toBe(zip.etag);
    expect(touched).toBe(2);
    await repository.goMod(path, 'v1.0.0');
    expect(touched).toBe(3);
    for (const call of [repository.info, repository.goMod, repository.zip]) await call(path, 'v1.0.0');
    expect(touched).toBe(3);
    expect(source.calls).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(Array(6).fill('hit'));
  });
});

describe('row 6: queries', () => {
  const pseudo = 'v1.0.1-0.20200101000000-1a2b3c4d5e6f';

  it('answers v1 and v1.0 with the highest release of that prefix', async () => {
    const versions = { 'v1.0.0': {}, 'v1.0.1-rc.1': {}, 'v1.2.0': {}, 'v0.9.0': {} };
    const { repository } = setUp({ [path]: { versions } });
    const file = await repository.info(path, 'v1.0');
    expect(file).toMatchObject({ info: { version: 'v1.0.0' }, immutable: false });
    expect((await repository.info(path, 'v1')).info.version).toBe('v1.2.0');
    expect((await repository.info(path, 'v0')).info.version).toBe('v0.9.0');
  });

  it('asks the source for a branch of that name where the list has no such version', async () => {
    const { repository } = setUp({ [path]: { list: ['v1.0.0'], queries: { v3: { version: pseudo, time } } } });
    expect((await repository.info(path, 'v3')).info.version).toBe(pseudo);
  });

  it.each(['master', '1a2b3c4d5e6f'])('answers %s with the canonical version, stored under no query', async (query) => {
    const { repository, storage, source } = setUp({ [path]: { queries: { [query]: { version: pseudo, time } } } });
    const file = await repository.info(path, query);
    expect(decodeUtf8(file.bytes)).toBe(`{"Version":"${pseudo}","Time":"${time}"}`);
    expect(file.immutable).toBe(false);
    await repository.info(path, query);
    expect(source.count('resolve')).toBe(1);
    expect(await keysOf(storage)).toEqual([]);
  });

  it('answers with the captured file of the version', async () => {
    const origin = { VCS: 'git', Hash: 'a'.repeat(40) };
    const modules = {
      [path]: {
        versions: { 'v1.0.0': { info: { version: 'v1.0.0', time, origin } } },
        queries: { main: { version: 'v1.0.0', time } },
      },
    };
    const { repository } = setUp(modules);
    const stored = await repository.info(path, 'v1.0.0');
    expect((await repository.info(path, 'main')).etag).toBe(stored.etag);
  });

  it('refuses to answer a branch with a version that was captured from another commit', async () => {
    const info = (c: string) => ({ version: 'v1.0.0', time, origin: { Hash: c.repeat(40) } });
    const modules = {
      [path]: {
        versions: { 'v1.0.0': { info: info('a') } },
        queries: { main: info('b'), latest: info('b'), 'v1.0.0+meta': info('b') },
      },
    };
    const { repository } = setUp(modules);
    await repository.info(path, 'v1.0.0');
    await expect(repository.info(path, 'main')).rejects.toMatchObject({ code: 'conflict' });
    expect((await repository.info(path, 'v1.0.0+meta')).info.origin).toEqual(info('a').origin);
    expect((await repository.latest(path)).info.origin).toEqual(info('a').origin);
  });
});

describe('row 7: Origin', () => {
  it('stays as the source gave it, and pins what is fetched later', async () => {
    const origin = {
      VCS: 'git',
      URL: 'https://git.example.com/x',
      Hash: 'b'.repeat(40),
      Ref: 'refs/tags/v1.0.0',
      Extra: [1],
    };
    const { repository, source } = setUp({
      [path]: { versions: { 'v1.0.0': { info: { version: 'v1.0.0', time, origin } } } },
    });
    expect(JSON.parse(decodeUtf8((await repository.info(path, 'v1.0.0')).bytes) ?? '').Origin).toEqual(origin);
    await repository.zip(path, 'v1.0.0');
    for (const method of ['goMod', 'zip']) {
      expect(source.calls.find((call) => call.method === method)?.options.origin).toEqual(origin);
    }
  });
});

describe('row 10: .info and .mod of a cold version', () => {
  it('never ask for the zip, also where there is none', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': { zip: null } } } });
    await repository.goMod(path, 'v1.0.0');
    await repository.info(path, 'v1.0.0');
    expect(source.calls.map(({ method }) => method)).toEqual(['resolve', 'goMod']);
    await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'not_found' });
    expect((await repository.goMod(path, 'v1.0.0')).bytes).toEqual(encodeUtf8(M));
  });
});

describe('row 12: checkStorage', () => {
  it('is empty when all is well, and leaves nothing behind', async () => {
    const { repository, storage } = setUp({});
    expect(await repository.checkStorage()).toEqual([]);
    expect(await keysOf(storage)).toEqual([]);
  });

  it('always uses one key where the storage cannot delete', async () => {
    const storage = memoryStorage();
    for (let i = 0; i < 3; i++) {
      const { repository } = setUp({}, { storage: withoutDelete(storage) });
      expect(await repository.checkStorage()).toEqual([]);
    }
    expect(await keysOf(storage)).toHaveLength(1);
  });

  it.each([
    ['create', 'write'],
    ['get', 'read'],
    ['list', 'list'],
    ['delete', 'delete'],
  ] as const)('names the step when %s fails', async (method, step) => {
    const storage = aroundStorage(memoryStorage(), (called, _key, call) =>
      called === method ? Promise.reject(new Error('/secret/path')) : call(),
    );
    const failures = await setUp({}, { storage }).repository.checkStorage();
    expect(failures.map((failure) => failure.step)).toEqual([step]);
    expect(failures[0]?.error.message).not.toContain('secret');
  });

  it('writes nothing offline', async () => {
    const storage = aroundStorage(memoryStorage(), (called, _key, call) =>
      called === 'create' || called === 'delete' ? Promise.reject(new Error('read-only')) : call(),
    );
    expect(await createRepository({ storage }).checkStorage()).toEqual([]);
    const broken = aroundStorage(storage, (called, _key, call) =>
      called === 'get' || called === 'list' ? Promise.reject(new Error('down')) : call(),
    );
    const failures = await createRepository({ storage: broken }).checkStorage();
    expect(failures.map((failure) => failure.step)).toEqual(['read', 'list']);
  });

  it('notices a storage that forgets or alters what was written', async () => {
    const storage = { ...withoutDelete(memoryStorage()), create: async () => ({ created: true }) };
    const failures = await setUp({}, { storage }).repository.checkStorage();
    expect(failures.map((failure) => failure.step)).toEqual(['read', 'list']);
  });
});
