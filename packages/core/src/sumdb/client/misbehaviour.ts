// Proof that a database signed two trees that do not fit (spec §12.10).
//
// Invariants:
// - It speaks for itself: both signed notes, and what shows that the newer tree does not begin with the older one. Nobody needs to
//   ask the database that misbehaves.
// - It is never taken for a failure of the network.

import { equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { newVerifier, verifierList } from '../note/verifier.ts';
import { emptyTreeHash, formatHash, parseHash } from '../tlog/hash.ts';
import { checkTree } from '../tlog/proofs.ts';
import { openSignedTree, type SignedTree } from './signed-tree.ts';

/** The proof, in the `data` of a `checksum_misbehaviour` error. All hashes are base64. */
export interface Misbehaviour {
  /** The database's name. */
  readonly database: string;
  /** The signed note of the smaller tree; of two trees of one size, the one that came later. */
  readonly olderNote: string;
  /** The signed note of the larger tree. */
  readonly newerNote: string;
  /** The hash of the older tree's number of records, in the newer tree. The older note has another. */
  readonly hashInNewer: string;
  /** Proves to whoever has the newer note that `hashInNewer` is right. Undefined when the tiles for it could not be read. */
  readonly proof: readonly string[] | undefined;
}

/** The error that carries a proof; its `data.report` is {@link misbehaviourReport}. */
export function misbehaviourError(evidence: Misbehaviour): GoModKitError {
  return new GoModKitError(
    'checksum_misbehaviour',
    `checksum database ${evidence.database} misbehaves: it signed two trees that do not fit.\n` +
      'Nothing is verified with it any more; keep the evidence (both signed notes and the proof) and report it.',
    { data: { ...evidence, report: misbehaviourReport(evidence) } },
  );
}

/** The proof as text for people, in the words of the go command. */
export function misbehaviourReport({ olderNote, newerNote, hashInNewer, proof }: Misbehaviour): string {
  const indent = (text: string): string => text.replaceAll('\n', '\n\t');
  const hashes = [hashInNewer, ...(proof ?? ['(the tiles for the rest of the proof could not be read)'])];
  return [
    'SECURITY ERROR',
    'go.sum database server misbehavior detected!',
    '',
    `old database:\n\t${indent(olderNote)}`,
    `new database:\n\t${indent(newerNote)}`,
    `proof of misbehavior:\n\t${hashes.join('\n\t')}`,
  ].join('\n');
}

/**
 * Checks a proof of misbehaviour against the database's verifier key, without asking anybody. Resolves when it holds; rejects with
 * `invalid_note` or `invalid_log` when it proves nothing, `invalid_argument` for a malformed key.
 */
export async function checkMisbehaviour(verifierKey: string, evidence: Misbehaviour): Promise<void> {
  const known = verifierList(newVerifier(verifierKey));
  const older = await openSignedTree(evidence.olderNote, known);
  const newer = await openSignedTree(evidence.newerNote, known);
  const hash = parseHash(evidence.hashInNewer);
  checkBeginning(older, newer, hash, evidence);
  if (equalBytes(older.hash, hash)) {
    throw new GoModKitError('invalid_log', 'no misbehaviour: the newer tree begins with the older one');
  }
}

function checkBeginning(older: SignedTree, newer: SignedTree, hash: Uint8Array, { proof }: Misbehaviour): void {
  if (older.size === 0n && equalBytes(hash, emptyTreeHash())) return;
  checkTree((proof ?? []).map(parseHash), {
    treeSize: newer.size,
    treeHash: newer.hash,
    oldSize: older.size,
    oldHash: hash,
  });
}

/** The evidence that `newer` has `hash` where `older` has another. */
export function evidenceOf(
  database: string,
  older: SignedTree,
  newer: SignedTree,
  hash: Uint8Array,
  proof: readonly Uint8Array[] | undefined,
): Misbehaviour {
  return {
    database,
    olderNote: older.note,
    newerNote: newer.note,
    hashInNewer: formatHash(hash),
    proof: proof?.map(formatHash),
  };
}
