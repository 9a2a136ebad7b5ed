// Sorting a quarter of a million names without holding up everybody else.
//
// Invariants:
// - The result is that of a stable sort; the items are not changed.
// - The event loop gets a turn whenever `pace` says so, at least every few thousand comparisons.

import type { Pace } from '../zip/pace.ts';

/** How many items are sorted at once. */
const runLength = 2048;

/** Sorts a copy of `items`. */
export async function pacedSort<T>(items: readonly T[], compare: (a: T, b: T) => number, pace: Pace): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += runLength) {
    runs.push(items.slice(at, at + runLength).sort(compare));
    await pace();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], compare, pace));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number, pace: Pace): Promise<T[]> {
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    // The first of equal items comes from `a`, which stood before.
    const [x, y] = [a[i] as T, b[j] as T];
    if (j >= b.length || (i < a.length && compare(x, y) <= 0)) {
      merged.push(x);
      i++;
    } else {
      merged.push(y);
      j++;
    }
    if (merged.length % runLength === 0) await pace();
  }
  return merged;
}
