// A tree head with the note that its database signed.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { open } from '../note/open.ts';
import type { Verifiers } from '../note/verifier.ts';
import { parseTree, type Tree } from '../tlog/tree-text.ts';

/** A tree and the signed note that says so. */
export interface SignedTree extends Tree {
  /** The whole message, signatures included. Empty for the tree that nobody signed: the empty one, before anything is known. */
  readonly note: string;
}

/** The tree of a signed note. Rejects with `invalid_note` or `invalid_log`. */
export async function openSignedTree(message: Uint8Array | string, known: Verifiers): Promise<SignedTree> {
  const { text } = await open(message, known);
  // `open` took it, so it is UTF-8.
  const note = typeof message === 'string' ? message : (decodeUtf8(message) ?? '');
  return { ...parseTree(text), note };
}
