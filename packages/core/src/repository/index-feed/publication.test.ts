// Every published version is entered once: one process, several, crashes, storages of all kinds.

import { afterEach, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { aroundStorage, deferred, fakeClock, put, settle, setUp, withoutDelete } from '../testdata/fixture.ts';
import { backfilledKey } from './entries.ts';
import { abandonAfter } from './recovery.ts';
import {
  allEntries,
  expectAscending,
  expectExact,
  labels,
  modulesOf,
  namesOf,
  notesOf,
  publish,
  rawEntries,
} from './testdata/feed.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start(...args: Parameters<typeof setUp>): ReturnType<typeof setUp> {
  const setup = setUp(...args);
  open.push(setup.repository);
  return setup;
}

describe('the index', () => {
  it('is empty at first, and has each version once, in the order of publication', async () => {
    const modules = modulesOf(3, ['v1.0.0', 'v1.1.0']);
    const { repository, storage } = start(modules);
    expect(await repository.index()).toMatchObject({ entries: [], more: false });
    const names = namesOf(modules).reverse();
    await publish(repository, names);
    await publish(repository, names);
    const entries = await allEntries(repository);
    expect(labels(entries)).toEqual(names);
    expectAscending(entries);
    await expectExact(storage);
    expect(await notesOf(storage)).toEqual([]);
  });

  it('has what publications at the same time made, and shares their notes and batches', async () => {
    const modules = modulesOf(64);
    const created: string[] = [];
    const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
      if (method === 'create') created.push(key);
      await settle(2);
      return call();
    });
    const { repository } = start(modules, { storage });
    await publish(repository, namesOf(modules), 64);
    expect(labels(await allEntries(repository)).sort()).toEqual(namesOf(modules).sort());
    expect(created.filter((key) => key.startsWith('.gomodkit/index/')).length).toBeLessThan(16);
    expect(created.filter((key) => key.startsWith('.gomodkit/index-pending/')).length).toBeLessThan(8);
  });

  it('has nothing of a publication that was refused', async () => {
    const modules = { 'example.com/m': { versions: { 'v1.0.0': { goMod: 'no module line\n' } } } };
    const { repository, storage } = start(modules);
    await expect(repository.info('example.com/m', 'v1.0.0')).rejects.toThrow();
    expect((await repository.index()).entries).toEqual([]);
    expect(await notesOf(storage)).toEqual([]);
  });

  it('is complete when close() resolves', async () => {
    const modules = modulesOf(20);
    const slow = aroundStorage(memoryStorage(), async (method, key, call) => {
      if (method === 'create' && key.startsWith('.gomodkit/index/')) await settle(30);
      return call();
    });
    const { repository } = setUp(modules, { storage: slow });
    await Promise.all(namesOf(modules).map((name) => repository.info(name.split('@')[0] ?? '', 'v1.0.0')));
    await repository.close();
    await expectExact(slow);
    expect(await notesOf(slow)).toEqual([]);
  });

  it('does not keep a publication waiting for its entry', async () => {
    const gate = deferred();
    const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
      if (method === 'create' && key.startsWith('.gomodkit/index/')) await gate.promise;
      return call();
    });
    const { repository } = start(modulesOf(1), { storage });
    await repository.info('example.com/m0', 'v1.0.0');
    expect(await rawEntries(storage)).toEqual([]);
    expect(await notesOf(storage)).toHaveLength(1);
    gate.resolve();
    expect(labels((await repository.index()).entries)).toEqual(['example.com/m0@v1.0.0']);
  });
});

/** A storage that works `calls` times and then never again. `late`: the last call takes effect unanswered. */
function mortal(storage: Storage, calls: number, late: boolean): Storage {
  let left = calls;
  return aroundStorage(storage, async (_method, _key, call) => {
    left--;
    if (left > 0) return call();
    if (left === 0 && late) await call();
    throw Object.assign(new Error('dead'), { dead: true });
  });
}

describe.each([
  ['a storage that deletes', (storage: Storage) => storage],
  ['a storage that cannot delete', withoutDelete],
])('on %s', (_, kind) => {
  describe.each([
    ['before the step', false],
    ['after the step', true],
  ])('killed %s', (_, late) => {
    it('in every step of publications, the next process finishes the entries', { timeout: 60_000 }, async () => {
      const modules = modulesOf(3);
      const names = namesOf(modules);
      let survived = false;
      let cutOff = 0;
      for (let calls = 1; !survived; calls++) {
        const clock = fakeClock();
        const storage = kind(memoryStorage({ now: () => new Date(clock.now()) }));
        const first = setUp(modules, { storage: kind(mortal(storage, calls, late)) }, { clock });
        survived = await publish(first.repository, names, 2).then(
          () => true,
          () => false,
        );
        await first.repository.close();
        const before = await rawEntries(storage);
        // The next one comes when the note is no longer young.
        clock.advance(10_000);
        const next = setUp({}, { storage }, { clock });
        await next.repository.index();
        await expectExact(storage);
        if ((await rawEntries(storage)).length > before.length) cutOff++;
        // And with the rest published, also a day later, still exactly.
        clock.advance(calls % 2 === 0 ? 2 * abandonAfter : 0);
        const last = setUp(modules, { storage }, { clock });
        await publish(last.repository, names, 3);
        expect(labels(await allEntries(last.repository)).sort()).toEqual([...names].sort());
        await expectExact(storage);
        await Promise.all([next.repository.close(), last.repository.close()]);
        expect(calls).toBeLessThan(100);
      }
      expect(cutOff).toBeGreaterThan(2);
    });
  });
});

describe('a note without .info', () => {
  /** A process that is stopped right before, or in, the creation of `.info`. */
  async function stopped() {
    const clock = fakeClock();
    const inner = memoryStorage({ now: () => new Date(clock.now()) });
    const gate = deferred();
    const slow = aroundStorage(inner, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.info')) await gate.promise;
      return call();
    });
    const writer = start(modulesOf(1), { storage: slow }, { clock });
    const info = writer.repository.info('example.com/m0', 'v1.0.0');
    info.catch(() => {});
    await settle();
    expect(await notesOf(inner)).toHaveLength(1);
    return { clock, inner, gate, info, writer };
  }

  it('stays for minutes, so that a slow writer may die after .info', async () => {
    const { clock, inner, gate, info } = await stopped();
    const other = start({}, { storage: inner }, { clock });
    await publish(other.repository, []);
    for (const minutes of [1, 5, 30, 600]) {
      clock.advance(minutes * 60_000);
      expect((await other.repository.index()).entries).toEqual([]);
    }
    expect(await notesOf(inner)).toHaveLength(1);
    gate.resolve();
    await info;
    await settle();
    clock.advance(120_000);
    expect(labels((await other.repository.index()).entries)).toEqual(['example.com/m0@v1.0.0']);
    await expectExact(inner);
    expect(await notesOf(inner)).toEqual([]);
  });

  it('goes after a day, and a writer that comes even later is entered once', async () => {
    const { clock, inner, gate, info } = await stopped();
    const other = start({}, { storage: inner }, { clock });
    clock.advance(abandonAfter + 60_000);
    await other.repository.index();
    expect(await notesOf(inner)).toEqual([]);
    gate.resolve();
    await info;
    await settle();
    await expectExact(inner);
  });

  it('whose .info comes while the note is removed is finished by who removed it', async () => {
    const { clock, inner, gate, info, writer } = await stopped();
    // The writer dies with its .info; the note is deleted between the last look and that.
    let arm = true;
    const storage = aroundStorage(inner, async (method, key, call) => {
      if (method === 'delete' && key.includes('index-pending') && arm) {
        arm = false;
        await put(inner, 'example.com/m0/@v/v1.0.0.info', '{"Version":"v1.0.0"}');
      }
      return call();
    });
    const other = start({}, { storage }, { clock });
    clock.advance(abandonAfter + 60_000);
    await other.repository.index();
    await expectExact(inner);
    gate.resolve();
    await info.catch(() => {});
    await writer.repository.close();
    await expectExact(inner);
  });
});

describe('clocks', () => {
  it('that go backwards change nothing of the order', async () => {
    const modules = modulesOf(6);
    const names = namesOf(modules);
    const clock = fakeClock();
    const { repository, storage } = start(modules, {}, { clock });
    for (const name of names) {
      await publish(repository, [name]);
      clock.advance(-3600_000);
    }
    const entries = await allEntries(repository);
    expect(labels(entries)).toEqual(names);
    expectAscending(entries);
    await expectExact(storage);
  });

  it('of others that are far ahead do not hide their notes', async () => {
    const ahead = fakeClock(Date.parse('2027-01-01T00:00:00Z'));
    const clock = fakeClock();
    const inner = memoryStorage({ now: () => new Date(ahead.now()) });
    await put(inner, 'example.com/m0/@v/v1.0.0.info', '{"Version":"v1.0.0"}');
    await put(inner, backfilledKey, '{"v":1}');
    const note = '{"v":1,"from":0,"versions":[{"path":"example.com/m0","version":"v1.0.0"}]}';
    await put(inner, '.gomodkit/index-pending/keys/aa.json', note);
    const { repository } = start({}, { storage: inner }, { clock });
    expect(labels((await repository.index()).entries)).toEqual(['example.com/m0@v1.0.0']);
    expect(await notesOf(inner)).toEqual([]);
  });
});
