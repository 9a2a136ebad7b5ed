// Reading a series in order.
//
// Invariants:
// - Batches come in order without gaps; the first absent number is the end, because no batch exists before its predecessor.
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

/** Batches from `options.from` to the end, `ahead` of them read at a time. */
export async function* readSeries<Value>(
  get: GetBatch<Value>,
  ahead: number,
  options: ReadSeriesOptions,
): AsyncGenerator<SeriesBatch<Value>, void, void> {
  const { from = 0, signal } = options;
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new GoModKitError('invalid_argument', `from ${from}: want a whole number from 0`);
  }
  const stop = new AbortController();
  const call = { signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal };
  const pending: Promise<SeriesBatch<Value> | undefined>[] = [];
  let next = from;
  // One alone at first: a poll that finds nothing new costs one read.
  let width = 1;
  try {
    for (;;) {
      while (pending.length < width) {
        const read = get(next++, call);
        read.catch(() => {}); // reported when its turn comes, if it does
        pending.push(read);
      }
      const batch = await pending.shift();
      signal?.throwIfAborted();
      if (batch === undefined) return;
      yield batch;
      width = Math.min(width * 2, ahead);
    }
  } finally {
    stop.abort();
  }
}
