// Reads of a file that lie near each other, as one read of the file.
//
// Invariants:
// - At most one window is held, and no larger than what was asked for or the window's size.
// - What is answered is a view of the window: nothing writes to it.

import { readAll } from '../../../bytes/source.ts';
import type { RandomAccessSource } from '../../../platform/types.ts';

const windowSize = 1 << 20;

/** Reads the bytes from `start` to `end`; fewer where the file ends before. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

/** Reads a file that is asked for in order, or nearly. */
export function readAhead(file: RandomAccessSource): ReadRange {
  let window: { readonly start: number; readonly end: number; readonly bytes: Promise<Uint8Array> } | undefined;
  return async (start, end) => {
    const last = Math.min(end, file.size);
    if (window === undefined || start < window.start || last > window.end) {
      const to = Math.min(Math.max(last, start + windowSize), file.size);
      window = { start, end: to, bytes: readAll(file.slice(start, to).stream()) };
    }
    const { bytes, start: from } = window;
    return (await bytes).subarray(start - from, last - from);
  };
}
