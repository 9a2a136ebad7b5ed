// Proofs that a tree contains a record, and that it contains an older tree (spec §12.7, RFC 6962 §2.1).
//
// Invariants:
// - A proof is the hashes beside the way from the record, or from the older tree's edge, up to the root.
// - Checking needs no other hashes; a proof of another length than sizes demand never holds.

import { equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { nodeHash } from './hash.ts';
import { maxInt64 } from './integers.ts';
import { stepsToRecord, stepsToTree } from './subtrees.ts';
import { type HashReader, rangeHashes } from './tree.ts';

/** Hashes from the leaf to the root. */
export type Proof = readonly Uint8Array[];

/** What {@link checkRecord} checks. */
export interface RecordClaim {
  readonly treeSize: bigint;
  readonly treeHash: Uint8Array;
  readonly number: bigint;
  readonly recordHash: Uint8Array;
}

/** What {@link checkTree} checks. */
export interface TreeClaim {
  readonly treeSize: bigint;
  readonly treeHash: Uint8Array;
  readonly oldSize: bigint;
  readonly oldHash: Uint8Array;
}

/**
 * Proves that record `number` is in the tree of `treeSize` records. Rejects with `invalid_argument` unless 0 ≤ number < treeSize.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * declare const reader: tlog.HashReader;
 * declare const tree: tlog.Tree;
 * const proof = await tlog.proveRecord(tree.size, 5n, reader);
 * tlog.checkRecord(proof, { treeSize: tree.size, treeHash: tree.hash, number: 5n, recordHash: tlog.recordHash('text\n') });
 * ```
 */
export async function proveRecord(
  treeSize: bigint,
  number: bigint,
  reader: HashReader,
  options: CallOptions = {},
): Promise<Uint8Array[]> {
  if (!isRecordOf(treeSize, number)) {
    throw new GoModKitError('invalid_argument', `a tree of ${treeSize} records has no record ${number}`);
  }
  return rangeHashes([...stepsToRecord(treeSize, number)].reverse(), reader, options);
}

/** Checks a proof of {@link proveRecord}. Throws `invalid_log` when it does not hold. */
export function checkRecord(proof: Proof, { treeSize, treeHash, number, recordHash }: RecordClaim): void {
  if (!isRecordOf(treeSize, number)) throw failed(`a tree of ${treeSize} records has no record ${number}`);
  const sides = stepsToRecord(treeSize, number).map(({ side }) => side);
  let hash = recordHash;
  for (const beside of checkLength(proof, sides.length)) {
    hash = sides.pop() === 'left' ? nodeHash(beside, hash) : nodeHash(hash, beside);
  }
  if (!equalBytes(hash, treeHash)) throw failed('the hashes give another tree hash');
}

/**
 * Proves that the tree of `oldSize` records is the beginning of that of `treeSize`. Rejects with `invalid_argument` unless
 * 1 ≤ oldSize ≤ treeSize.
 */
export async function proveTree(
  treeSize: bigint,
  oldSize: bigint,
  reader: HashReader,
  options: CallOptions = {},
): Promise<Uint8Array[]> {
  if (!isTreeIn(treeSize, oldSize)) {
    throw new GoModKitError(
      'invalid_argument',
      `a tree of ${treeSize} records has no provable beginning of ${oldSize}`,
    );
  }
  const { steps, end } = stepsToTree(treeSize, oldSize);
  // The older tree's own hash is what it ends in, when that is all of it.
  const ranges = end.low === 0n ? [...steps] : [...steps, end];
  return rangeHashes(ranges.reverse(), reader, options);
}

/** Checks a proof of {@link proveTree}. Throws `invalid_log` when it does not hold. */
export function checkTree(proof: Proof, { treeSize, treeHash, oldSize, oldHash }: TreeClaim): void {
  if (!isTreeIn(treeSize, oldSize))
    throw failed(`a tree of ${treeSize} records has no provable beginning of ${oldSize}`);
  const { steps, end } = stepsToTree(treeSize, oldSize);
  const sides = steps.map(({ side }) => side);
  const hashes = [...checkLength(proof, steps.length + (end.low === 0n ? 0 : 1))];
  let newer = end.low === 0n ? oldHash : (hashes.shift() as Uint8Array);
  let older = newer;
  for (const beside of hashes) {
    if (sides.pop() === 'left') {
      older = nodeHash(beside, older);
      newer = nodeHash(beside, newer);
    } else {
      newer = nodeHash(newer, beside);
    }
  }
  if (!equalBytes(older, oldHash)) throw failed('the hashes give another hash of the older tree');
  if (!equalBytes(newer, treeHash)) throw failed('the hashes give another tree hash');
}

function isRecordOf(treeSize: bigint, number: bigint): boolean {
  return number >= 0n && number < treeSize && treeSize <= maxInt64;
}

function isTreeIn(treeSize: bigint, oldSize: bigint): boolean {
  return oldSize >= 1n && oldSize <= treeSize && treeSize <= maxInt64;
}

function checkLength(proof: Proof, length: number): Proof {
  if (proof.length === length) return proof;
  throw failed(`it has ${proof.length} hashes where ${length} are due`);
}

function failed(why: string): GoModKitError {
  return new GoModKitError('invalid_log', `invalid transparency proof: ${why}`);
}
