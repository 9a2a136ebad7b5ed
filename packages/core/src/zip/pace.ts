// Sharing the event loop while many small pieces of work are done on it.

import { breathe } from '#zip-engine';

/** How long work may run before the event loop gets a turn, in milliseconds. */
const slice = 8;

/** Call the result between pieces of work: it returns a promise to wait for when a slice is used up. Rejects when aborted. */
export function createPacer(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let started = performance.now();
  return () => {
    signal?.throwIfAborted();
    if (performance.now() - started < slice) return undefined;
    return breathe().then(() => {
      started = performance.now();
      signal?.throwIfAborted();
    });
  };
}
