// How trees split (spec §12.7).
//
// Invariant: a tree of more than one record splits at the largest power of two below its size, so every range that occurs here
// begins at a multiple of the largest power of two that it holds.

import { nodeHash } from './hash.ts';
import { bitLength } from './integers.ts';
import type { SubtreePlace } from './stored-index.ts';

/** Records from `low` to before `high`. */
export interface RecordRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** The largest power of two below `size`, which is above one. */
function splitPoint(size: bigint): bigint {
  return 1n << BigInt(bitLength(size - 1n) - 1);
}

/** The maximal complete subtrees of a range, from left to right. */
export function completeSubtrees({ low, high }: RecordRange): SubtreePlace[] {
  const subtrees: SubtreePlace[] = [];
  for (let at = low; at < high; ) {
    const level = bitLength(high - at) - 1;
    subtrees.push({ level, n: at >> BigInt(level) });
    at += 1n << BigInt(level);
  }
  return subtrees;
}

/** The hash of a range from those of its {@link completeSubtrees}, of which there is at least one. */
export function joinSubtrees(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** A step down a tree: what was left aside, and on which side it is. */
export interface Step extends RecordRange {
  readonly side: 'left' | 'right';
}

/** The way down a tree of `size` records into the part for which `goLeft` is asked, until `stop`. Steps come from the root down. */
export function descend(
  size: bigint,
  stop: (range: RecordRange) => boolean,
  goLeft: (middle: bigint) => boolean,
): { readonly steps: readonly Step[]; readonly end: RecordRange } {
  const steps: Step[] = [];
  let low = 0n;
  let high = size;
  while (!stop({ low, high })) {
    const middle = low + splitPoint(high - low);
    if (goLeft(middle)) {
      steps.push({ low: middle, high, side: 'right' });
      high = middle;
    } else {
      steps.push({ low, high: middle, side: 'left' });
      low = middle;
    }
  }
  return { steps, end: { low, high } };
}

/** The way down to record `n`. */
export function stepsToRecord(size: bigint, n: bigint): readonly Step[] {
  return descend(
    size,
    ({ low, high }) => high - low === 1n,
    (middle) => n < middle,
  ).steps;
}

/** The way down to the subtree in which the first `oldSize` records end. */
export function stepsToTree(
  size: bigint,
  oldSize: bigint,
): { readonly steps: readonly Step[]; readonly end: RecordRange } {
  return descend(
    size,
    ({ high }) => high === oldSize,
    (middle) => oldSize <= middle,
  );
}
