// protocol-cases, rows about pressure: many clients, clients that leave, sources that hang.

import { afterEach, describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { aroundStorage, deferred, FakeSource, keysOf, settle, setUp } from './testdata/fixture.ts';

const path = 'example.com/m';
const modules = () => ({ [path]: { versions: { 'v1.0.0': {} } } });

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
process.on('unhandledRejection', onUnhandled);

afterEach(async () => {
  await settle();
  expect(unhandled).toEqual([]);
});

/** A source whose answers wait until `open` is called. */
function gatedSource() {
  const gate = deferred();
  const source = new FakeSource(modules());
  source.gate = () => gate.promise;
  return { source, open: () => gate.resolve() };
}

describe('row 50: many clients, one cold version', () => {
  it('fetches each file once, whatever is asked for and in which order', async () => {
    const { source, open } = gatedSource();
    const { repository } = setUp(source);
    const asks = [repository.info, repository.goMod, repository.zip, repository.info] as const;
    const all = Promise.all(Array.from({ length: 64 }, (_, i) => asks[i % asks.length]?.(path, 'v1.0.0')));
    await settle();
    open();
    expect((await all).every((answer) => answer !== undefined)).toBe(true);
    expect(source.calls.map(({ method }) => method).sort()).toEqual(['goMod', 'resolve', 'zip']);
    expect(source.openBodies).toBe(0);
  });

  it('does not ask again for .info while the zip of the same version is still on its way', async () => {
    const source = new FakeSource(modules());
    const zip = deferred();
    source.gate = ({ method }) => (method === 'zip' ? zip.promise : undefined);
    const { repository } = setUp(source);
    const slow = repository.zip(path, 'v1.0.0');
    await settle();
    await repository.info(path, 'v1.0.0');
    await repository.goMod(path, 'v1.0.0');
    zip.resolve();
    await slow;
    expect(source.calls.map(({ method }) => method)).toEqual(['resolve', 'goMod', 'zip']);
  });

  it('does not ask again when the answer was captured while storage was being read', async () => {
    const source = new FakeSource(modules());
    const held = deferred();
    const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
      const result = await call();
      if (method === 'get' && key.endsWith('.info') && result === undefined && source.calls.length === 0)
        await held.promise;
      return result;
    });
    const { repository } = setUp(source, { storage });
    const early = repository.info(path, 'v1.0.0');
    await settle();
    source.calls.push({ method: 'versions', subject: '', options: {} });
    await repository.zip(path, 'v1.0.0');
    held.resolve();
    await early;
    expect(source.count('resolve')).toBe(1);
  });

  it('asks for a list once', async () => {
    const { source, open } = gatedSource();
    const { repository } = setUp(source);
    const all = Promise.all(Array.from({ length: 64 }, () => repository.versions(path)));
    await settle();
    open();
    await all;
    expect(source.calls).toHaveLength(1);
  });

  it('shares a failure, and tries again for whoever comes later', async () => {
    const { source, open } = gatedSource();
    source.modules[path] = {};
    const { repository } = setUp(source, { freshness: { negativeTtl: 0 } });
    const all = Promise.allSettled(Array.from({ length: 8 }, () => repository.zip(path, 'v1.0.0')));
    await settle();
    open();
    expect((await all).map(({ status }) => status)).toEqual(Array(8).fill('rejected'));
    expect(source.calls).toHaveLength(1);
    source.modules[path] = { versions: { 'v1.0.0': {} } };
    await repository.zip(path, 'v1.0.0');
  });
});

describe('row 51: clients that leave', () => {
  it('the first leaves, the others still get it', async () => {
    const { source, open } = gatedSource();
    const { repository } = setUp(source);
    const first = new AbortController();
    const left = repository.zip(path, 'v1.0.0', { signal: first.signal });
    const stays = repository.zip(path, 'v1.0.0', { signal: new AbortController().signal });
    await settle();
    first.abort('bye');
    await expect(left).rejects.toBe('bye');
    expect(source.calls[0]?.options.signal?.aborted).toBe(false);
    open();
    expect((await stays).size).toBeGreaterThan(0);
  });

  it.each(['resolve', 'goMod', 'zip'] as const)(
    'all leave during %s: the fetch is aborted, nothing is stored or leaked',
    async (method) => {
      const source = new FakeSource(modules());
      source.gate = (call) => {
        if (call.method !== method) return;
        return new Promise((_, reject) =>
          call.options.signal?.addEventListener('abort', () => reject(call.options.signal?.reason)),
        );
      };
      const { repository, storage } = setUp(source);
      const clients = [new AbortController(), new AbortController()];
      const answers = clients.map(({ signal }) => repository.zip(path, 'v1.0.0', { signal }));
      await settle();
      const hanging = source.calls.at(-1);
      expect(hanging).toMatchObject({ method });
      for (const client of clients) client.abort('bye');
      for (const answer of answers) await expect(answer).rejects.toBe('bye');
      expect(hanging?.options.signal?.aborted).toBe(true);
      await settle();
      expect(await keysOf(storage)).toEqual([]);
      expect(source.openBodies).toBe(0);
      source.gate = undefined;
      await repository.zip(path, 'v1.0.0');
    },
  );

  it('all leave in the middle of the body: it is cancelled', async () => {
    const source = new FakeSource({
      [path]: {
        versions: {
          'v1.0.0': {
            zip: () => ({
              body: new ReadableStream<Uint8Array>({
                start(controller) {
                  controller.enqueue(new Uint8Array(10));
                },
              }),
            }),
          },
        },
      },
    });
    const { repository } = setUp(source);
    const client = new AbortController();
    const answer = repository.zip(path, 'v1.0.0', { signal: client.signal });
    await settle();
    expect(source.openBodies).toBe(1);
    client.abort('bye');
    await expect(answer).rejects.toBe('bye');
    await settle();
    expect(source.openBodies).toBe(0);
  });

  it('a client that is gone already costs nothing', async () => {
    const state = setUp(modules());
    const signal = AbortSignal.abort('gone');
    const { versions, latest, info, goMod, zip } = state.repository;
    for (const answer of [
      versions(path, { signal }),
      latest(path, { signal }),
      info(path, 'main', { signal }),
      info(path, 'v1.0.0', { signal }),
      goMod(path, 'v1.0.0', { signal }),
      zip(path, 'v1.0.0', { signal }),
    ]) {
      await expect(answer).rejects.toBe('gone');
    }
    expect(state.source.calls).toEqual([]);
  });
});

describe('row 52: hanging fetches', () => {
  it('do not delay warm answers nor other cold ones, in spite of the limit for cold work', async () => {
    const source = new FakeSource({ ...modules(), 'example.com/warm': { versions: { 'v1.0.0': {} } } });
    for (let i = 0; i < 40; i++) source.modules[`hang.example.com/m${i}`] = { versions: { 'v1.0.0': {} } };
    const never = deferred();
    source.gate = ({ method, subject }) =>
      method === 'zip' && subject.startsWith('hang.') ? never.promise : undefined;
    const { repository } = setUp(source, { limits: { coldWork: 1 } });
    await repository.zip('example.com/warm', 'v1.0.0');
    const client = new AbortController();
    const hung = Array.from({ length: 40 }, (_, i) =>
      repository.zip(`hang.example.com/m${i}`, 'v1.0.0', { signal: client.signal }).catch((reason: unknown) => reason),
    );
    await settle();
    for (let i = 0; i < 1000; i++) await repository.zip('example.com/warm', 'v1.0.0');
    await repository.zip(path, 'v1.0.0');
    client.abort('enough');
    expect(new Set(await Promise.all(hung))).toEqual(new Set(['enough']));
    never.resolve();
  });

  it('no more than coldWork zips are stored at once', async () => {
    const source = new FakeSource({});
    for (let i = 0; i < 10; i++) source.modules[`example.com/m${i}`] = { versions: { 'v1.0.0': {} } };
    let active = 0;
    let most = 0;
    const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
      if (method !== 'create' || !key.endsWith('.zip')) return call();
      most = Math.max(most, ++active);
      await settle(3);
      active--;
      return call();
    });
    const { repository } = setUp(source, { storage, limits: { coldWork: 2 } });
    await Promise.all(Object.keys(source.modules).map((module) => repository.zip(module, 'v1.0.0')));
    expect(most).toBe(2);
  });
});

describe('close', () => {
  it('waits for work under way, ends background work, and refuses what comes later', async () => {
    const { source, open } = gatedSource();
    const { repository, clock } = setUp(source);
    const answer = repository.zip(path, 'v1.0.0');
    await settle();
    let done = false;
    const closing = repository.close().then(() => {
      done = true;
    });
    await settle();
    expect(done).toBe(false);
    open();
    await closing;
    expect((await answer).size).toBeGreaterThan(0);
    clock.advance(1);
    for (const call of [repository.versions(path), repository.info(path, 'v1.0.0'), repository.checkStorage()]) {
      await expect(call).rejects.toMatchObject({ code: 'closed' });
    }
    await repository.close();
  });

  it('does not wait for a refresh behind an answer', async () => {
    const state = setUp(modules());
    await state.repository.versions(path);
    state.clock.advance(61_000);
    const aborted = deferred<unknown>();
    state.source.gate = ({ options: { signal } }) =>
      new Promise((_, reject) =>
        signal?.addEventListener('abort', () => {
          aborted.resolve(signal.reason);
          reject(signal.reason);
        }),
      );
    await state.repository.versions(path);
    await settle();
    await state.repository.close();
    expect(await aborted.promise).toMatchObject({ code: 'closed' });
  });
});

describe('events', () => {
  it('tell hits, misses, fetches and publications', async () => {
    const { repository, events } = setUp(modules());
    await repository.zip(path, 'v1.0.0');
    await repository.zip(path, 'v1.0.0');
    await repository.versions(path);
    const told = events.map((event) => `${event.type} ${'kind' in event && event.kind}`);
    expect(told).toEqual([
      'miss zip',
      'fetch info',
      'fetch mod',
      'fetch zip',
      'publish info',
      'publish zip',
      'hit zip',
      'miss list',
      'fetch list',
    ]);
  });

  it('survive listeners that throw or reject, and end with the subscription', async () => {
    const { repository, events } = setUp(modules());
    repository.subscribe(() => {
      throw new Error('listener');
    });
    repository.subscribe((() => Promise.reject(new Error('listener'))) as () => void);
    let heard = 0;
    const stop = repository.subscribe(() => heard++);
    await repository.info(path, 'v1.0.0');
    expect(heard).toBe(events.length);
    stop();
    await repository.info(path, 'v1.0.0');
    expect(heard).toBe(events.length - 1);
  });
});
