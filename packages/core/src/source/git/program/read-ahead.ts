// Reads of a file that lie near each other, as one read of the file.
//
// Invariants:
// - One window is kept, no larger than what was asked for or the window's size; what was answered keeps its own.
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
      const bytes = readAll(file.slice(start, to).stream());
      const opened = { start, end: to, bytes };
      window = opened;
      bytes.catch(() => {
        if (window === opened) window = undefined;
      });
    }
    const { bytes, start: from } = window;
    return (await bytes).subarray(start - from, last - from);
  };
}
