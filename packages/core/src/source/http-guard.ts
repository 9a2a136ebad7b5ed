// The life of one try: what ends it from outside, and what is released when it ends.
//
// Invariants:
// - A try ends when the caller gives up or a deadline passes, and then rejects with the signal's reason or `upstream_timeout`.
// - close() runs once, stops every timer and every listener, and releases what the try held.

import { linkedController } from '../async/abort.ts';
import { GoModKitError } from '../errors/error.ts';

/** The longest delay that timers know; a longer one would end at once. */
const longest = 2 ** 31 - 1;

/** Guards one try. */
export interface Guard {
  readonly signal: AbortSignal;
  /** Ends the try with `upstream_timeout`, unless the returned function is called within `milliseconds`. */
  deadline(milliseconds: number, missing: string): () => void;
  /** Ends the guarding and releases what the try held. Idempotent. */
  close(): void;
}

/** Guards a try that ends with `signal` too. `release` is called by close(). */
export function createGuard(upstream: string, signal: AbortSignal | undefined, release: () => void): Guard {
  const { controller, release: unlink } = linkedController(signal);
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let open = true;
  return {
    signal: controller.signal,
    deadline(milliseconds, missing) {
      if (!open || milliseconds > longest) return () => {};
      const timer = setTimeout(() => {
        const message = `${upstream}: ${missing} within ${milliseconds / 1000} s`;
        controller.abort(new GoModKitError('upstream_timeout', message, { data: { upstream, transient: true } }));
      }, milliseconds);
      timers.add(timer);
      return () => {
        clearTimeout(timer);
        timers.delete(timer);
      };
    },
    close() {
      if (!open) return;
      open = false;
      for (const timer of timers) clearTimeout(timer);
      unlink();
      release();
    },
  };
}
