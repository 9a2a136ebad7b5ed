// Sharing the event loop while many small pieces of work are done on it.

import { breathe } from '#zip-engine';

/** How long work may run before the event loop gets a turn, in milliseconds. */
const slice = 8;

/** To call between pieces of work: gives a promise to wait for when a slice is used up. Throws, or rejects, when aborted. */
export type Pace = () => Promise<void> | undefined;

/** Creates a {@link Pace} for one piece of work. */
export function createPacer(signal: AbortSignal | undefined): Pace {
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
