// N callers, one piece of work.
//
// Invariants:
// - While work for a key is under way, further callers join it instead of starting it again.
// - A caller whose signal is aborted leaves with its reason at once. The work is aborted when the last one has left, and never before.
// - Nothing is remembered: after the work settled, the next caller starts anew. So a rejection reaches those who waited and nobody else.
// - Work that nobody waits for any more rejects into silence, not into an unhandled rejection.

import { onAbort } from './abort.ts';

/** Shares work among callers who want the same thing at the same time. One key always stands for one type of result. */
export interface SingleFlight {
  /** Joins the work for `key`, or starts it with a signal that is aborted when nobody waits any more. */
  run<T>(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal | undefined): Promise<T>;
  /** Lets those who wait go on waiting, and the next caller start anew. */
  forget(key: string): void;
  /** Resolves when no work is under way, also none that was forgotten or left. */
  idle(): Promise<void>;
}

interface Flight {
  readonly promise: Promise<unknown>;
  readonly controller: AbortController;
  waiting: number;
}

/** Creates a {@link SingleFlight}. */
export function createSingleFlight(): SingleFlight {
  const joinable = new Map<string, Flight>();
  const underWay = new Set<Promise<unknown>>();

  const start = (key: string, work: (signal: AbortSignal) => Promise<unknown>): Flight => {
    const controller = new AbortController();
    // Started in a microtask, so that work that throws at once rejects and finds its own flight registered.
    const promise = Promise.resolve().then(() => work(controller.signal));
    const flight: Flight = { promise, controller, waiting: 0 };
    joinable.set(key, flight);
    underWay.add(promise);
    const settled = (): void => {
      underWay.delete(promise);
      leave(key, flight);
    };
    promise.then(settled, settled);
    return flight;
  };

  const leave = (key: string, flight: Flight): void => {
    if (joinable.get(key) === flight) joinable.delete(key);
  };

  return {
    run<T>(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const flight = joinable.get(key) ?? start(key, work);
      flight.waiting++;
      return new Promise<T>((resolve, reject) => {
        const stop = onAbort(signal, (reason) => {
          reject(reason);
          if (--flight.waiting > 0) return;
          // Whoever comes now must not join work that is being torn down.
          leave(key, flight);
          flight.controller.abort(reason);
        });
        flight.promise.then(resolve as (value: unknown) => void, reject).finally(stop);
      });
    },
    forget: (key) => void joinable.delete(key),
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
