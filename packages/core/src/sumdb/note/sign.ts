// Writing signed notes (spec §12.5, §12.6).
//
// Invariants:
// - What is written opens again: text and names that a reader would refuse are refused here.
// - Signatures that were there stay, before the new ones; those of a key that signs again are replaced.

import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { bigEndian, isValidName } from './names.ts';
import { malformed, maxSignatures, noteText, type Signature } from './open.ts';
import type { Signer } from './signer.ts';

/** What is to be signed: text that ends in a line feed, and signatures it has already. A note that was opened is one. */
export interface UnsignedNote {
  readonly text: string;
  readonly sigs?: readonly Signature[] | undefined;
  readonly unverifiedSigs?: readonly Signature[] | undefined;
}

/**
 * Signs a note, once by each signer, and resolves to the message.
 *
 * Rejects with `invalid_note` when the text or a signature it has is malformed, or there would be more than 100; with
 * `invalid_argument` when a signer's name is none; and with whatever a signer rejects with.
 *
 * @example
 * ```ts
 * import { note } from '@gomodkit/core/sumdb';
 *
 * const { signerKey } = await note.generateKey('example.com/notes');
 * const message = await note.sign({ text: 'hello\n' }, await note.newSigner(signerKey));
 * ```
 */
export async function sign(note: UnsignedNote, ...signers: readonly Signer[]): Promise<string> {
  if (!note.text.endsWith('\n') || noteText(note.text) === undefined) throw malformed();
  const message = encodeUtf8(note.text);
  const added: string[] = [];
  for (const signer of signers) {
    if (!isValidName(signer.name)) throw new GoModKitError('invalid_argument', 'invalid signer: its name is none');
    added.push(line(signer.name, encodeBase64(withHash(signer.keyHash, await signer.sign(message)))));
  }
  const kept = [...(note.sigs ?? []), ...(note.unverifiedSigs ?? [])].flatMap((signature) => {
    if (!isValidName(signature.name)) throw malformed();
    if (signers.some(({ name, keyHash }) => name === signature.name && keyHash === signature.keyHash)) return [];
    const bytes = decodeBase64(signature.base64);
    const fits = bytes !== undefined && bytes.length >= 5 && bigEndian(bytes) === signature.keyHash;
    if (!fits || signature.base64.includes('\n')) throw malformed();
    return [line(signature.name, signature.base64)];
  });
  const lines = [...kept, ...added].join('');
  if (kept.length + added.length > maxSignatures || noteText(lines) === undefined) throw malformed();
  return `${note.text}\n${lines}`;
}

function line(name: string, base64: string): string {
  return `\u2014 ${name} ${base64}\n`;
}

function withHash(keyHash: number, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + signature.length);
  new DataView(bytes.buffer).setUint32(0, keyHash);
  bytes.set(signature, 4);
  return bytes;
}
