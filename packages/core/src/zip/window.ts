// Reading an archive at any place without a read per field.
//
// Invariants:
// - read() gives exactly the bytes asked for, or fewer only where the archive ends before.
// - Forward reading is buffered ahead, up to 1 MiB; a jump fetches little, so that an archive whose entries lie in a hostile
//   order costs no more than small reads.

import { readAll } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import type { RandomAccessSource } from '../platform/types.ts';

const leastAhead = 4 * 1024;
const mostAhead = 1024 * 1024;

/** A view of an archive that remembers what it read last. */
export interface ZipWindow {
  /** Length of the archive in bytes. */
  readonly size: number;
  /** The bytes `start` to `end`, at once where they are buffered. They stay valid, and must not be changed. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>;
  /** The same bytes where all of them are buffered; else undefined, and nothing is read. */
  buffered(start: number, end: number): Uint8Array | undefined;
  /** The same bytes as a stream, past the buffer. */
  stream(start: number, end: number): ReadableStream<Uint8Array>;
}

/** Opens a window on an archive. */
export function createWindow(source: RandomAccessSource): ZipWindow {
  const size = source.size;
  let base = 0;
  let buffer: Uint8Array = new Uint8Array(0);
  let ahead = leastAhead;

  const fill = async (start: number, end: number): Promise<Uint8Array> => {
    const forward = start >= base && start <= base + buffer.length + leastAhead;
    ahead = forward ? Math.min(ahead * 4, mostAhead) : leastAhead;
    const to = Math.min(size, Math.max(end, start + ahead));
    const bytes = await readAll(source.slice(start, to).stream());
    if (bytes.length !== to - start) {
      throw new GoModKitError('invalid_argument', `the zip delivered ${bytes.length} bytes where it has ${to - start}`);
    }
    base = start;
    buffer = bytes;
    return bytes.subarray(0, end - start);
  };

  const buffered = (start: number, end: number): Uint8Array | undefined =>
    start >= base && start <= end && end <= base + buffer.length
      ? buffer.subarray(start - base, end - base)
      : undefined;

  return {
    size,
    buffered,
    read(start, end) {
      const to = Math.min(end, size);
      if (start >= to || start < 0) return new Uint8Array(0);
      return buffered(start, to) ?? fill(start, to);
    },
    stream: (start, end) => source.slice(start, Math.min(end, size)).stream(),
  };
}
