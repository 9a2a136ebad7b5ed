// Trying again (protocol-cases row 27).
//
// Invariants:
// - Only errors with `data.transient` are tried again, at most `attempts` times and never beyond the budget.
// - Delays are drawn evenly between nothing and the bound of the round ("full jitter"), so that a crowd of clients spreads out.
// - A server that asks for more patience than the bound is taken at its word: no further try.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { RetryPolicy, UpstreamClock } from './http-settings.ts';

/** Runs `attempt` until it resolves, fails for good, or patience ends; then rejects with the last error. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  clock: UpstreamClock,
  signal: AbortSignal | undefined,
): Promise<T> {
  const start = clock.now();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal?.aborted || !isGoModKitError(error) || error.data.transient !== true) throw error;
      const delay = delayAfter(error, tries, policy, clock);
      if (tries >= policy.attempts || delay === undefined || clock.now() - start + delay > policy.budget) {
        throw tries === 1 ? error : final(error, tries);
      }
      await clock.sleep(delay, signal);
    }
  }
}

function delayAfter(
  error: GoModKitError,
  tries: number,
  policy: RetryPolicy,
  clock: UpstreamClock,
): number | undefined {
  const { retryAfter } = error.data;
  const wanted = typeof retryAfter === 'number' ? retryAfter * 1000 : 0;
  if (wanted > policy.maxDelay) return undefined;
  // Retry-After: 0 is no permission to hammer.
  return Math.max(wanted, Math.floor(clock.random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** (tries - 1))));
}

function final(error: GoModKitError, tries: number): GoModKitError {
  return new GoModKitError(error.code, `${error.message} (tried ${tries} times)`, {
    cause: error.cause,
    data: { ...error.data, attempts: tries },
  });
}
