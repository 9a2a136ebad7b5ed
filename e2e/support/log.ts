// The checksum database of tests: its key, its records.

import { createHash } from 'node:crypto';
import type { Storage } from '@gomodkit/core/storage';
import { type ChecksumDatabase, createChecksumDatabase, note, type SumRecord } from '@gomodkit/core/sumdb';

/** Keys of tests, no secret. */
export const logKeys: note.KeyPair = await note.generateKey('sum.example/e2e', new Uint8Array(32).fill(5));

/** The database of a storage. */
export async function openLog(storage: Storage): Promise<ChecksumDatabase> {
  return createChecksumDatabase({ storage, signer: await note.newSigner(logKeys.signerKey) });
}

/** Record `index` of the tests. */
export function recordAt(index: number): SumRecord {
  const sum = (what: string): string => `h1:${createHash('sha256').update(`${index} ${what}`).digest('base64')}`;
  return { path: `example.com/Mod${index}`, version: 'v1.0.0', sums: { zip: sum('zip'), goMod: sum('go.mod') } };
}
