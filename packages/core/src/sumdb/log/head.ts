// Signed heads of a log of our own.
//
// Invariants:
// - A head is made of batches alone: its size, its root, the batch that it ends with. It is one object, and carries every text that
//   the log signs for this tree, so that a size never has two roots, whichever text one looks at.
// - A stored head counts only when it has the notes that this kind of log signs, all are signed by the key in use, and say what the head
//   says. So an event log and a checksum database that were given one name do not write into each other.

import { decodeUtf8, encodeUtf8, equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { open } from '../note/open.ts';
import { sign } from '../note/sign.ts';
import type { Signer } from '../note/signer.ts';
import { newVerifier, type Verifiers, verifierList } from '../note/verifier.ts';
import { formatHash, hashSize, parseHash } from '../tlog/hash.ts';
import type { Tree } from '../tlog/tree-text.ts';
import { damaged } from './stored-objects.ts';

/** What a log signs for a tree: texts by name. */
export type HeadTexts = Readonly<Record<string, (tree: Tree) => string>>;

/** A signed head. */
export interface Head {
  readonly size: number;
  readonly hash: Uint8Array;
  /** The number of the batch that ends with record `size` − 1; −1 for the empty tree. */
  readonly batch: number;
  /** The signed notes, by the names of {@link HeadTexts}. */
  readonly notes: Readonly<Record<string, string>>;
}

/** Signs heads and reads those that were signed. */
export interface HeadSigner {
  /** `NAME+HASH+KEY`. */
  readonly key: string;
  readonly verifiers: Verifiers;
  /** Rejects with `storage_unavailable`, transient, when the signer fails. */
  sign(tree: Tree, batch: number): Promise<Head>;
  /** The head that was stored under `key` for `size`. Rejects with `storage_unavailable`, not transient, when it is none. */
  read(key: string, size: number, bytes: Uint8Array): Promise<Head>;
}

/** Throws `invalid_argument` when `signer` does not say its verifier key. */
export function headSigner(signer: Signer, texts: HeadTexts): HeadSigner {
  const { verifierKey } = signer;
  if (verifierKey === undefined) {
    const help = 'make it with note.newSigner or note.newEd25519Signer';
    throw new GoModKitError('invalid_argument', `the signer of ${signer.name} does not say its verifier key: ${help}`);
  }
  const verifier = newVerifier(verifierKey);
  const verifiers = verifierList(verifier);
  return {
    key: verifierKey,
    verifiers,
    async sign(tree, batch) {
      const notes: Record<string, string> = {};
      for (const [name, format] of Object.entries(texts)) notes[name] = await signText(signer, format(tree));
      return { size: Number(tree.size), hash: tree.hash, batch, notes };
    },
    async read(key, size, bytes) {
      const head = parseHead(bytes);
      if (head?.size !== size) throw damaged(key, 'is no head of its log');
      const strange = Object.keys(head.notes).find((name) => !Object.hasOwn(texts, name));
      if (strange !== undefined) throw damaged(key, `is of a log of another kind: it signs a ${strange}, too`);
      try {
        for (const [name, format] of Object.entries(texts)) {
          const { text } = await open(head.notes[name] ?? '', verifiers);
          if (text !== format({ size: BigInt(size), hash: head.hash })) throw damaged(key, 'says two things');
        }
      } catch (cause) {
        if (!isGoModKitError(cause, 'invalid_note')) throw cause;
        throw damaged(key, `is not signed by ${signer.name} with the key in use; a log keeps its key for ever`, cause);
      }
      return head;
    },
  };
}

async function signText(signer: Signer, text: string): Promise<string> {
  try {
    return await sign({ text }, signer);
  } catch (cause) {
    throw new GoModKitError(
      'storage_unavailable',
      `the signer of ${signer.name} failed; nothing is lost, it is asked again`,
      {
        cause,
        data: { transient: true, signer: signer.name },
      },
    );
  }
}

/** The bytes of a head: version 1. */
export function formatHead({ size, hash, batch, notes }: Head): Uint8Array {
  return encodeUtf8(`${JSON.stringify({ v: 1, size, hash: formatHash(hash), batch, notes })}\n`);
}

function parseHead(bytes: Uint8Array): Head | undefined {
  try {
    const { v, size, hash, batch, notes } = JSON.parse(decodeUtf8(bytes) ?? '') as Record<string, unknown>;
    const numbers = Number.isSafeInteger(size) && Number.isSafeInteger(batch);
    const texts =
      typeof notes === 'object' && notes !== null && Object.values(notes).every((t) => typeof t === 'string');
    if (v !== 1 || !numbers || !texts || typeof hash !== 'string') return undefined;
    return {
      size: size as number,
      batch: batch as number,
      hash: parseHash(hash),
      notes: notes as Readonly<Record<string, string>>,
    };
  } catch {
    return undefined;
  }
}

/** Whether two heads are of the same tree, whoever signed them and how. */
export function sameTree(a: Pick<Head, 'size' | 'hash'>, b: Pick<Head, 'size' | 'hash'>): boolean {
  return a.size === b.size && a.hash.length === hashSize && equalBytes(a.hash, b.hash);
}
