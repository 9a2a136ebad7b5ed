// protocol-cases, rows about what cannot be asked: sources and storages that fail, requests and repositories without a source.

import { describe, expect, it } from 'vitest';
import { streamOf } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { StoredObject } from '../storage/storage.ts';
import { aroundStorage, type FakeModule, fakeClock, setUp, time } from './testdata/fixture.ts';

const path = 'example.com/m';
const pseudo = 'v0.0.0-20200101000000-1a2b3c4d5e6f';

describe('row 27: the source cannot be asked', () => {
  const down = () => Promise.reject(new GoModKitError('upstream_unavailable', 'upstream answered 503'));
  const modules = (): Record<string, FakeModule> => ({
    [path]: { versions: { 'v1.0.0': {} }, queries: { main: { version: pseudo, time } } },
  });

  it.each([
    ['list', (s: ReturnType<typeof setUp>) => s.repository.versions(path)],
    ['@latest', (s: ReturnType<typeof setUp>) => s.repository.latest(path).then(({ info }) => info)],
    ['a branch', (s: ReturnType<typeof setUp>) => s.repository.info(path, 'main').then(({ info }) => info)],
  ])('gives the older answer for %s', async (_, ask) => {
    const state = setUp(modules());
    const before = await ask(state);
    state.clock.advance(3_600_000);
    state.source.gate = down;
    expect(await ask(state)).toEqual(before);
  });

  it('gives a remembered 404 too', async () => {
    const state = setUp({});
    const ask = () => state.repository.versions('example.com/none');
    await expect(ask()).rejects.toMatchObject({ code: 'not_found' });
    state.clock.advance(3_600_000);
    state.source.gate = down;
    await expect(ask()).rejects.toMatchObject({ code: 'not_found' });
    await expect(state.repository.versions('example.com/other')).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });

  it('forgets after a day', async () => {
    const state = setUp(modules());
    await state.repository.versions(path);
    state.source.gate = down;
    state.clock.advance(86_400_000);
    await expect(state.repository.versions(path)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('is not remembered for a cold version', async () => {
    const state = setUp(modules());
    state.source.gate = down;
    await expect(state.repository.info(path, 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    state.source.gate = undefined;
    expect((await state.repository.info(path, 'v1.0.0')).info.version).toBe('v1.0.0');
  });

  it('says so of a source that fails in words of its own, without passing them on', async () => {
    const state = setUp(modules());
    state.source.gate = () => Promise.reject(new TypeError('connect ECONNREFUSED 10.0.0.1'));
    const error = await state.repository.goMod(path, 'v1.0.0').catch((e: Error) => e);
    expect(error).toMatchObject({ code: 'upstream_unavailable', cause: expect.any(TypeError) });
    expect((error as Error).message).not.toContain('10.0.0.1');
  });
});

describe('row 31: cachedOnly', () => {
  const cachedOnly = { cachedOnly: true };

  it('leaves the source alone, and does not remember the absence', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {} } } });
    const { versions, latest, info, goMod, zip } = repository;
    const calls = () => [
      versions(path, cachedOnly),
      latest(path, cachedOnly),
      info(path, 'main', cachedOnly),
      info(path, 'v1', cachedOnly),
      info(path, 'v1.0.0', cachedOnly),
      goMod(path, 'v1.0.0', cachedOnly),
      zip(path, 'v1.0.0', cachedOnly),
    ];
    for (const call of calls()) {
      await expect(call).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('temporarily unavailable'),
      });
    }
    expect(source.calls).toEqual([]);
    await zip(path, 'v1.0.0');
    const asked = source.calls.length;
    expect(await versions(path, cachedOnly)).toEqual(['v1.0.0']);
    expect((await latest(path, cachedOnly)).info.version).toBe('v1.0.0');
    for (const read of [info, goMod, zip]) await read(path, 'v1.0.0', cachedOnly);
    expect(source.calls).toHaveLength(asked);
  });

  it('answers a warm query as usual', async () => {
    const { repository, clock } = setUp({ [path]: { queries: { main: { version: pseudo, time } } } });
    await repository.info(path, 'main');
    clock.advance(3_600_000);
    expect((await repository.info(path, 'main', cachedOnly)).info.version).toBe(pseudo);
  });
});

describe('row 36: storage fails', () => {
  const failing = (times: number, error: Error = new Error('EIO /var/lib/secret')) => {
    let left = times;
    return aroundStorage(memoryStorage(), (_method, _key, call) => (left-- > 0 ? Promise.reject(error) : call()));
  };

  it('retries within a bound', async () => {
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { storage: failing(3) });
    expect((await repository.info(path, 'v1.0.0')).info.version).toBe('v1.0.0');
  });

  it('then says storage_unavailable, without internal text', async () => {
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { storage: failing(1000) });
    const error = await repository.zip(path, 'v1.0.0').catch((e: GoModKitError) => e);
    expect(error).toMatchObject({ code: 'storage_unavailable', data: { transient: true } });
    expect((error as Error).message).not.toContain('secret');
  });

  it('does not retry what says that it is permanent', async () => {
    const permanent = new GoModKitError('storage_unavailable', 'no permission', { data: { transient: false } });
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { storage: failing(1, permanent) });
    await expect(repository.info(path, 'v1.0.0')).rejects.toMatchObject({
      code: 'storage_unavailable',
      data: { transient: false },
    });
  });

  it.each(['unsupported', 'limit_exceeded', 'invalid_key', 'not_found', 'upstream_unavailable'] as const)(
    'says so in its own words when the storage refuses with %s, which is no answer about a module',
    async (code) => {
      const storage = failing(1000, new GoModKitError(code, 'no room in /var/lib/secret'));
      const { repository } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { storage });
      const asked = [repository.info(path, 'v1.0.0'), repository.zip(path, 'v1.0.0'), repository.versions(path)];
      for (const answer of await Promise.allSettled(asked)) {
        expect(answer).toMatchObject({
          reason: { code: 'storage_unavailable', data: { transient: false } },
        });
        expect(String((answer as PromiseRejectedResult).reason.message)).not.toContain('secret');
      }
    },
  );

  it.each([
    ['ends early', 5, 1],
    ['does not end', 500, 0],
  ])('a small object that %s is never taken for whole', async (_, length, retried) => {
    let lies = 1;
    const storage = aroundStorage(memoryStorage(), async (method, _key, call) => {
      const object = (await call()) as StoredObject | undefined;
      if (method !== 'get' || object === undefined || lies-- <= 0) return object;
      return { ...object, body: streamOf(new Uint8Array(length)) };
    });
    await setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { storage }).repository.info(path, 'v1.0.0');
    const { repository } = setUp({}, { storage });
    const answer = repository.info(path, 'v1.0.0');
    if (retried) expect((await answer).info.version).toBe('v1.0.0');
    else await expect(answer).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('reports stored bytes that do not mean what their key says', async () => {
    for (const text of ['', 'junk', '{"Version":"v1.0.1"}']) {
      const storage = memoryStorage();
      await storage.create(`${path}/@v/v1.0.0.info`, new Blob([text]));
      const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { storage });
      await expect(repository.info(path, 'v1.0.0')).rejects.toMatchObject({
        code: 'storage_unavailable',
        data: { transient: false },
      });
      expect(source.calls).toEqual([]);
    }
    const storage = memoryStorage();
    await storage.create(`${path}/@v/v1.0.0.info`, new Blob(['{"Version":"v1.0.0"}']));
    const { repository } = setUp({}, { storage });
    await expect(repository.goMod(path, 'v1.0.0')).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});

describe('row 37: offline', () => {
  const origin = { Hash: `1a2b3c4d5e6f${'0'.repeat(28)}` };
  const modules = {
    [path]: {
      versions: { 'v1.0.0': {}, 'v1.1.0': {}, [pseudo]: { info: { version: pseudo, time, origin } } },
      queries: { main: { version: pseudo, time } },
    },
    'example.com/dev': { versions: { [pseudo]: {} } },
  };

  const offline = async () => {
    const online = setUp(modules);
    await online.repository.zip(path, 'v1.0.0');
    await online.repository.zip(path, pseudo);
    await online.repository.info(path, 'v1.1.0');
    await online.repository.zip('example.com/dev', pseudo);
    return setUp(modules, { storage: online.storage, offline: true });
  };

  it('names only versions whose zip is present', async () => {
    const { repository, source } = await offline();
    expect(await repository.versions(path)).toEqual(['v1.0.0']);
    expect((await repository.latest(path)).info.version).toBe('v1.0.0');
    expect((await repository.info(path, 'v1')).info.version).toBe('v1.0.0');
    expect((await repository.info(path, 'v1.1.0')).info.version).toBe('v1.1.0');
    expect((await repository.latest('example.com/dev')).info.version).toBe(pseudo);
    expect(source.calls).toEqual([]);
  });

  it.each(['1a2b3c4', '1a2b3c4d5e6f', origin.Hash])(
    'resolves the hash %s through a stored pseudo-version',
    async (hash) => {
      const { repository } = await offline();
      expect((await repository.info(path, hash)).info.version).toBe(pseudo);
    },
  );

  it('does not choose between commits that share the digits', async () => {
    const twin = 'v0.0.0-20210101000000-1a2b3c4ffff0';
    const online = setUp({ [path]: { versions: { [pseudo]: {}, [twin]: {} } } });
    for (const version of [pseudo, twin]) await online.repository.zip(path, version);
    const { repository } = setUp({}, { storage: online.storage, offline: true });
    await expect(repository.info(path, '1a2b3c4')).rejects.toMatchObject({ code: 'offline' });
    expect((await repository.info(path, '1a2b3c4f')).info.version).toBe(twin);
    expect((await repository.latest(path)).info.version).toBe(twin);
  });

  it.each(['main', '1a2b3c', '1a2b3c4d5e6f1', 'v2', 'v1.3', 'v2.0.0'])('says offline of %s', async (query) => {
    const { repository } = await offline();
    await expect(repository.info(path, query)).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringContaining('offline'),
    });
  });

  it('says offline of everything that is missing', async () => {
    const { repository } = await offline();
    const calls = [
      repository.versions('example.com/x'),
      repository.latest('example.com/x'),
      repository.info(path, 'v1.2.0'),
      repository.goMod(path, 'v1.2.0'),
      repository.zip(path, 'v1.1.0'),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'offline' });
  });
});

describe('options', () => {
  it('refuses numbers that make no sense', () => {
    expect(() => setUp({}, { limits: { zip: -1 } })).toThrow('limits.zip is -1');
    expect(() => setUp({}, { freshness: { ttl: Number.NaN } })).toThrow('freshness.ttl');
    expect(() => setUp({}, { limits: { coldWork: 0 } })).toThrow('concurrency');
  });

  it('works without memory', async () => {
    const { repository } = setUp(
      { [path]: { versions: { 'v1.0.0': {} } } },
      { limits: { memory: 0 } },
      { clock: fakeClock() },
    );
    await repository.zip(path, 'v1.0.0');
    expect(await repository.versions(path)).toEqual(['v1.0.0']);
    expect((await repository.info(path, 'v1.0.0')).info.version).toBe('v1.0.0');
  });
});
