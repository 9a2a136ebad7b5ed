// Patience of an append.
//
// Invariants:
// - Tries are counted across all that can go wrong, so an append ends.
// - An abort ends a wait at once.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { orAborted } from '../storage/plugin.ts';

/** Counts what one append tries, and waits between tries. */
export class Tries {
  #left: number;
  #made = 0;
  readonly #prefix: string;

  constructor(attempts: number, prefix: string) {
    this.#left = attempts;
    this.#prefix = prefix;
  }

  /** Another writer had the number, so the series moves: wait little. */
  async lost(signal: AbortSignal | undefined): Promise<void> {
    await this.#again('other writers were faster each time', undefined, 8, signal);
  }

  /** The storage failed, or lost what it had taken. */
  async failed(cause: unknown, signal: AbortSignal | undefined): Promise<void> {
    await this.#again('the storage failed each time', cause, 200, signal);
  }

  async #again(why: string, cause: unknown, longest: number, signal: AbortSignal | undefined): Promise<void> {
    this.#made++;
    if (--this.#left <= 0) {
      throw new GoModKitError(
        'storage_unavailable',
        `append to ${this.#prefix} gave up after ${this.#made} tries: ${why}`,
        {
          cause,
          data: { transient: true },
        },
      );
    }
    // Full jitter, so that writers which met once do not meet again.
    const milliseconds = Math.random() * Math.min(longest, 2 ** Math.min(this.#made, 10));
    await orAborted(new Promise((resolve) => setTimeout(resolve, milliseconds)), signal);
  }
}

/** Refusals will be refused again; everything else may have been bad luck. */
export function isRetryable(error: unknown): boolean {
  if (!isGoModKitError(error)) return true;
  return error.code === 'storage_unavailable' && error.data.transient !== false;
}
