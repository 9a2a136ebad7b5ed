// Keys that sign (spec §12.5).
//
// Invariants:
// - A signer's hash is that of its public key, whoever keeps the private one.
// - No message and no error shows a private key.

import { ed25519 } from '#ed25519';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { ed25519Algorithm, formatKeyHash, hashKey, isValidName, parseKeyHash, taggedKey } from './names.ts';
import { newEd25519VerifierKey } from './verifier.ts';

/** Signs with one key. Where the key is kept elsewhere (a KMS), make one with {@link newEd25519Signer}. */
export interface Signer {
  readonly name: string;
  /** 32 bits, unsigned: the hash of the public key. */
  readonly keyHash: number;
  /** `NAME+HASH+BASE64`, what others check its signatures with, where the signer knows. Those made here do. */
  readonly verifierKey?: string | undefined;
  /** The signature of `message`, without a key hash before it. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A pair of keys as text. */
export interface KeyPair {
  /** `PRIVATE+KEY+NAME+HASH+BASE64`. A secret. */
  readonly signerKey: string;
  /** `NAME+HASH+BASE64`. */
  readonly verifierKey: string;
}

/**
 * The signer of a key in the form `PRIVATE+KEY+NAME+HASH+BASE64`.
 *
 * Rejects with `invalid_argument` when the key is malformed, of another algorithm than Ed25519, or does not have that hash.
 */
export async function newSigner(signerKey: string): Promise<Signer> {
  const parts = /^PRIVATE\+KEY\+([^+]*)\+([^+]*)\+(.*)$/s.exec(signerKey);
  const [, name = '', hashText = '', keyText = ''] = parts ?? [];
  const keyHash = parseKeyHash(hashText);
  const tagged = decodeBase64(keyText);
  if (keyHash === undefined || !isValidName(name) || tagged === undefined || tagged.length === 0) {
    throw refused('malformed; want PRIVATE+KEY+NAME+HASH+KEY with 8 hex digits and base64');
  }
  if (tagged[0] !== ed25519Algorithm) throw refused('unknown algorithm; only Ed25519 (1) is known');
  if (tagged.length !== 33) throw refused('malformed: an Ed25519 seed has 32 bytes');
  const seed = tagged.subarray(1);
  const publicKey = await ed25519.publicKey(seed);
  if (keyHash !== hashKey(name, taggedKey(publicKey))) throw refused('its hash belongs to another name or key');
  return newEd25519Signer(name, publicKey, (message) => ed25519.sign(seed, message));
}

/**
 * A signer whose private key is elsewhere: `sign` gets the message and resolves to its plain Ed25519 signature of 64 bytes.
 *
 * Throws `invalid_argument` for a public key that has not 32 bytes or a name that is none; signing rejects with `invalid_note` when
 * `sign` gives what is no signature of that key.
 *
 * @example
 * ```ts
 * import { note } from '@gomodkit/core/sumdb';
 *
 * declare const kms: { publicKey: Uint8Array; sign(message: Uint8Array): Promise<Uint8Array> };
 * const signer = note.newEd25519Signer('sum.corp.example', kms.publicKey, (message) => kms.sign(message));
 * await note.sign({ text: 'hello\n' }, signer);
 * ```
 */
export function newEd25519Signer(
  name: string,
  publicKey: Uint8Array,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Signer {
  // Checks both.
  const verifierKey = newEd25519VerifierKey(name, publicKey);
  return {
    name,
    keyHash: hashKey(name, taggedKey(publicKey)),
    verifierKey,
    async sign(message) {
      const signature = await sign(message);
      // A wrong key in a KMS must show here, not at everybody who reads the note.
      if (await ed25519.verify(publicKey, message, signature)) return signature;
      throw new GoModKitError('invalid_note', `the signer of ${name} gave no signature of its public key`);
    },
  };
}

/**
 * Makes a new key pair, or the one of a seed of 32 bytes.
 *
 * Rejects with `invalid_argument` when the name is none.
 *
 * @example
 * ```ts
 * import { note } from '@gomodkit/core/sumdb';
 *
 * const { signerKey, verifierKey } = await note.generateKey('sum.corp.example');
 * ```
 */
export async function generateKey(
  name: string,
  seed: Uint8Array = crypto.getRandomValues(new Uint8Array(32)),
): Promise<KeyPair> {
  if (seed.length !== 32) throw refused(`an Ed25519 seed has 32 bytes, not ${seed.length}`);
  const publicKey = await ed25519.publicKey(seed);
  const verifierKey = newEd25519VerifierKey(name, publicKey);
  const hash = formatKeyHash(hashKey(name, taggedKey(publicKey)));
  return { signerKey: `PRIVATE+KEY+${name}+${hash}+${encodeBase64(taggedKey(seed))}`, verifierKey };
}

function refused(why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `signer key: ${why}`);
}
