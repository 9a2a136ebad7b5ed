// Verifying a proof offline (C2SP tlog-proof; formats.md §5).
//
// Invariants:
// - Nobody is asked: keys, record and file are all there is. What the file says of itself is believed only as far as keys sign it.
// - The log's key must have signed the checkpoint, and the checkpoint must be of an origin that this key may sign.
// - A witness counts once, and a witness that is known must not have a wrong cosignature.

import { GoModKitError } from '../../errors/error.ts';
import { verifierKeyOf } from '../client/go-sumdb.ts';
import { open, type Signature } from '../note/open.ts';
import { newVerifier, type Verifier, verifierList } from '../note/verifier.ts';
import { recordHash } from '../tlog/hash.ts';
import { checkRecord } from '../tlog/proofs.ts';
import { isValidRecordText } from '../tlog/record-text.ts';
import { type Checkpoint, goSumOrigin, parseCheckpoint } from '../witness/checkpoint.ts';
import { cosignatureTime, newCosignatureVerifier } from '../witness/cosignature.ts';
import { parseProof } from './proof-file.ts';

/** Whose cosignatures are wanted. */
export interface WitnessPolicy {
  /** Verifier keys of witnesses (type 4). */
  readonly keys: readonly string[];
  /** How many of them must have cosigned. */
  readonly quorum: number;
}

/** Options of {@link verifyProof}. */
export interface VerifyProofOptions {
  /** The log's verifier key, `NAME+HASH+KEY`; or `sum.golang.org`, whose key is built in. */
  readonly key: string;
  /** The first line that the checkpoint must have. Default: the key's name, or `go.sum database tree`. */
  readonly origin?: string | undefined;
  /** Default: no witness is asked for. */
  readonly witnesses?: WitnessPolicy | undefined;
}

/** What a proof proved. */
export interface VerifiedProof {
  /** The number of the record. */
  readonly index: bigint;
  /** The signed tree that has it. */
  readonly checkpoint: Checkpoint;
  /** Witnesses of the policy that cosigned it, and when. */
  readonly cosignatures: readonly { readonly name: string; readonly time: Date | undefined }[];
}

/**
 * Verifies that `recordText`, the go.sum lines of one module version, is in a log, by a proof file alone. Make the text with
 * `dirhash.goSumLines` of the sums that you computed yourself: then the proof speaks of the bytes that you have.
 *
 * Rejects with `invalid_log` when file or proof do not hold, `invalid_note` when the key did not sign the checkpoint or a known witness's
 * cosignature is wrong, `denied` (`data.policy` is `witnesses`) when fewer witnesses cosigned than wanted, `invalid_argument` for
 * malformed keys, a record text that is none, or a quorum that can never be met.
 *
 * @example
 * ```ts
 * import { dirhash } from '@gomodkit/core';
 * import { verifyProof } from '@gomodkit/core/sumdb';
 *
 * declare const file: Uint8Array;
 * declare const sums: dirhash.ModuleSums;
 * const text = dirhash.goSumLines({ path: 'rsc.io/quote', version: 'v1.5.2' }, sums);
 * await verifyProof(file, text, { key: 'sum.golang.org' });
 * ```
 */
export async function verifyProof(
  file: Uint8Array | string,
  recordText: string,
  { key, origin, witnesses = { keys: [], quorum: 0 } }: VerifyProofOptions,
): Promise<VerifiedProof> {
  if (!isValidRecordText(recordText)) throw new GoModKitError('invalid_argument', 'the record text is none');
  const log = newVerifier(verifierKeyOf(key));
  const cosigners = cosignersOf(witnesses);
  const proof = parseProof(file);
  // Witnesses stay out of this list: without the log's own signature nothing holds.
  const { text } = await open(proof.checkpoint, verifierList(log));
  const checkpoint = parseCheckpoint(text);
  checkOrigin(checkpoint, log, origin);
  const cosigned = await cosignaturesOf(proof.checkpoint, cosigners);
  checkQuorum(cosigned, witnesses);
  checkRecord(proof.hashes, {
    treeSize: checkpoint.size,
    treeHash: checkpoint.hash,
    number: proof.index,
    recordHash: recordHash(recordText),
  });
  const cosignatures = cosigned.map((line) => ({ name: line.name, time: cosignatureTime(line) }));
  return { index: proof.index, checkpoint, cosignatures };
}

function cosignersOf({ keys, quorum }: WitnessPolicy): Verifier[] {
  const verifiers = keys.map(newCosignatureVerifier);
  const distinct = new Set(verifiers.map(({ name, keyHash }) => `${name}+${keyHash}`)).size;
  if (distinct === keys.length && Number.isInteger(quorum) && quorum >= 0 && quorum <= distinct) return verifiers;
  throw new GoModKitError('invalid_argument', `${quorum} of ${distinct} distinct witness keys can never be met`);
}

function checkOrigin({ origin }: Checkpoint, { name }: Verifier, wanted: string | undefined): void {
  const accepted = wanted === undefined ? [name, goSumOrigin] : [wanted];
  if (accepted.includes(origin)) return;
  throw new GoModKitError(
    'invalid_log',
    `the proof is of the log ${JSON.stringify(origin)}, not of ${accepted.map((each) => JSON.stringify(each)).join(' or ')}`,
  );
}

/** The verified cosignatures of a checkpoint whose own signature held. */
async function cosignaturesOf(note: string, cosigners: readonly Verifier[]): Promise<readonly Signature[]> {
  try {
    return (await open(note, verifierList(...cosigners))).sigs;
  } catch (error) {
    if (error instanceof GoModKitError && error.data.reason === 'unverified') return [];
    throw error;
  }
}

function checkQuorum(cosigned: readonly Signature[], { keys, quorum }: WitnessPolicy): void {
  if (cosigned.length >= quorum) return;
  throw new GoModKitError(
    'denied',
    `${cosigned.length} of ${keys.length} witnesses cosigned this checkpoint, and ${quorum} are wanted`,
    { data: { policy: 'witnesses', cosigned: cosigned.map(({ name }) => name), quorum } },
  );
}
