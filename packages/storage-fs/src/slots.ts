// A bound on how much is done at once.
//
// Invariants:
// - At most `size` tasks run; the others wait in order. An aborted one leaves the queue at once.

import { GoModKitError } from '@gomodkit/core/errors';
import { orAborted } from '@gomodkit/core/storage';

/** Runs tasks, a bounded number at a time. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** Throws `invalid_argument` for a size with which nothing, or not a whole number of tasks, could run. */
  constructor(size: number) {
    if (!(size === Number.POSITIVE_INFINITY || (Number.isInteger(size) && size > 0))) {
      throw new GoModKitError('invalid_argument', `concurrentCreates is ${size}: want a whole number of at least 1`);
    }
    this.#free = size;
  }

  /** Runs `task` when there is room. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    let enter = (): void => {};
    const turn = new Promise<void>((resolve) => {
      enter = resolve;
    });
    this.#waiting.push(enter);
    try {
      await orAborted(turn, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(enter);
      // Its turn came together with the abort: hand it on.
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#leave();
      throw error;
    }
  }
}
