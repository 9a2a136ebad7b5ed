// A log in memory, for tests.

import { emptyTreeHash, nodeHash, recordHash } from '../hash.ts';
import { type HashReader, storedHashesForRecordHash } from '../tree.ts';

/** The records `leaf 0`, `leaf 1`, … */
export function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`leaf ${i}`));
}

/** The stored hashes of a log of these records. */
export async function grow(records: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const stored: Uint8Array[] = [];
  for (const [n, record] of records.entries()) {
    stored.push(...(await storedHashesForRecordHash(BigInt(n), recordHash(record), storedIn(stored))));
  }
  return stored;
}

/** Reads stored hashes from an array. */
export function storedIn(stored: readonly Uint8Array[]): HashReader {
  return {
    async readHashes(indexes) {
      return indexes.map((index) => {
        const hash = stored[Number(index)];
        if (hash === undefined) throw new Error(`no hash is stored at ${index}`);
        return hash;
      });
    },
  };
}

/** The tree hash by the definition of RFC 6962, for comparison. */
export function naiveTreeHash(records: readonly Uint8Array[]): Uint8Array {
  const [only] = records;
  if (only === undefined) return emptyTreeHash();
  if (records.length === 1) return recordHash(only);
  let half = 1;
  while (half * 2 < records.length) half *= 2;
  return nodeHash(naiveTreeHash(records.slice(0, half)), naiveTreeHash(records.slice(half)));
}
