// Reading a series in order.
//
// Invariants:
// - Batches come in order without gaps; the first absent number is the end, because no batch exists before its predecessor. One that is absent
//   although a later one is there is a fault of the storage.
// - Nothing behind the end is asked for but the batch that would come next: object stores charge for misses, and a request that is given up
//   costs its connection. So the end is looked for before anything is read ahead.
// - At most `ahead` reads are under way, and none is left behind when the reader stops.

import { GoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { SeriesBatch } from './batch.ts';

/** Options of reading a series. */
export interface ReadSeriesOptions extends CallOptions {
  /** The number of the first batch. Default 0. */
  readonly from?: number | undefined;
}

/** Gets one batch. */
export type GetBatch<Value> = (number: number, options: CallOptions) => Promise<SeriesBatch<Value> | undefined>;

/** What reading needs of a series. */
export interface ReadableSeries<Value> {
  readonly get: GetBatch<Value>;
  /** The number of the newest batch; undefined when there is none. */
  newest(options: CallOptions): Promise<number | undefined>;
}

/** How many batches are read one by one: most readers want to know what is new, and find a batch or none. */
const oneByOne = 2;

/** Batches from `options.from` to the end, `ahead` of them read at a time. */
export async function* readSeries<Value>(
  series: ReadableSeries<Value>,
  ahead: number,
  options: ReadSeriesOptions,
): AsyncGenerator<SeriesBatch<Value>, void, void> {
  const { from = 0, signal } = options;
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new GoModKitError('invalid_argument', `from ${from}: want a whole number from 0`);
  }
  let next = from;
  for (;;) {
    for (const last = next + oneByOne; next < last; next++) {
      const batch = await series.get(next, { signal });
      if (batch === undefined) return;
      yield batch;
    }
    const end = (await series.newest({ signal })) ?? -1;
    yield* readAhead(series.get, { from: next, end, ahead, signal });
    next = Math.max(next, end + 1);
  }
}

interface Stretch extends CallOptions {
  readonly from: number;
  /** The last one. */
  readonly end: number;
  readonly ahead: number;
}

/** Batches that are known to be there. */
async function* readAhead<Value>(
  get: GetBatch<Value>,
  { from, end, ahead, signal }: Stretch,
): AsyncGenerator<SeriesBatch<Value>, void, void> {
  const stop = new AbortController();
  const signals = signal ? [signal, stop.signal] : [stop.signal];
  const pending: Promise<SeriesBatch<Value> | undefined>[] = [];
  let asked = from;
  // More and more: many readers stop soon.
  let width = 1;
  try {
    for (let next = from; next <= end; next++) {
      while (pending.length < width && asked <= end) {
        // Each with a signal of its own: Node takes many listeners on one for a leak.
        const read = get(asked++, { signal: AbortSignal.any(signals) });
        read.catch(() => {}); // reported when its turn comes, if it does
        pending.push(read);
      }
      const batch = await pending.shift();
      signal?.throwIfAborted();
      if (batch === undefined) throw missingBatch(next, end);
      yield batch;
      width = Math.min(width * 2, ahead);
    }
  } finally {
    stop.abort();
  }
}

/** The fault of a storage that has lost a batch. */
export function missingBatch(number: number, newest: number): GoModKitError {
  return new GoModKitError('storage_unavailable', `batch ${number} is missing, although ${newest} exists`, {
    data: { number, transient: false },
  });
}
