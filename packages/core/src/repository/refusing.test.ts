// protocol-cases, rows about refusing: bad requests, and sources that lie in every way.

import { describe, expect, it } from 'vitest';
import { streamOf } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { VersionInfo } from '../source/source.ts';
import { memoryStorage } from '../storage/memory.ts';
import {
  aroundStorage,
  type FakeModule,
  FakeSource,
  fakeClock,
  keysOf,
  setUp,
  time,
  zipOf,
} from './testdata/fixture.ts';

const path = 'example.com/m';
const M = `module ${path}\n`;
const pseudo = 'v0.0.0-20200101000000-1a2b3c4d5e6f';

describe('rows 21 to 24: what no module can have', () => {
  const untouchable = aroundStorage(memoryStorage(), () => Promise.reject(new Error('touched')));
  const { repository, source } = setUp({}, { storage: untouchable });

  it.each([
    '',
    'x',
    'example.com//m',
    '../m',
    'example.com/',
    '-x.com/m',
    'example.com/.git',
    'EXAMPLE.com/m',
    'example.com/m\0',
  ])('path %j is refused without I/O', async (bad) => {
    const calls = [
      repository.versions(bad),
      repository.latest(bad),
      repository.info(bad, 'v1.0.0'),
      repository.info(bad, 'main'),
      repository.goMod(bad, 'v1.0.0'),
      repository.zip(bad, 'v1.0.0'),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'invalid_path' });
  });

  it.each(['latest', 'upgrade', 'patch', '', 'a/b', '<v1', 'main!', 'con', 'ünï'])(
    'query %j is not a version',
    async (query) => {
      await expect(repository.info(path, query)).rejects.toMatchObject({ code: 'invalid_version' });
    },
  );

  it.each(['master', 'v1', 'v1.0', 'v2.0.0', 'v1.0.0+meta', '1.0.0', 'v1.0.0 '])(
    'has no .mod and .zip of %j',
    async (version) => {
      await expect(repository.goMod(path, version)).rejects.toMatchObject({ code: 'invalid_version' });
      await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'invalid_version' });
    },
  );

  it('a path that no key can hold is refused as a path', async () => {
    await expect(repository.info(`example.com/${'x'.repeat(300)}`, 'v1.0.0')).rejects.toMatchObject({
      code: 'invalid_path',
    });
  });

  it('none of them reached the source', () => expect(source.calls).toEqual([]));
});

describe('row 24: v2.0.0 of a path without /v2', () => {
  const incompatible = { version: 'v2.0.0+incompatible', time };

  it('answers .info with +incompatible where the list has it', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v2.0.0+incompatible': {} } } });
    expect(await repository.info(path, 'v2.0.0')).toMatchObject({ info: incompatible, immutable: false });
    expect(source.count('resolve', `${path}@v2.0.0`)).toBe(0);
  });

  it('answers what the source makes of it otherwise', async () => {
    const { repository } = setUp({ [path]: { list: [], queries: { 'v2.0.0': incompatible } } });
    expect((await repository.info(path, 'v2.0.0')).info.version).toBe('v2.0.0+incompatible');
    await expect(repository.info(path, 'v3.0.0')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('row 25: unknown upstream', () => {
  it('passes on what the source said, remembered for a short while', async () => {
    const { repository, source, clock } = setUp({ [path]: {} });
    const ask = () => repository.info(path, 'v1.0.0');
    await expect(ask()).rejects.toMatchObject({ code: 'not_found', message: `${path}@v1.0.0: unknown revision` });
    await expect(ask()).rejects.toMatchObject({ code: 'not_found' });
    expect(source.calls).toHaveLength(1);
    clock.advance(30_000);
    source.modules[path] = { versions: { 'v1.0.0': {} } };
    expect((await ask()).info.version).toBe('v1.0.0');
  });

  it('ends at once when this process publishes something of the module', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {} } } });
    await expect(repository.info(path, 'v1.1.0')).rejects.toMatchObject({ code: 'not_found' });
    source.modules[path] = { versions: { 'v1.0.0': {}, 'v1.1.0': {} } };
    await repository.info(path, 'v1.0.0');
    expect((await repository.info(path, 'v1.1.0')).info.version).toBe('v1.1.0');
  });

  it('row 26: gone stays gone, and other refusals keep their code', async () => {
    for (const code of ['gone', 'denied', 'upstream_unavailable'] as const) {
      const source = new FakeSource({});
      source.gate = () => Promise.reject(new GoModKitError(code, 'because'));
      const { repository } = setUp(source);
      await expect(repository.versions(path)).rejects.toMatchObject({ code, message: 'because' });
      await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code });
    }
  });
});

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

describe('row 28: the checksum database', () => {
  it('is asked before anything is stored', async () => {
    const mismatch = () => Promise.reject(new GoModKitError('checksum_mismatch', 'SECURITY ERROR'));
    const modules = { [path]: { versions: { 'v1.0.0': {} } } };
    const goMod = setUp(modules, {}, { verifier: { goMod: mismatch, zip: async () => true } });
    await expect(goMod.repository.info(path, 'v1.0.0')).rejects.toMatchObject({ code: 'checksum_mismatch' });
    const zip = setUp(modules, {}, { verifier: { goMod: async () => true, zip: mismatch } });
    await expect(zip.repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'checksum_mismatch' });
    for (const { storage, events } of [goMod, zip]) {
      expect(await keysOf(storage)).toEqual([]);
      expect(events.filter(({ type }) => type === 'refusal')).toHaveLength(1);
    }
  });
});

describe('row 29: bad zips', () => {
  const other = `module example.com/other\n`;
  const bytes = (zip: Uint8Array) => () => ({ body: streamOf(zip) });
  const cases: Record<string, () => Promise<FakeModule['versions']>> = {
    'no zip at all': async () => ({ 'v1.0.0': { zip: encodeUtf8('<html>') } }),
    'an empty body': async () => ({ 'v1.0.0': { zip: new Uint8Array() } }),
    'another prefix': async () => ({ 'v1.0.0': { zip: await zipOf('example.com/other', 'v1.0.0', { 'go.mod': M }) } }),
    'another version': async () => ({ 'v1.0.0': { zip: await zipOf(path, 'v1.0.1', { 'go.mod': M }) } }),
    'a root go.mod that differs': async () => ({
      'v1.0.0': { goMod: M, zip: await zipOf(path, 'v1.0.0', { 'go.mod': other }) },
    }),
    'a damaged file': async () => {
      const zip = (await zipOf(path, 'v1.0.0', { 'go.mod': M, 'a.go': 'package a\n' })).slice();
      zip[60] = (zip[60] ?? 0) ^ 0xff;
      return { 'v1.0.0': { zip } };
    },
  };

  it.each(Object.entries(cases))('%s: refused, nothing stored, nothing leaked', async (_, make) => {
    const state = setUp({ [path]: { versions: (await make()) ?? {} } });
    await expect(state.repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'invalid_zip' });
    expect(await keysOf(state.storage)).toEqual([]);
    expect(state.source.openBodies).toBe(0);
    expect(state.events.filter(({ type }) => type === 'refusal')).toMatchObject([
      { kind: 'zip', path, version: 'v1.0.0' },
    ]);
    // What is right of the version is served, and a zip that is put right too.
    await state.repository.goMod(path, 'v1.0.0');
    state.source.modules[path] = { versions: { 'v1.0.0': { goMod: M } } };
    await state.repository.zip(path, 'v1.0.0');
  });

  it('a root go.mod that differs passes when both sums are proven, and only then', async () => {
    const zip = await zipOf(path, 'v1.0.0', { 'go.mod': `module ${path}\r\n` });
    for (const [mod, whole] of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      const verifier = { goMod: async () => mod, zip: async () => whole };
      const { repository } = setUp({ [path]: { versions: { 'v1.0.0': { zip } } } }, {}, { verifier });
      const answer = repository.zip(path, 'v1.0.0');
      if (mod && whole) expect((await answer).size).toBe(zip.length);
      else await expect(answer).rejects.toMatchObject({ code: 'invalid_zip' });
    }
  });

  it('a refused capture forgets its go.mod too, so that an upstream that puts it right is believed', async () => {
    const zip = await zipOf(path, 'v1.0.0', { 'go.mod': M });
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': { zip, goMod: other } } } });
    await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'invalid_zip' });
    source.modules[path] = { versions: { 'v1.0.0': { zip, goMod: M } } };
    expect((await repository.zip(path, 'v1.0.0')).size).toBe(zip.length);
  });

  it('a zip without go.mod has nothing to compare', async () => {
    const zip = await zipOf(path, 'v1.0.0', { 'a.go': 'package a\n' });
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': { zip } } } });
    expect((await repository.zip(path, 'v1.0.0')).size).toBe(zip.length);
  });

  it('a zip over the limit is refused, by what is announced and by what comes', async () => {
    const zip = await zipOf(path, 'v1.0.0', { 'go.mod': M });
    for (const serve of [() => ({ size: zip.length, body: streamOf(zip) }), bytes(zip)]) {
      const state = setUp({ [path]: { versions: { 'v1.0.0': { zip: serve } } } }, { limits: { zip: zip.length - 1 } });
      await expect(state.repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'limit_exceeded' });
      expect(state.source.openBodies).toBe(0);
      expect(await keysOf(state.storage)).toEqual([]);
    }
  });

  it('a zip that is cut off is not called invalid', async () => {
    const zip = await zipOf(path, 'v1.0.0', { 'go.mod': M });
    const cut = () => ({ size: zip.length, body: streamOf(zip.subarray(0, -1)) });
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': { zip: cut } } } });
    await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

describe('row 30: bad .info and .mod', () => {
  const lies: Record<string, unknown> = {
    'another version': { version: 'v1.0.1', time },
    'a malformed time': { version: 'v1.0.0', time: 'yesterday' },
    'no version': { time },
    'a version of another type': { version: 1 },
    'no object': null,
    'an Origin of another type': { version: 'v1.0.0', origin: 'git' },
  };

  it.each(Object.entries(lies))('.info with %s is refused', async (_, info) => {
    const state = setUp({ [path]: { versions: { 'v1.0.0': { info: () => info as VersionInfo } } } });
    for (const ask of [state.repository.info, state.repository.goMod, state.repository.zip]) {
      await expect(ask(path, 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_invalid' });
    }
    expect(await keysOf(state.storage)).toEqual([]);
  });

  it('.info without a time stays without one', async () => {
    const { repository } = setUp({ [path]: { versions: { 'v1.0.0': { info: { version: 'v1.0.0' } } } } });
    expect((await repository.info(path, 'v1.0.0')).bytes).toEqual(encodeUtf8('{"Version":"v1.0.0"}'));
  });

  it.each(['v1', 'main', 'v2.0.0', 'v1.0.0+meta', ''])('a query answered with %j is refused', async (version) => {
    const { repository } = setUp({
      [path]: { list: [], queries: { dev: { version, time }, latest: { version, time } } },
    });
    await expect(repository.info(path, 'dev')).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(repository.latest(path)).rejects.toMatchObject({ code: 'upstream_invalid' });
  });

  it.each([
    '',
    '<html></html>\n',
    'module\n',
    'module "x\n',
    'module a/../b\n',
    'module ../x\n',
    '\ufeffmodule example.com/m\n',
  ])('.mod with %j is refused', async (goMod) => {
    const state = setUp({ [path]: { versions: { 'v1.0.0': { goMod } } } });
    await expect(state.repository.goMod(path, 'v1.0.0')).rejects.toMatchObject({ code: 'invalid_go_mod' });
    await expect(state.repository.info(path, 'v1.0.0')).rejects.toMatchObject({ code: 'invalid_go_mod' });
    expect(await keysOf(state.storage)).toEqual([]);
  });

  it.each(['module example.com/original/v3\n', 'module "example.com/quoted"\n', 'module myapp\n'])(
    '.mod with %j is served: forks that replace names',
    async (goMod) => {
      const { repository } = setUp({ [path]: { versions: { 'v1.0.0': { goMod } } } });
      expect((await repository.goMod(path, 'v1.0.0')).bytes).toEqual(encodeUtf8(goMod));
    },
  );

  it('.mod over the limit, or of another type, is refused', async () => {
    const large = setUp({ [path]: { versions: { 'v1.0.0': { goMod: M } } } }, { limits: { goMod: M.length - 1 } });
    await expect(large.repository.goMod(path, 'v1.0.0')).rejects.toMatchObject({ code: 'limit_exceeded' });
    const odd = setUp({ [path]: { versions: { 'v1.0.0': { goMod: () => 'text' as never } } } });
    await expect(odd.repository.goMod(path, 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_invalid' });
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
