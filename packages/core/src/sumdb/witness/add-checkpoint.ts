// The body of an `add-checkpoint` request (C2SP tlog-witness; formats.md §5).
//
// Invariants:
// - One spelling: canonical size, canonical base64, at most 63 hashes, an empty line, a note.
// - Client and server use this one file, so what one writes the other reads.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { formatHash } from '../tlog/hash.ts';
import { checkInt64, parseInt64 } from '../tlog/integers.ts';
import type { Proof } from '../tlog/proofs.ts';
import { decodeHash } from './checkpoint.ts';

/** A request to cosign. */
export interface AddCheckpoint {
  /** The size of the tree that the witness cosigned last, as the client believes. */
  readonly oldSize: bigint;
  /** That the checkpoint's tree begins with that one. Empty for an old size of zero, and for the same size. */
  readonly proof: Proof;
  /** The signed note. */
  readonly checkpoint: string;
}

/** The most lines of a consistency proof. */
export const maxProofLines: number = 63;

/** The body of a request. Throws `invalid_argument` for a size or proof that cannot be sent. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  checkInt64('old size', oldSize);
  if (proof.length > maxProofLines) {
    throw new GoModKitError(
      'invalid_argument',
      `a proof of ${proof.length} hashes; at most ${maxProofLines} can be sent`,
    );
  }
  return `old ${oldSize}\n${proof.map((hash) => `${formatHash(hash)}\n`).join('')}\n${checkpoint}`;
}

/** Takes a body apart; the note is not opened. Throws `bad_request`. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const text = decodeUtf8(body) ?? '';
  const split = text.indexOf('\n\n');
  const [first = '', ...lines] = text.slice(0, Math.max(split, 0)).split('\n');
  const oldSize = parseInt64(/^old (.*)$/.exec(first)?.[1] ?? '');
  if (oldSize === undefined) throw malformed('it does not begin with "old SIZE", the proof and an empty line');
  if (lines.length > maxProofLines) throw malformed(`a proof of more than ${maxProofLines} lines`);
  const proof = lines.flatMap((line) => decodeHash(line) ?? []);
  if (proof.length < lines.length) throw malformed('a line of the proof is no hash in base64');
  return { oldSize, proof, checkpoint: text.slice(split + 2) };
}

function malformed(why: string): GoModKitError {
  return new GoModKitError('bad_request', `malformed add-checkpoint request: ${why}`);
}
