// Holding what was downloaded against a go.sum, as the go command does (spec §8.6).
//
// Invariants:
// - The first h1 of a key decides, in file order: another one behind it neither saves nor harms.
// - A hash of another algorithm authenticates nothing, and contradicts nothing.

import { type GoSum, type GoSumEntry, goSumOf } from './go-sum.ts';

/** A sum that a go.sum contradicts: for the go command a fatal error. */
export interface GoSumMismatch extends GoSumEntry {
  /** The `h1:` hash that the file has instead. */
  readonly recorded: string;
}

/** What became of each sum. The lists are in the order of the sums. */
export interface GoSumCheck {
  readonly matches: readonly GoSumEntry[];
  readonly mismatches: readonly GoSumMismatch[];
  /** The file says nothing about these. */
  readonly missing: readonly GoSumEntry[];
}

const algorithm = 'h1:';

/**
 * Compares sums with a go.sum. Nothing is thrown: what a mismatch or a missing line means is the caller's to say (with
 * `-mod=readonly` both are errors, otherwise the go command adds missing lines after asking the checksum database).
 *
 * @example
 * ```ts
 * import { checkGoSum, goSumEntries, parseGoSum } from '@gomodkit/core/gosum';
 *
 * const goSum = parseGoSum('example.com/m v1.0.0/go.mod h1:MajJq5jPEBnnXP+NTWIeXX7kwaPS1sbVEJdooTmsePQ=\n');
 * const found = goSumEntries(
 *   { path: 'example.com/m', version: 'v1.0.0' },
 *   { zip: 'h1:xS29ReXXuhjT7jc79mo91h/PevaZ2oS9PciF1DucXtg=', goMod: 'h1:MajJq5jPEBnnXP+NTWIeXX7kwaPS1sbVEJdooTmsePQ=' },
 * );
 * const { matches, mismatches, missing } = checkGoSum(goSum, found);
 * console.log(matches.length, mismatches.length, missing.length); // 1 0 1
 * ```
 */
export function checkGoSum(goSum: GoSum | Iterable<GoSumEntry>, sums: Iterable<GoSumEntry>): GoSumCheck {
  const known = 'hashes' in goSum ? goSum : goSumOf(goSum);
  const matches: GoSumEntry[] = [];
  const mismatches: GoSumMismatch[] = [];
  const missing: GoSumEntry[] = [];
  for (const sum of sums) {
    const recorded = known.hashes(sum).find((hash) => hash.startsWith(algorithm));
    if (recorded === undefined) missing.push(sum);
    else if (recorded === sum.hash) matches.push(sum);
    else mismatches.push({ ...sum, recorded });
  }
  return { matches, mismatches, missing };
}
