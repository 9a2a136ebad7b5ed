// Reading signed notes (spec §12.1, §12.2, §12.6).
//
// Invariants:
// - A note is text that ends in a line feed, an empty line, and signature lines; the split is at the last empty line.
// - A note that opens has at least one signature of a known key, and no known key's first signature fails.
// - Who reads `text` of an opened note reads what was signed, to the byte.

import { decodeUtf8, encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64 } from '../base64.ts';
import { bigEndian, formatKeyHash, isValidName } from './names.ts';
import type { Verifiers } from './verifier.ts';

/** A signature line. */
export interface Signature {
  readonly name: string;
  /** 32 bits, unsigned. */
  readonly keyHash: number;
  /** Key hash and signature, as in the line. */
  readonly base64: string;
}

/** A note that was opened. */
export interface Note {
  /** What is signed; ends in a line feed. */
  readonly text: string;
  /** By known keys, verified. */
  readonly sigs: readonly Signature[];
  /** By keys that are not known. */
  readonly unverifiedSigs: readonly Signature[];
}

/** The most signature lines of a note. */
export const maxSignatures: number = 100;

/**
 * Opens a signed note.
 *
 * Rejects with `invalid_note`; `data.reason` is `malformed`, `ambiguous_key`, `mismatched_verifier`, `bad_signature` (by a known key),
 * or `unverified` (no known key; the note is in `data.note`).
 *
 * @example
 * ```ts
 * import { note } from '@gomodkit/core/sumdb';
 *
 * const { signerKey, verifierKey } = await note.generateKey('example.com/notes');
 * const message = await note.sign({ text: 'hello\n' }, await note.newSigner(signerKey));
 * const { text } = await note.open(message, note.verifierList(note.newVerifier(verifierKey)));
 * ```
 */
export async function open(message: Uint8Array | string, known: Verifiers): Promise<Note> {
  const whole = noteText(message);
  const split = whole?.lastIndexOf('\n\n') ?? -1;
  if (whole === undefined || split < 0 || !whole.endsWith('\n') || whole.length === split + 2) throw malformed();
  const text = whole.slice(0, split + 1);
  const lines = whole.slice(split + 2, -1).split('\n');
  const signatures = lines.slice(0, maxSignatures).map(parseSignature);

  const bytes = encodeUtf8(text);
  const verified = new Map<string, Signature>();
  const unverified = new Map<string, Signature>();
  for (const { name, keyHash, base64, signature } of signatures) {
    const verifier = known(name, keyHash);
    const line: Signature = { name, keyHash, base64 };
    const key = `${name}+${formatKeyHash(keyHash)}`;
    if (verifier === undefined) {
      // Exact duplicates count once.
      unverified.set(`${key} ${base64}`, line);
      continue;
    }
    if (verifier.name !== name || verifier.keyHash !== keyHash) {
      throw refused('mismatched_verifier', "verifier name or hash doesn't match signature");
    }
    if (verified.has(key)) continue;
    if (!(await verifier.verify(bytes, signature))) {
      throw refused('bad_signature', `invalid signature for key ${key}`, { name, keyHash });
    }
    verified.set(key, line);
  }
  if (lines.length > maxSignatures) throw malformed();
  const note = { text, sigs: [...verified.values()], unverifiedSigs: [...unverified.values()] };
  if (note.sigs.length === 0) throw refused('unverified', 'note has no verifiable signatures', { note });
  return note;
}

/** `message` as text if it is UTF-8 without control characters other than line feeds, else undefined. */
export function noteText(message: Uint8Array | string): string | undefined {
  const text = typeof message === 'string' ? message : decodeUtf8(message);
  return text === undefined || /[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u.test(text) ? undefined : text;
}

function parseSignature(line: string): Signature & { readonly signature: Uint8Array } {
  const [, name = '', base64 = ''] = /^\u2014 ([^ ]*) (.*)$/s.exec(line) ?? [];
  const bytes = decodeBase64(base64);
  if (bytes === undefined || bytes.length < 5 || !isValidName(name)) throw malformed();
  return { name, keyHash: bigEndian(bytes), base64, signature: bytes.subarray(4) };
}

/** The error for what is no note. */
export function malformed(): GoModKitError {
  return refused('malformed', 'malformed note');
}

function refused(reason: string, message: string, data: Readonly<Record<string, unknown>> = {}): GoModKitError {
  return new GoModKitError('invalid_note', message, { data: { reason, ...data } });
}
