// protocol-cases, rows about refusing: bad requests, and sources that lie in every way.

import { describe, expect, it } from 'vitest';
import { streamOf } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { VersionInfo } from '../source/source.ts';
import { memoryStorage } from '../storage/memory.ts';
import { aroundStorage, type FakeModule, FakeSource, keysOf, setUp, time, zipOf } from './testdata/fixture.ts';

const path = 'example.com/m';
const M = `module ${path}\n`;

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
    for (const long of [`example.com/${'x'.repeat(300)}`, `example.com${'/x'.repeat(500)}`]) {
      for (const call of [
        repository.versions(long),
        repository.latest(long),
        repository.info(long, 'v1.0.0'),
        repository.info(long, 'main'),
        repository.goMod(long, 'v1.0.0'),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'invalid_path' });
      }
    }
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
