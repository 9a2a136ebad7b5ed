// Compression where there is no zlib: the platform's DecompressionStream for reading, jszip for writing.
//
// Invariants:
// - jszip builds archives in memory, so their content is capped at 64 MiB, with `limit_exceeded` beyond.
// - The same files give the same bytes.

import JSZip from 'jszip';
import { concatBytes, readAll, streamOf } from '../bytes/source.ts';
import { tooLarge } from './collect.ts';
import type { ArchiveFile } from './types.ts';

/** Entries whose content and compressed form are both at most this long (512 KiB) may go to {@link inflateSmall}. */
export const smallEntry: number = 512 * 1024;

/** Whether {@link inflateSmall} gives bytes and not a promise. */
export const inflatesAtOnce: boolean = false;

/** The most content that jszip is given: 64 MiB. */
const archiveCap = 64 * 1024 * 1024;

/** Lets the event loop turn. */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 (IEEE) of `bytes`, continuing from `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Inflates a whole raw deflate stream. Rejects when it is damaged or yields more than `size` bytes. */
export function inflateSmall(compressed: Uint8Array, size: number): Uint8Array | Promise<Uint8Array> {
  return readAll(inflated(streamOf(compressed)), size);
}

/** Inflates a raw deflate stream as it comes. The iteration throws when it is damaged. */
export function inflate(compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const chunks = compressed[Symbol.asyncIterator]();
  return inflated(
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        const step = await chunks.next();
        if (step.done) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel() {
        await chunks.return?.();
      },
    }),
  );
}

function inflated(compressed: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return compressed.pipeThrough<Uint8Array>(new DecompressionStream('deflate-raw'));
}

/** Writes an archive. Throws `limit_exceeded` when the files hold more than 64 MiB. The same files give the same bytes. */
export async function* writeArchive(files: AsyncIterable<ArchiveFile>): AsyncGenerator<Uint8Array> {
  const zip = new JSZip();
  let total = 0;
  for await (const file of files) {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of file.chunks()) {
      size += chunk.length;
      if (total + size > archiveCap) throw tooLarge('a zip made in this runtime', archiveCap);
      chunks.push(chunk);
    }
    total += size;
    // Directory entries would enter the h1 (spec §7.12).
    zip.file(file.name, concatBytes(chunks, size), { createFolders: false, date: firstDay });
  }
  yield await zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE', platform: 'DOS' });
}

/** The first day the format can name. A fixed day makes equal content equal bytes. */
const firstDay = new Date(Date.UTC(1980, 0, 1));
