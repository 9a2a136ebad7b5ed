// Keys in UTF-8 byte order, in memory.
//
// Invariants:
// - Keys are unique and sorted across the runs; no run is empty.
// - Inserting moves at most one run, so a million keys cost no sort and no long copy.

import { compareUtf8 } from '../bytes/utf8.ts';

const maxRun = 1024;

/** A sorted set of keys. */
export class SortedKeys {
  readonly #runs: string[][] = [];

  /** Adds a key; one that is present stays. */
  add(key: string): void {
    const { run, index } = this.#find(key);
    const keys = this.#runs[run] ?? this.#runs[run - 1];
    if (keys === undefined) {
      this.#runs.push([key]);
      return;
    }
    // Behind the last run: append to it.
    const at = this.#runs[run] === undefined ? keys.length : index;
    if (keys[at] === key) return;
    keys.splice(at, 0, key);
    if (keys.length > maxRun) this.#runs.splice(this.#runs.indexOf(keys) + 1, 0, keys.splice(maxRun / 2));
  }

  /** Removes a key if it is there. */
  delete(key: string): void {
    const { run, index } = this.#find(key);
    const keys = this.#runs[run];
    if (keys?.[index] !== key) return;
    keys.splice(index, 1);
    if (keys.length === 0) this.#runs.splice(run, 1);
  }

  /** The keys at or after `from`, in order. Must not outlive the next change. */
  *from(from: string): Generator<string, void, void> {
    let { run, index } = this.#find(from);
    for (; run < this.#runs.length; run++, index = 0) {
      const keys = this.#runs[run] ?? [];
      for (; index < keys.length; index++) yield keys[index] ?? '';
    }
  }

  /** Where the first key at or after `key` is. */
  #find(key: string): { run: number; index: number } {
    const run = firstIndex(this.#runs.length, (i) => compareUtf8(this.#runs[i]?.at(-1) ?? '', key) >= 0);
    const keys = this.#runs[run] ?? [];
    return { run, index: firstIndex(keys.length, (i) => compareUtf8(keys[i] ?? '', key) >= 0) };
  }
}

/** The first i in 0…length−1 for which `holds`, which is false up to some point and true from there; `length` if none. */
function firstIndex(length: number, holds: (i: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
