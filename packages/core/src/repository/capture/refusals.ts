// What is refused, and what ends a capture.
//
// Invariants:
// - A refusal is told once, however many ask for what was refused.
// - An error that is none of ours is a defect, and a closed repository, a storage that is full or may not be used, or one that fails
//   again and again cannot go on: these end everything, with one error and no refusals for what was to come.

import { isGoModKitError } from '../../errors/error.ts';
import { refusesAll } from '../store.ts';
import type { ClosureRefusal } from './types.ts';

/** What is refused, if it is. */
export type Subject = Omit<ClosureRefusal, 'code' | 'reason'>;

/** Tells refusals from failures. */
export interface Refusals {
  /** What `work` resolves to; undefined when that was refused. Rejects when nothing can go on. */
  attempt<T>(subject: Subject, work: () => Promise<T>): Promise<T | undefined>;
}

/** How many faults of the storage are told as refusals before they end everything. */
const patience = 10;

/** Creates {@link Refusals}. `fail` is told what ends everything and aborts `signal`. */
export function createRefusals(options: {
  readonly tell: (refusal: ClosureRefusal) => void;
  readonly fail: (error: unknown) => void;
  readonly signal: AbortSignal;
}): Refusals {
  const { tell, fail, signal } = options;
  const told = new Set<string>();
  let faults = 0;

  return {
    async attempt(subject, work) {
      try {
        signal.throwIfAborted();
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const isFault = isGoModKitError(error, 'storage_unavailable') && told.has(keyOf(subject)) === false;
        if (isFault) faults++;
        if (!isGoModKitError(error) || error.code === 'closed' || refusesAll(error) || faults > patience) {
          fail(error);
          throw error;
        }
        if (told.has(keyOf(subject))) return undefined;
        told.add(keyOf(subject));
        tell({ ...subject, code: error.code, reason: error.message });
        return undefined;
      }
    },
  };
}

function keyOf({ kind, path, version }: Subject): string {
  return `${kind} ${path}@${version}`;
}
