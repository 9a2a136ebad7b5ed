// A queue that grows while it is worked off.
//
// Invariants:
// - At most `concurrency` pieces of work are under way. Work that is done at once holds no place and waits for nothing.
// - The first rejection, or an aborted signal, ends everything: nothing more is begun.

import { onAbort } from '../async/abort.ts';

/** How a queue is worked off. */
export interface DrainOptions {
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/** Does `work` for each of `first` and for whatever `add` adds. Resolves when nothing is left. */
export function drain<T>(
  first: Iterable<T>,
  work: (item: T, add: (item: T) => void) => Promise<void> | undefined,
  { concurrency, signal }: DrainOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const queue = [...first];
    let head = 0;
    let active = 0;
    let over = false;
    const finish = (settle: () => void): void => {
      over = true;
      stop();
      settle();
    };
    const fail = (reason: unknown): void => {
      if (!over) finish(() => reject(reason));
    };
    const stop = onAbort(signal, (reason) => {
      over = true;
      reject(reason);
    });
    const add = (item: T): void => void queue.push(item);
    const next = (): void => {
      try {
        for (; !over && active < concurrency && head < queue.length; head++) {
          begin(queue[head] as T);
        }
      } catch (error) {
        fail(error);
      }
      if (!over && active === 0) finish(resolve);
    };
    const begin = (item: T): void => {
      const done = work(item, add);
      if (done === undefined) return;
      active++;
      done.then(() => {
        active--;
        next();
      }, fail);
    };
    next();
  });
}
