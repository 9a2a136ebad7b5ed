// How often and how much at once one host is asked.
//
// Invariants:
// - At most `concurrency` pieces of work per host at a time, first come, first served; at most `requestsPerSecond` begun in a second, after
//   a burst of as many.
// - What is remembered of a host is forgotten when nothing is under way and its burst is full again.

import { sleep } from '../../../async/abort.ts';
import { createLimiter, type Limiter } from '../../../async/limiter.ts';
import type { HostPoliteness } from './options.ts';

/** Lets work on hosts begin. */
export interface HostGate {
  /** Runs `task` when its turn has come. Rejects with the signal's reason while it waits. */
  run<T>(host: string, task: () => Promise<T>, signal?: AbortSignal | undefined): Promise<T>;
}

interface Host {
  readonly limiter: Limiter;
  /** When the burst would be full again, in milliseconds of the clock. */
  full: number;
}

const keptAtMost = 1000;

/** Creates a {@link HostGate}. */
export function createHostGate(
  { concurrency, requestsPerSecond }: HostPoliteness,
  clock: { now(): number; sleep: typeof sleep } = { now: () => performance.now(), sleep },
): HostGate {
  const hosts = new Map<string, Host>();
  const each = 1000 / requestsPerSecond;
  const burst = Math.max(1, requestsPerSecond) * each;

  const hostOf = (name: string): Host => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    if (hosts.size >= keptAtMost) forgetIdle();
    const host = { limiter: createLimiter(concurrency), full: 0 };
    hosts.set(name, host);
    return host;
  };
  const forgetIdle = (): void => {
    for (const [name, { full, limiter }] of hosts) {
      if (full <= clock.now() && limiter.active === 0 && limiter.waiting === 0) hosts.delete(name);
    }
  };

  return {
    run(name, task, signal) {
      const host = hostOf(name);
      return host.limiter.run(async () => {
        const now = clock.now();
        host.full = Math.max(host.full, now) + each;
        const wait = host.full - now - burst;
        if (wait > 0) await clock.sleep(wait, signal);
        return task();
      }, signal);
    },
  };
}
