// Taking a body of unknown length under a limit: what both spools share.
//
// Invariants:
// - The stream is read to its end or cancelled, whatever fails.
// - An abort wakes a read that waits, and the call rejects with the signal's own reason.

import { onAbort } from '../async/abort.ts';
import { GoModKitError } from '../errors/error.ts';
import type { SpoolOptions } from './types.ts';

/** Feeds every chunk of `stream` to `store` and resolves to the number of bytes. Rejects with `limit_exceeded` past the limit. */
export async function drain(
  stream: ReadableStream<Uint8Array>,
  options: SpoolOptions,
  store: (chunk: Uint8Array) => Promise<void> | void,
): Promise<number> {
  const { limit, what, signal, onChunk } = options;
  const reader = stream.getReader();
  // Settles a pending read at once; the reason is thrown below.
  const stop = onAbort(signal, (reason) => {
    reader.cancel(reason).catch(() => {});
  });
  try {
    signal?.throwIfAborted();
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return size;
      size += value.length;
      if (size > limit) throw tooLarge(what, limit);
      onChunk?.(value);
      const stored = store(value);
      if (stored !== undefined) await stored;
    }
  } catch (error) {
    const reason = signal?.aborted ? signal.reason : error;
    // Not awaited: a stream may never settle its cancel().
    reader.cancel(reason).catch(() => {});
    throw reason;
  } finally {
    stop();
    reader.releaseLock();
  }
}

/** The refusal of a body over its limit. */
export function tooLarge(what: string, limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `${what} is larger than the limit of ${limit} bytes`, {
    data: { limit, what },
  });
}
