// Sized, replayable bytes, and the plumbing between byte arrays and web streams.
//
// Invariants:
// - A ByteSource delivers exactly `size` bytes, the same ones each time it is opened.
// - A stream that a function here takes is always either read to its end or cancelled.

import { GoModKitError } from '../errors/error.ts';

/**
 * Bytes of known length that can be opened more than once. A `Blob` is one.
 *
 * Sized and replayable because bytes are hashed before they are published, retries need a replay, and object stores need the
 * length up front.
 */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** Opens the bytes from the beginning. Each call gives a new, independent stream. */
  stream(): ReadableStream<Uint8Array>;
  /** The bytes `start` (inclusive) to `end` (exclusive), where random access is cheap. */
  slice?(start: number, end: number): ByteSource;
}

/** A {@link ByteSource} over bytes in memory. The array must not change afterwards. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    stream: () => streamOf(bytes),
    slice: (start, end) => bytesSource(bytes.subarray(start, end)),
  };
}

/** A stream that delivers `bytes` as one chunk. */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** Reads a stream into memory. Rejects with `limit_exceeded` (and cancels the stream) once it passes `limit` bytes. */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // `for await` cancels the stream when the body throws.
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new GoModKitError('limit_exceeded', `more than ${limit} bytes`, { data: { limit } });
    chunks.push(chunk);
  }
  return concatBytes(chunks, size);
}

/** Joins byte arrays; `size` is the sum of their lengths. */
export function concatBytes(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
