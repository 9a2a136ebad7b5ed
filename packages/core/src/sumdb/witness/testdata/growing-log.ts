// A log that signs checkpoints of any of its sizes, for tests of witnesses.

import * as note from '../../note/index.ts';
import * as tlog from '../../tlog/index.ts';
import { grow, leaves, storedIn } from '../../tlog/testdata/log.ts';
import { formatCheckpoint } from '../checkpoint.ts';
import type { ProveConsistency } from '../witness-client.ts';

/** A log of `size` records; another `mark` makes other records. */
export interface GrowingLog {
  readonly origin: string;
  readonly verifierKey: string;
  checkpoint(size: number, ...others: readonly note.Signer[]): Promise<string>;
  readonly prove: ProveConsistency;
}

/** Makes one; two of one origin have one key. */
export async function growingLog(size: number, origin = 'log.example', mark = ''): Promise<GrowingLog> {
  const { signerKey, verifierKey } = await note.generateKey(origin, new Uint8Array(32).fill(7));
  const signer = await note.newSigner(signerKey);
  const records = leaves(size).map((leaf) => Uint8Array.of(...leaf, ...new TextEncoder().encode(mark)));
  const stored = storedIn(await grow(records));
  return {
    origin,
    verifierKey,
    async checkpoint(at, ...others) {
      const hash = await tlog.treeHash(BigInt(at), stored);
      return note.sign({ text: formatCheckpoint({ origin, size: BigInt(at), hash }) }, signer, ...others);
    },
    prove: (oldSize, newSize) => tlog.proveTree(newSize, oldSize, stored),
  };
}
