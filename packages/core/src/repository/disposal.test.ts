// Nothing that was spooled stays behind, whichever way a capture ends.

import { beforeEach, expect, it, vi } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import {
  aroundStorage,
  deferred,
  type FakeVersion,
  put,
  type Setup,
  settle,
  setUp,
  zipOf,
} from './testdata/fixture.ts';

const counts = vi.hoisted(() => ({ spooled: 0, disposed: 0, onDisk: 0 }));

vi.mock('#spool', async (original) => {
  const real = await original<typeof import('#spool')>();
  return {
    ...real,
    spool: async (...args: Parameters<typeof real.spool>) => {
      if (args[1].memory === 0) counts.onDisk++;
      const spooled = await real.spool(...args);
      counts.spooled++;
      const dispose = async (): Promise<void> => {
        counts.disposed++;
        await spooled.dispose();
      };
      return { ...spooled, size: spooled.size, dispose };
    },
  };
});

beforeEach(() => {
  counts.spooled = 0;
  counts.disposed = 0;
  counts.onDisk = 0;
});

const path = 'example.com/m';
const of = (version: FakeVersion) => ({ [path]: { versions: { 'v1.0.0': version } } });

const failing = (ending: string) =>
  aroundStorage(memoryStorage(), (method, key, call) =>
    method === 'create' && key.endsWith(ending) ? Promise.reject(new Error('disk full')) : call(),
  );

const cases: Record<string, () => Promise<Setup>> = {
  'it succeeds': async () => setUp(of({})),
  'the zip is invalid': async () => setUp(of({ zip: await zipOf(path, 'v1.0.1', {}) })),
  'the zip is cut off': async () => {
    const zip = await zipOf(path, 'v1.0.0', {});
    return setUp(of({ zip: () => ({ size: zip.length + 1, body: new Blob([Uint8Array.from(zip)]).stream() }) }));
  },
  'the sum is disproved': async () =>
    setUp(of({}), {}, { verifier: { goMod: async () => true, zip: () => Promise.reject(new Error('SECURITY')) } }),
  '.info cannot be stored': async () => setUp(of({}), { storage: failing('.info') }),
  '.ziphash cannot be stored': async () => setUp(of({}), { storage: failing('.ziphash') }),
  '.zip cannot be stored': async () => setUp(of({}), { storage: failing('.zip') }),
  'another sum binds': async () => {
    const state = setUp(of({}));
    await state.repository.info(path, 'v1.0.0');
    await put(state.storage, `${path}/@v/v1.0.0.ziphash`, 'h1:other');
    return state;
  },
};

it.each(Object.entries(cases))('what was spooled is disposed of once when %s', async (_, make) => {
  const { repository, source } = await make();
  await repository.zip(path, 'v1.0.0').catch(() => {});
  await settle();
  expect(counts).toMatchObject({ spooled: 1, disposed: 1 });
  expect(source.openBodies).toBe(0);
});

it('what was spooled is disposed of when all clients leave while it waits to be stored', async () => {
  const client = new AbortController();
  const storage = aroundStorage(memoryStorage(), (method, key, call) => {
    if (method === 'create' && key.endsWith('.zip')) client.abort('bye');
    return call();
  });
  const { repository } = setUp(of({}), { storage });
  await expect(repository.zip(path, 'v1.0.0', { signal: client.signal })).rejects.toBe('bye');
  await settle();
  expect(counts).toMatchObject({ spooled: 1, disposed: 1 });
});

it('a source without a zip, and a policy that denies, spool nothing', async () => {
  const denied = setUp(of({}), { policy: () => ({ allow: false, policy: 'p', reason: 'r' }) });
  for (const { repository } of [setUp(of({ zip: null })), denied]) {
    await expect(repository.zip(path, 'v1.0.0')).rejects.toThrow();
  }
  expect(counts.spooled).toBe(0);
});

it('zips that come while enough wait to be checked wait on disk', async () => {
  const names = Array.from({ length: 6 }, (_, i) => `example.com/m${i}`);
  const gate = deferred();
  const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
    if (method === 'create' && key.endsWith('.zip')) await gate.promise;
    return call();
  });
  const modules = Object.fromEntries(names.map((name) => [name, { versions: { 'v1.0.0': {} } }]));
  const { repository } = setUp(modules, { storage, limits: { coldWork: 1 } });
  const zips: Promise<unknown>[] = [];
  for (const name of names) {
    zips.push(repository.zip(name, 'v1.0.0'));
    await settle(50);
  }
  gate.resolve();
  await Promise.all(zips);
  // One is being stored and one waits in memory.
  expect(counts).toEqual({ spooled: 6, disposed: 6, onDisk: 4 });
});
