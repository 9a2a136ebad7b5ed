// Versions of the time before the feed, and files that were copied in by hand.

import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { aroundStorage, deferred, type FakeClock, fakeClock, put, settle, setUp } from '../testdata/fixture.ts';
import { backfilledKey } from './entries.ts';
import {
  allEntries,
  expectAscending,
  expectExact,
  labels,
  modulesOf,
  namesOf,
  publish,
  rawEntries,
} from './testdata/feed.ts';

/** A storage as 0.1.0 left it, the newest module first in the order of keys. */
async function filled(count: number, clock: FakeClock): Promise<{ storage: Storage; names: string[] }> {
  const storage = memoryStorage({ now: () => new Date(clock.now()) });
  const names: string[] = [];
  for (let i = count - 1; i >= 0; i--) {
    await addByHand(storage, `example.com/old${String(i).padStart(5, '0')}`);
    names.push(`example.com/old${String(i).padStart(5, '0')}@v1.0.0`);
    clock.advance(1000);
  }
  return { storage, names };
}

async function addByHand(storage: Storage, path: string): Promise<void> {
  await put(storage, `${path}/@v/v1.0.0.mod`, `module ${path}\n`);
  await put(storage, `${path}/@v/v1.0.0.info`, '{"Version":"v1.0.0"}');
}

describe('a storage that was filled before there was an index', () => {
  it('is entered by the first who reads the index, oldest capture first, once', async () => {
    const clock = fakeClock();
    const { storage, names } = await filled(2500, clock);
    const { repository } = setUp({}, { storage }, { clock });
    const entries = await allEntries(repository);
    expect(labels(entries)).toEqual(names);
    expectAscending(entries);
    const again = setUp({}, { storage }, { clock });
    expect(labels(await allEntries(again.repository))).toEqual(names);
    await expectExact(storage);
  });

  it('is listed once only: a marker says that it is done', async () => {
    const clock = fakeClock();
    const { storage } = await filled(3, clock);
    await setUp({}, { storage }, { clock }).repository.index();
    const lists: string[] = [];
    const counted = aroundStorage(storage, (method, key, call) => {
      if (method === 'list') lists.push(key);
      return call();
    });
    await setUp({}, { storage: counted }, { clock }).repository.index();
    expect(lists).not.toContain('');
    expect(lists.length).toBeGreaterThan(0);
  });

  it('is entered while others publish, read and do the same', async () => {
    const clock = fakeClock();
    const { storage, names } = await filled(50, clock);
    const modules = modulesOf(20);
    const slow = aroundStorage(storage, async (_method, _key, call) => {
      await settle(1);
      return call();
    });
    const instances = Array.from({ length: 4 }, () => setUp(modules, { storage: slow }, { clock }).repository);
    await Promise.all(
      instances.map(async (repository, i) => {
        if (i % 2 === 0) await repository.index();
        await publish(repository, namesOf(modules), 1 + i);
        await repository.index();
      }),
    );
    await Promise.all(instances.map((repository) => repository.close()));
    await expectExact(storage);
    const raw = await rawEntries(storage);
    expect(raw.filter((name) => names.includes(name))).toEqual(names);
  });

  it('is begun anew where it was interrupted', async () => {
    const clock = fakeClock();
    const { storage, names } = await filled(5, clock);
    const gate = deferred();
    const stuck = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key === backfilledKey) await gate.promise;
      return call();
    });
    const first = setUp({}, { storage: stuck }, { clock });
    const reading = first.repository.index();
    await settle();
    expect(await rawEntries(storage)).toEqual(names);
    const second = setUp({}, { storage }, { clock });
    expect(labels(await allEntries(second.repository))).toEqual(names);
    gate.resolve();
    await reading;
    await expectExact(storage);
  });

  it('is only read by those who work offline', async () => {
    const clock = fakeClock();
    const { storage } = await filled(3, clock);
    const readOnly = aroundStorage(storage, (method, _key, call) => {
      if (method === 'create' || method === 'delete') throw new Error('read-only');
      return call();
    });
    const offline = setUp({}, { storage: readOnly, offline: true }, { clock });
    expect(await offline.repository.index()).toMatchObject({ entries: [], more: false });
    await setUp({}, { storage }, { clock }).repository.index();
    expect((await offline.repository.index()).entries).toHaveLength(3);
    // One with a source that cannot write reads as well.
    const failing = setUp({}, { storage: readOnly }, { clock });
    expect((await failing.repository.index()).entries).toHaveLength(3);
  });
});

describe('rebuildIndex', () => {
  it('enters what was copied in by hand, and says how much', async () => {
    const clock = fakeClock();
    const { storage } = await filled(2, clock);
    const { repository } = setUp({}, { storage }, { clock });
    await repository.index();
    await addByHand(storage, 'example.com/copied');
    clock.advance(60_000);
    expect((await repository.index()).entries).toHaveLength(2);
    expect(await repository.rebuildIndex()).toBe(1);
    expect(await repository.rebuildIndex()).toBe(0);
    expect(labels(await allEntries(repository)).at(-1)).toBe('example.com/copied@v1.0.0');
    await expectExact(storage);
  });

  it('stops when it is told to', async () => {
    const { storage } = await filled(2, fakeClock());
    const { repository } = setUp({}, { storage });
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(repository.rebuildIndex({ signal: abort.signal })).rejects.toThrow('enough');
  });
});
