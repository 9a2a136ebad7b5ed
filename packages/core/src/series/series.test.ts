import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { batchKey, batchNumber, maxBatchNumber, type SeriesBatch } from './batch.ts';
import { openSeries, type Series } from './series.ts';

const prefix = '.gomodkit/index';

async function readAllBatches<Value>(series: Series<Value>, from = 0): Promise<SeriesBatch<Value>[]> {
  const batches: SeriesBatch<Value>[] = [];
  for await (const batch of series.read({ from })) batches.push(batch);
  return batches;
}

function checkInvariants(batches: readonly SeriesBatch<unknown>[]): void {
  const entries = batches.flatMap((batch) => batch.entries);
  expect(batches.map((batch) => batch.number)).toEqual(batches.map((_, i) => i));
  expect(entries.map((entry) => entry.index)).toEqual(entries.map((_, i) => i));
  for (const [i, entry] of entries.entries()) expect(entry.time).toBeGreaterThan(entries[i - 1]?.time ?? -1);
}

describe('keys', () => {
  it('list the newest batch first, in folders of a thousand', () => {
    expect(batchKey(prefix, 0)).toBe('.gomodkit/index/999/999/999/999.json');
    expect(batchKey(prefix, 1_000_000)).toBe('.gomodkit/index/999/998/999/999.json');
    expect(batchKey(prefix, maxBatchNumber)).toBe('.gomodkit/index/000/000/000/000.json');
    fc.assert(
      fc.property(fc.nat(maxBatchNumber), fc.nat(maxBatchNumber), (a, b) => {
        expect(batchNumber(prefix, batchKey(prefix, a))).toBe(a);
        expect(batchKey(prefix, a) < batchKey(prefix, b)).toBe(a > b);
      }),
    );
  });

  it('of others are no batches', () => {
    expect(batchNumber(prefix, '.gomodkit/index/999/999/999/99.json')).toBeUndefined();
    expect(batchNumber(prefix, '.gomodkit/indexes/999/999/999/999.json')).toBeUndefined();
  });
});

describe('a series', () => {
  it('is empty at first', async () => {
    const series = openSeries<string>(memoryStorage(), prefix);
    expect(await series.latest()).toBeUndefined();
    expect(await readAllBatches(series)).toEqual([]);
    expect(await series.seek({ time: 0 })).toBe(0);
  });

  it('keeps entries in order, with places and times of their own', async () => {
    const storage = memoryStorage();
    const series = openSeries<string>(storage, prefix, { now: () => 1_000_000 });
    await series.append(['a', 'b']);
    await series.append(['c']);
    const again = openSeries<string>(storage, prefix);
    const entries = (await readAllBatches(again)).flatMap((batch) => batch.entries);
    expect(entries).toEqual([
      { index: 0, time: 1_000_000, value: 'a' },
      { index: 1, time: 1_000_001, value: 'b' },
      { index: 2, time: 1_000_002, value: 'c' },
    ]);
    expect((await again.latest())?.number).toBe(1);
    expect((await again.get(1))?.entries[0]?.value).toBe('c');
  });

  it('goes on when the clock goes back', async () => {
    let now = 5_000_000;
    const series = openSeries<number>(memoryStorage(), prefix, { now: () => now });
    await series.append([1]);
    now = 1000;
    const late = await series.append([2]);
    expect(late.entries[0]?.time).toBe(5_000_001);
  });

  it('reads from a number, and polls what is new', async () => {
    const series = openSeries<number>(memoryStorage(), prefix, { readAhead: 3 });
    for (let i = 0; i < 20; i++) await series.append([i]);
    expect((await readAllBatches(series, 7)).map((batch) => batch.number)).toEqual([
      7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
    expect(await readAllBatches(series, 20)).toEqual([]);
    await series.append([20]);
    expect(await readAllBatches(series, 20)).toHaveLength(1);
  });

  it('asks for no batch behind the end but the next one, however many it reads ahead', async () => {
    for (const count of [0, 1, 2, 3, 7, 40]) {
      const inner = memoryStorage();
      for (let i = 0; i < count; i++) await openSeries<number>(inner, prefix).append([i]);
      const asked: string[] = [];
      const storage: Storage = {
        ...methods(inner),
        get: (key, options) => {
          asked.push(key);
          return inner.get(key, options);
        },
      };
      expect(await readAllBatches(openSeries<number>(storage, prefix, { readAhead: 16 }))).toHaveLength(count);
      expect(asked.sort().reverse()).toEqual(Array.from({ length: count + 1 }, (_, i) => batchKey(prefix, i)));
    }
  });

  it('reads ahead with a signal for each read, as Node takes many listeners on one for a leak', async () => {
    const inner = memoryStorage();
    for (let i = 0; i < 40; i++) await openSeries<number>(inner, prefix).append([i]);
    const reads: (AbortSignal | undefined)[] = [];
    const storage: Storage = {
      ...methods(inner),
      get: (key, options) => {
        reads.push(options?.signal);
        return inner.get(key, options);
      },
    };
    expect(await readAllBatches(openSeries<number>(storage, prefix, { readAhead: 16 }))).toHaveLength(40);
    const signals = reads.filter((signal) => signal !== undefined);
    expect(signals.length).toBeGreaterThan(16);
    expect(new Set(signals).size).toBe(signals.length);
  });

  it('reports a batch that is missing before others', async () => {
    const storage = memoryStorage();
    const series = openSeries<number>(storage, prefix);
    for (let i = 0; i < 20; i++) await series.append([i]);
    await storage.delete?.(batchKey(prefix, 11));
    const fault = { code: 'storage_unavailable', message: 'batch 11 is missing, although 19 exists' };
    await expect(readAllBatches(openSeries<number>(storage, prefix))).rejects.toMatchObject(fault);
  });

  it('reads what its cache knows from there', async () => {
    const storage = memoryStorage();
    for (let i = 0; i < 20; i++) await openSeries<number>(storage, prefix).append([i]);
    let gets = 0;
    const counting: Storage = {
      ...methods(storage),
      get: (key, options) => {
        gets++;
        return storage.get(key, options);
      },
    };
    const cache = new Map<number, SeriesBatch<number>>();
    const series = openSeries<number>(counting, prefix, { cache });
    const first = await readAllBatches(series);
    expect(gets).toBe(21);
    expect(await readAllBatches(series)).toEqual(first);
    expect(gets).toBe(22);
    await series.append([20]);
    expect((await readAllBatches(series)).length).toBe(21);
    expect(gets).toBe(23);
  });

  it('finds times and indexes by bisection', async () => {
    let now = 0;
    const series = openSeries<number>(memoryStorage(), prefix, { now: () => now });
    for (let i = 0; i < 30; i++) {
      now = (i + 1) * 100;
      await series.append([i, i, i]);
    }
    for (let time = 0; time < 3100; time += 97) {
      const wanted = (await readAllBatches(series)).findIndex((b) => (b.entries.at(-1)?.time ?? 0) >= time);
      expect(await series.seek({ time })).toBe(wanted < 0 ? 30 : wanted);
    }
    expect(await series.seek({ index: 0 })).toBe(0);
    expect(await series.seek({ index: 44 })).toBe(14);
    expect(await series.seek({ index: 45 })).toBe(15);
    expect(await series.seek({ index: 90 })).toBe(30);
  });

  it('reads a bounded number of batches to seek', async () => {
    const inner = memoryStorage();
    let gets = 0;
    const series = openSeries<number>(inner, prefix);
    for (let i = 0; i < 500; i++) await series.append([i]);
    const counting = openSeries<number>(
      {
        ...methods(inner),
        get: (key, options) => {
          gets++;
          return inner.get(key, options);
        },
      },
      prefix,
    );
    expect(await counting.seek({ index: 123 })).toBe(123);
    expect(gets).toBeLessThanOrEqual(11);
  });

  it('appends as a given number or not at all', async () => {
    const storage = memoryStorage();
    const [one, two] = [openSeries<string>(storage, prefix), openSeries<string>(storage, prefix)];
    await one.append(['first'], { number: 0, nonce: 'n1' });
    await expect(two.append(['second'], { number: 0 })).rejects.toMatchObject({
      code: 'conflict',
      data: { number: 0 },
    });
    await expect(two.append(['third'], { number: 2 })).rejects.toMatchObject({ code: 'invalid_argument' });
    // The same nonce again is the same append.
    const again = await two.append(['first'], { number: 0, nonce: 'n1' });
    expect(again.entries[0]?.value).toBe('first');
    expect(await readAllBatches(two)).toHaveLength(1);
  });

  it('refuses prefixes outside its place, empty and oversized appends', async () => {
    const storage = memoryStorage();
    expect(() => openSeries(storage, 'index')).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    expect(() => openSeries(storage, '.gomodkit/../x')).toThrow(expect.objectContaining({ code: 'invalid_key' }));
    const series = openSeries<unknown>(storage, prefix);
    await expect(series.append([])).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(series.append([undefined])).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(series.append(['x'.repeat(9 * 1024 * 1024)])).rejects.toMatchObject({ code: 'limit_exceeded' });
    expect(await series.latest()).toBeUndefined();
  });

  for (const [what, text] of Object.entries({
    'no JSON': '{',
    'another number': '{"v":1,"number":7,"first":0,"time":"2026-01-02T03:04:05.000000Z","nonce":"n","entries":[1]}',
    'no time': '{"v":1,"number":0,"first":0,"time":"soon","nonce":"n","entries":[1]}',
    'no entries': '{"v":1,"number":0,"first":0,"time":"2026-01-02T03:04:05.000000Z","nonce":"n","entries":[]}',
    'another version': '{"v":2,"number":0,"first":0,"time":"2026-01-02T03:04:05.000000Z","nonce":"n","entries":[1]}',
    'an entry that parse refuses':
      '{"v":1,"number":0,"first":0,"time":"2026-01-02T03:04:05.000000Z","nonce":"n","entries":["x"]}',
  })) {
    it(`reports a stored batch with ${what}`, async () => {
      const storage = memoryStorage();
      await storage.create(batchKey(prefix, 0), bytesSource(encodeUtf8(text)));
      const parse = (value: unknown): number => {
        if (typeof value !== 'number') throw new Error('want a number');
        return value;
      };
      const series = openSeries(storage, prefix, { parse });
      const code = { code: 'storage_unavailable', data: { transient: false } };
      await expect(series.latest()).rejects.toMatchObject(code);
      await expect(readAllBatches(series)).rejects.toMatchObject(code);
      await expect(series.append([1])).rejects.toMatchObject(code);
    });
  }

  it('stops with the signal’s reason, and goes on for others', async () => {
    const inner = memoryStorage();
    const stuck: Storage = { ...methods(inner), list: () => new Promise(() => {}) };
    const slow: Storage = { ...stuck, list: async (options) => (options?.signal ? inner.list(options) : stuck.list()) };
    const series = openSeries<number>(slow, prefix);
    const reason = new Error('enough');
    await expect(series.append([1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    void series.append([2]).catch(() => {});
    const waiting = series.append([3], { signal: stop.signal });
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(series.read({ signal: stop.signal }).next()).rejects.toBe(reason);
  });

  it('gives up after its attempts, with the storage’s fault as cause', async () => {
    const fault = new GoModKitError('storage_unavailable', 'disk on fire');
    const broken: Storage = { ...methods(memoryStorage()), create: () => Promise.reject(fault) };
    const series = openSeries<number>(broken, prefix, { attempts: 3 });
    await expect(series.append([1])).rejects.toMatchObject({ code: 'storage_unavailable', cause: fault });
  });
});

describe('several writers', () => {
  it('lose nothing, repeat nothing and agree on one order, whatever the storage does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.array(fc.nat(7), { minLength: 1, maxLength: 40 }), trial),
      { numRuns: 40 },
    );
  });

  async function trial(writers: number, plan: readonly number[]): Promise<void> {
    const inner = memoryStorage();
    const faults = faultPlan(plan);
    const acknowledged: string[] = [];
    const work = async (writer: number, crash: () => void): Promise<void> => {
      const series = openSeries<string>(flaky(inner, faults, crash), prefix, { now: () => writer * 1000 });
      for (let i = 0; i < 6; i++) {
        const entries = [`${writer}:${i}:0`, `${writer}:${i}:1`];
        await series.append(entries);
        acknowledged.push(...entries);
      }
    };
    // A crashed writer hangs for ever in its call, and is not waited for.
    const lives = Array.from({ length: writers }, async (_, writer) => {
      await new Promise<void>((resolve, reject) => work(writer, resolve).then(resolve, reject));
    });
    await Promise.all(lives);
    const batches = await readAllBatches(openSeries<string>(inner, prefix));
    checkInvariants(batches);
    const values = batches.flatMap((batch) => batch.entries.map((entry) => entry.value));
    expect(new Set(values).size).toBe(values.length);
    expect(values).toEqual(expect.arrayContaining(acknowledged));
    for (let writer = 0; writer < writers; writer++) {
      const own = values.filter((value) => value.startsWith(`${writer}:`));
      expect(own).toEqual([...own].sort());
    }
  }

  function faultPlan(plan: readonly number[]): () => number {
    let at = 0;
    return () => plan[at++] ?? 0;
  }

  /** Storage whose create() fails before, after, late, pretends to have lost, or takes its process down. */
  function flaky(inner: Storage, next: () => number, crash: () => void): Storage {
    const down = (): Promise<never> => {
      crash();
      return new Promise(() => {});
    };
    const lost = (): never => {
      throw new GoModKitError('storage_unavailable', 'connection reset');
    };
    const effects: readonly (Storage['create'] | undefined)[] = [
      undefined,
      async () => lost(),
      async (key, source) => inner.create(key, source).then(lost),
      async (key, source) => inner.create(key, source).then(() => ({ created: false })),
      async (key, source) => {
        setTimeout(() => void inner.create(key, source), 3);
        return lost();
      },
      async (key, source) => inner.create(key, source).then(down),
      async () => down(),
    ];
    return {
      ...methods(inner),
      create: (key, source, options) => (effects[next()] ?? inner.create.bind(inner))(key, source, options),
    };
  }
});

function methods(inner: Storage): Storage {
  return {
    get: (key, options) => inner.get(key, options),
    head: (key, options) => inner.head(key, options),
    create: (key, source, options) => inner.create(key, source, options),
    list: (options) => inner.list(options),
  };
}
