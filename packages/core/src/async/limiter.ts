// How many things may happen at once.
//
// Invariants:
// - At most `max` holders at any moment; waiters are served first come, first served.
// - A waiter that is aborted leaves the queue at once and rejects with its signal's reason; it never holds a slot.
// - A slot is given back exactly once, however often its release is called.

import { GoModKitError } from '../errors/error.ts';
import { onAbort } from './abort.ts';

/** Gives a slot back. Further calls do nothing. */
export type Release = () => void;

/** Bounds concurrency, fairly. */
export interface Limiter {
  /** Waits for a slot, runs `task`, and gives the slot back when it settles. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal | undefined): Promise<T>;
  /** Waits for a slot and hands it over: for work that outlives a call, such as a body still streaming. */
  acquire(signal?: AbortSignal | undefined): Promise<Release>;
  /** Slots in use. */
  readonly active: number;
  /** Calls that wait. */
  readonly waiting: number;
}

/** A limiter with `max` slots; `Infinity` never waits. Throws `invalid_argument` when `max` is below one or no integer. */
export function createLimiter(max: number): Limiter {
  if (max !== Number.POSITIVE_INFINITY && (!Number.isInteger(max) || max < 1)) {
    throw new GoModKitError('invalid_argument', `a concurrency limit must be a positive integer, not ${max}`);
  }
  // Insertion order is arrival order, and leaving from the middle is cheap.
  const queue = new Set<() => void>();
  let active = 0;

  const take = (): Release => {
    active++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      active--;
      const next = queue.values().next();
      if (!next.done) next.value();
    };
  };

  const acquire = (signal?: AbortSignal): Promise<Release> => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (active < max) return Promise.resolve(take());
    return new Promise<Release>((resolve, reject) => {
      const enter = () => {
        stop();
        queue.delete(enter);
        resolve(take());
      };
      const stop = onAbort(signal, (reason) => {
        queue.delete(enter);
        reject(reason);
      });
      queue.add(enter);
    });
  };

  return {
    acquire,
    async run(task, signal) {
      const release = await acquire(signal);
      try {
        return await task();
      } finally {
        release();
      }
    },
    get active() {
      return active;
    },
    get waiting() {
      return queue.size;
    },
  };
}
