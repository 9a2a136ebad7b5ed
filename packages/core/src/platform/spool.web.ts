// Spooling where there is only memory.
//
// Invariants:
// - At most `memoryCap` bytes are held for one body, whatever limit the caller allows: Workers have 128 MiB in all.

import { bytesSource, concatBytes } from '../bytes/source.ts';
import { drain } from './collect.ts';
import { memorySpooled } from './memory.ts';
import type { Spooled, SpoolOptions } from './types.ts';

/** The largest body that is spooled in a runtime without files: 64 MiB. */
const memoryCap = 64 * 1024 * 1024;

/**
 * Takes a body whole, so that it can be checked, hashed and replayed before anybody sees it.
 *
 * Rejects with `limit_exceeded` past `limit` or 64 MiB, whichever is less, with the signal's reason when aborted, and with
 * whatever the stream or `onChunk` failed with.
 */
export async function spool(stream: ReadableStream<Uint8Array>, options: SpoolOptions): Promise<Spooled> {
  const chunks: Uint8Array[] = [];
  const capped = { ...options, limit: Math.min(options.limit, memoryCap) };
  const size = await drain(stream, capped, (chunk) => {
    chunks.push(chunk);
  });
  return memorySpooled(bytesSource(concatBytes(chunks, size)));
}
