// The place of a hash among all stored hashes (spec §12.7).
//
// Invariants:
// - The order is that of writing: each record's leaf, then every interior node that it completes. An index never changes.
// - Σ ⌊n/2ᵏ⌋ over k ≥ 0 is 2n − (one bits of n), which is all that is computed here.

import { GoModKitError } from '../../errors/error.ts';
import { checkInt64, popCount, trailingZeros } from './integers.ts';

/** A complete subtree: of 2^level records, the `n`th of its kind. */
export interface SubtreePlace {
  readonly level: number;
  readonly n: bigint;
}

/**
 * The stored index of the hash at `level` and `n`. Throws `invalid_argument` for a negative one.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * tlog.storedHashIndex(0, 4n); // 7n
 * tlog.storedHashIndex(2, 0n); // 6n
 * ```
 */
export function storedHashIndex(level: number, n: bigint): bigint {
  checkInt64('number', n);
  // The node is written after the last of its records, and the `level` nodes before it on the way up.
  const last = ((n + 1n) << BigInt(level)) - 1n;
  return 2n * last - popCount(last) + BigInt(level);
}

/**
 * The level and number of the hash at a stored index: the inverse of {@link storedHashIndex}. Throws `invalid_argument` for a
 * negative one.
 */
export function splitStoredHashIndex(index: bigint): SubtreePlace {
  // Indexes are about twice the numbers of records, so they may pass 2⁶³.
  if (index < 0n) throw new GoModKitError('invalid_argument', `stored index ${index}: want one from 0`);
  // The record whose writing wrote this hash: at least half the index, and few above that.
  let n = index / 2n;
  let start = 2n * n - popCount(n);
  for (;;) {
    const written = 1 + trailingZeros(n + 1n);
    const next = start + BigInt(written);
    if (next > index) break;
    start = next;
    n++;
  }
  const level = Number(index - start);
  return { level, n: n >> BigInt(level) };
}

/** How many hashes are stored for `size` records. */
export function storedHashCount(size: bigint): bigint {
  checkInt64('size', size);
  return 2n * size - popCount(size);
}
