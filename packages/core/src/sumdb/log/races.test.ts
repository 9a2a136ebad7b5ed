// Several instances on one storage, storages that fail or lose answers, and instances that die at any call.

import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { openSignedTree } from '../client/signed-tree.ts';
import * as note from '../note/index.ts';
import type { ChecksumDatabase } from './checksum-database.ts';
import { aroundStorage, clientOf, keys, keysOf, open, recordOf, recordsFrom } from './testdata/log.ts';

const prefix = '.gomodkit/logs/sum.example%2flog';

/** Every stored head is of the tree that the batches give, and a client follows from each to the next. Resolves to the size. */
async function expectOneChain(storage: Storage): Promise<bigint> {
  const database = open(storage);
  const client = clientOf(database);
  const newest = await database.head();
  const headKeys = (await keysOf(storage, `${prefix}/heads/`)).reverse();
  const sizes: bigint[] = [];
  for (const key of headKeys) {
    const object = await storage.get(key);
    const { notes } = (await new Response(object?.body).json()) as { notes: { tree: string } };
    // Rejects with misbehaviour unless one contains the other.
    await client.merge(notes.tree);
    sizes.push((await openSignedTree(notes.tree, note.verifierList(note.newVerifier(keys.verifierKey)))).size);
  }
  expect(new Set(sizes).size, 'one head a size').toBe(sizes.length);
  expect(sizes.at(-1)).toBe(newest.size);
  expect((await client.update())?.size).toBe(newest.size);
  return newest.size;
}

async function expectRecorded(storage: Storage, numbers: ReadonlyMap<string, number>): Promise<void> {
  const database = open(storage);
  const client = clientOf(database);
  for (const [path, number] of numbers) {
    const { sums } = recordOf(path);
    const record = await client.lookup(path, 'v1.0.0');
    expect([record.number, record.sums]).toEqual([BigInt(number), sums]);
  }
}

describe('instances that race', () => {
  it('give each version one record and each size one head', async () => {
    const storage = memoryStorage();
    const instances = Array.from({ length: 5 }, () => open(storage));
    const numbers = new Map<string, number>();
    await Promise.all(
      instances.map(async (database, i) => {
        // Each adds what others add, too, in an order of its own.
        for (let step = 0; step < 40; step++) {
          const record = recordOf(`example.com/m${(step * (2 * i + 1)) % 40}`);
          const [number = -1] = await database.add([record]);
          expect(numbers.get(record.path) ?? number).toBe(number);
          numbers.set(record.path, number);
        }
      }),
    );
    expect([...numbers.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    await Promise.all(instances.map((database) => database.idle()));
    expect(await expectOneChain(storage)).toBe(40n);
    await expectRecorded(storage, numbers);
  });

  it('agree on one of two sums', async () => {
    for (let round = 0; round < 20; round++) {
      const storage = memoryStorage();
      const sides = ['', 'other'].map((mark) => open(storage).add([recordOf('example.com/m', 'v1.0.0', mark)]));
      const outcomes = await Promise.allSettled(sides);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(outcomes.find((each) => each.status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
    }
  });

  it('serve the head that was created first where signatures differ', async () => {
    const storage = memoryStorage();
    const second = await note.newSigner((await note.generateKey('second.example')).signerKey);
    const stored: string[] = [];
    // Whenever an instance is about to create a head, somebody else's of that tree is there a moment earlier, signed otherwise.
    const late = aroundStorage(storage, (_method, _key, call) => call());
    late.create = async (key, source) => {
      if (!key.startsWith(`${prefix}/heads/`)) return storage.create(key, source);
      const head = (await new Response(source.stream()).json()) as { notes: { tree: string } };
      const opened = await note.open(head.notes.tree, note.verifierList(note.newVerifier(keys.verifierKey)));
      head.notes.tree = await note.sign(opened, second);
      stored.push(head.notes.tree);
      await storage.create(key, bytesSource(encodeUtf8(JSON.stringify(head))));
      return storage.create(key, source);
    };
    const database = open(late);
    for (let i = 0; i < 3; i++) {
      await database.add(recordsFrom(i, 1));
      expect((await database.head()).note).toBe(stored.at(-1));
      expect((await open(storage).head()).note).toBe(stored.at(-1));
    }
    await expectOneChain(storage);
  });
});

describe('a storage that fails and loses answers', () => {
  const flaky = (storage: Storage, random: () => number): Storage =>
    aroundStorage(storage, async (method, _key, call) => {
      const chance = random();
      if (chance < 0.1) throw new GoModKitError('storage_unavailable', 'before', { data: { transient: true } });
      const result = await call();
      if (method === 'create' && chance > 0.9) throw new Error('the answer was lost');
      return result;
    });

  it('neither loses nor doubles a record', { timeout: 60_000 }, async () => {
    const storage = memoryStorage();
    let state = 12345;
    const random = (): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state / 2 ** 31;
    };
    const numbers = new Map<string, number>();
    const instances = Array.from({ length: 3 }, () => open(flaky(storage, random)));
    const add = async (database: ChecksumDatabase, i: number): Promise<void> => {
      const record = recordOf(`example.com/m${i}`);
      for (;;) {
        const done = await database.add([record]).catch(() => undefined);
        if (done?.[0] === undefined) continue;
        expect(numbers.get(record.path) ?? done[0]).toBe(done[0]);
        numbers.set(record.path, done[0]);
        return;
      }
    };
    await Promise.all(
      instances.map(async (database) => {
        for (let i = 0; i < 30; i++) await add(database, i);
      }),
    );
    await Promise.all(instances.map((database) => database.idle()));
    expect(await expectOneChain(storage)).toBe(30n);
    await expectRecorded(storage, numbers);
  });
});

describe.each([
  ['before a call', false],
  ['after a call', true],
])('an instance that dies %s', (_, late) => {
  /** Works `calls` times and then never again. */
  const mortal = (storage: Storage, calls: number): Storage => {
    let left = calls;
    return aroundStorage(storage, async (_method, _key, call) => {
      left--;
      if (left > 0) return call();
      if (left === 0 && late) await call();
      throw new GoModKitError('closed', 'dead');
    });
  };

  it('leaves nothing that the next one cannot go on from', { timeout: 60_000 }, async () => {
    let survived = false;
    let deaths = 0;
    for (let calls = 1; !survived; calls += 1 + Math.floor(calls / 10)) {
      const storage = memoryStorage();
      // Close to where a tile is completed, so that tiles and entry bundles are among what is cut off.
      const first = open(storage);
      await first.add(recordsFrom(0, 253));
      await first.idle();
      const numbers = new Map<string, number>();
      const dying = open(mortal(storage, calls), { onError: () => {} });
      survived = true;
      for (let i = 253; i < 259; i += 2) {
        const added = await dying.add(recordsFrom(i, 2)).catch(() => undefined);
        await dying.idle();
        added?.forEach((number, at) => void numbers.set(`example.com/m${i + at}`, number));
        if (added === undefined) survived = false;
      }
      survived = survived && (await dying.head().catch(() => undefined)) !== undefined;
      if (!survived) deaths++;
      await expectOneChain(storage);
      await expectRecorded(storage, numbers);
      const next = open(storage);
      await next.add(recordsFrom(253, 10));
      await next.idle();
      expect(await expectOneChain(storage)).toBe(263n);
      await expectRecorded(storage, numbers);
    }
    expect(deaths).toBeGreaterThan(15);
  });
});
