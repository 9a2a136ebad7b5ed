// Compression by Node's zlib: off the event loop for what is big, at once for what is small.
//
// Invariants:
// - Nothing here blocks the event loop for more than a few milliseconds: callers hand `inflateSmall` at most `smallEntry` bytes
//   and call `breathe` between entries.
// - Deflated bytes depend on the content alone, not on how it was chunked.

import { pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { writeEntries } from './archive-writer.node.ts';
import type { ArchiveFile } from './types.ts';

/** Entries whose content and compressed form are both at most this long (512 KiB) may go to {@link inflateSmall}. */
export const smallEntry: number = 512 * 1024;

/** Whether {@link inflateSmall} gives bytes and not a promise. */
export const inflatesAtOnce: boolean = true;

/** Lets the event loop turn. */
export async function breathe(): Promise<void> {
  await setImmediate();
}

/** CRC-32 (IEEE) of `bytes`, continuing from `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return zlib.crc32(bytes, previous);
}

/** Inflates a whole raw deflate stream; bytes after its end are ignored. Throws when it is damaged or yields more than `size` bytes. */
export function inflateSmall(compressed: Uint8Array, size: number): Uint8Array | Promise<Uint8Array> {
  // One byte of room beyond `size` shows a stream that is longer than declared.
  return zlib.inflateRawSync(compressed, { maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1) });
}

/** Inflates a raw deflate stream as it comes; what follows its end is not read. The iteration throws when it is damaged. */
export function inflate(compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const inflater = zlib.createInflateRaw({ chunkSize: 64 * 1024 });
  // The error, if any, also destroys the inflater, whose iteration then throws it.
  pipeline(Readable.from(compressed, { objectMode: false }), inflater, () => {});
  return inflater;
}

/** Writes an archive, entry by entry, in constant memory. The same files give the same bytes. */
export function writeArchive(files: AsyncIterable<ArchiveFile>): AsyncGenerator<Uint8Array> {
  return writeEntries(files);
}
