// Finding a place in a series by bisection: batches say themselves where they stand.

import type { CallOptions } from '../storage/storage.ts';
import type { SeriesBatch } from './batch.ts';
import { type GetBatch, missingBatch } from './read.ts';
import type { Micros } from './time.ts';

/** A place in a series: the first entry at or after a time, or at or after an index. */
export type SeriesPlace = { readonly time: Micros } | { readonly index: number };

/** The number of the first batch with an entry at or after `place`; one past `latest` when there is none. */
export async function seekSeries<Value>(
  get: GetBatch<Value>,
  latest: SeriesBatch<Value> | undefined,
  place: SeriesPlace,
  options: CallOptions,
): Promise<number> {
  if (latest === undefined) return 0;
  if (!reaches(latest, place)) return latest.number + 1;
  let low = 0;
  let high = latest.number;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const batch = await get(middle, options);
    if (batch === undefined) throw missingBatch(middle, latest.number);
    if (reaches(batch, place)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether a batch has an entry at or after `place`. */
function reaches<Value>(batch: SeriesBatch<Value>, place: SeriesPlace): boolean {
  const last = batch.entries.at(-1);
  if (last === undefined) return false;
  return 'time' in place ? last.time >= place.time : last.index >= place.index;
}
