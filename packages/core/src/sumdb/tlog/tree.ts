// Hashes of trees from stored hashes (spec §12.7).
//
// Invariants:
// - A reader that gives another number of hashes than it was asked for is an error, never a wrong tree.
// - One call asks a reader once, for everything.

import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { emptyTreeHash, nodeHash, recordHash } from './hash.ts';
import { checkInt64, trailingZeros } from './integers.ts';
import { storedHashIndex } from './stored-index.ts';
import { completeSubtrees, joinSubtrees, type RecordRange } from './subtrees.ts';

/** Where hashes are stored. */
export interface HashReader {
  /** The hashes at stored indexes, in that order. Rejects when one is not there. */
  readHashes(indexes: readonly bigint[], options?: CallOptions): Promise<readonly Uint8Array[]>;
}

/**
 * The hash of the tree of the first `size` records. Rejects with `invalid_argument` for a negative size, and with what the reader
 * rejects with.
 */
export async function treeHash(size: bigint, reader: HashReader, options: CallOptions = {}): Promise<Uint8Array> {
  checkInt64('tree size', size);
  if (size === 0n) return emptyTreeHash();
  const [hash] = await rangeHashes([{ low: 0n, high: size }], reader, options);
  return hash as Uint8Array;
}

/**
 * The hashes to store when record `n` (of which `data` is the content) is appended after `n` others: its own, and those of the nodes
 * it completes. They belong at the stored indexes from `storedHashCount(n)` on.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * const stored: Uint8Array[] = [];
 * const reader: tlog.HashReader = { readHashes: async (indexes) => indexes.map((i) => stored[Number(i)] as Uint8Array) };
 * for (const [n, text] of ['first\n', 'second\n'].entries()) {
 *   stored.push(...(await tlog.storedHashes(BigInt(n), text, reader)));
 * }
 * tlog.formatHash(await tlog.treeHash(2n, reader));
 * ```
 */
export function storedHashes(
  n: bigint,
  data: Uint8Array | string,
  reader: HashReader,
  options: CallOptions = {},
): Promise<Uint8Array[]> {
  return storedHashesForRecordHash(n, recordHash(data), reader, options);
}

/** {@link storedHashes} where the record's hash is known already. */
export async function storedHashesForRecordHash(
  n: bigint,
  hash: Uint8Array,
  reader: HashReader,
  options: CallOptions = {},
): Promise<Uint8Array[]> {
  checkInt64('record number', n);
  const levels = Array.from({ length: trailingZeros(n + 1n) }, (_, level) => level);
  // At each level that it completes, what stands to the left of it.
  const indexes = levels.map((level) => storedHashIndex(level, (n >> BigInt(level)) - 1n));
  const hashes = [hash];
  let right = hash;
  for (const left of await readHashes(reader, indexes, options)) {
    right = nodeHash(left, right);
    hashes.push(right);
  }
  return hashes;
}

/** The hashes of ranges, each of which holds at least one record and begins where a tree would split. */
export async function rangeHashes(
  ranges: readonly RecordRange[],
  reader: HashReader,
  options: CallOptions,
): Promise<Uint8Array[]> {
  const parts = ranges.map(completeSubtrees);
  const indexes = parts.flat().map(({ level, n }) => storedHashIndex(level, n));
  const hashes = await readHashes(reader, indexes, options);
  let at = 0;
  return parts.map(({ length }) => {
    at += length;
    return joinSubtrees(hashes.slice(at - length, at));
  });
}

async function readHashes(
  reader: HashReader,
  indexes: readonly bigint[],
  options: CallOptions,
): Promise<readonly Uint8Array[]> {
  if (indexes.length === 0) return [];
  const hashes = await reader.readHashes(indexes, options);
  if (hashes.length === indexes.length) return hashes;
  throw new GoModKitError('invalid_log', `a reader gave ${hashes.length} hashes for ${indexes.length} indexes`);
}
