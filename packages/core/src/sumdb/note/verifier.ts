// Keys that check signatures (spec §12.4).
//
// Invariants:
// - A verifier key whose hash does not belong to its name and bytes is no key.
// - Two keys under one name and hash are ambiguous: neither is used.

import { ed25519 } from '#ed25519';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { ed25519Algorithm, formatKeyHash, hashKey, isValidName, parseKeyHash, taggedKey } from './names.ts';

/** Checks signatures of one key. */
export interface Verifier {
  readonly name: string;
  /** 32 bits, unsigned. */
  readonly keyHash: number;
  /** Whether `signature` (without the key hash before it) is one of `message`. */
  verify(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** Finds the verifier for a name and hash; undefined when the key is not known. Throws `invalid_note` when two answer to it. */
export type Verifiers = (name: string, keyHash: number) => Verifier | undefined;

/**
 * The verifier of a key in the form `NAME+HASH+BASE64`, as `go env GOSUMDB` has it.
 *
 * Throws `invalid_argument` when the key is malformed, of another algorithm than Ed25519, or does not have that hash.
 *
 * @example
 * ```ts
 * import { note } from '@gomodkit/core/sumdb';
 *
 * const verifier = note.newVerifier('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8');
 * verifier.name; // 'sum.golang.org'
 * ```
 */
export function newVerifier(verifierKey: string): Verifier {
  // The base64 may hold further plus signs.
  const [, name = '', hashText = '', keyText = ''] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(verifierKey) ?? [];
  const keyHash = parseKeyHash(hashText);
  const tagged = decodeBase64(keyText);
  if (keyHash === undefined || !isValidName(name) || tagged === undefined || tagged.length === 0) {
    throw refused('malformed verifier id; want NAME+HASH+KEY with 8 hex digits and base64');
  }
  if (keyHash !== hashKey(name, tagged)) throw refused('invalid verifier hash: it belongs to another name or key');
  if (tagged[0] !== ed25519Algorithm) throw refused('unknown verifier algorithm; only Ed25519 (1) is known');
  if (tagged.length !== 33) throw refused('malformed verifier id: an Ed25519 key has 32 bytes');
  const key = tagged.subarray(1);
  return { name, keyHash, verify: (message, signature) => ed25519.verify(key, message, signature) };
}

/**
 * The verifier key of an Ed25519 public key of 32 bytes under a name: what others are given.
 *
 * Throws `invalid_argument` for another number of bytes or a name that is none.
 */
export function newEd25519VerifierKey(name: string, publicKey: Uint8Array): string {
  if (publicKey.length !== 32) throw refused(`an Ed25519 public key has 32 bytes, not ${publicKey.length}`);
  if (!isValidName(name)) throw refused('a key name is non-empty, without spaces and without "+"');
  const tagged = taggedKey(publicKey);
  return `${name}+${formatKeyHash(hashKey(name, tagged))}+${encodeBase64(tagged)}`;
}

/** Verifiers by name and hash. Asked for a pair that two of them have, it throws `invalid_note`. */
export function verifierList(...verifiers: readonly Verifier[]): Verifiers {
  return (name, keyHash) => {
    const [found, second] = verifiers.filter((each) => each.name === name && each.keyHash === keyHash);
    if (second === undefined) return found;
    throw new GoModKitError('invalid_note', `ambiguous key ${name}+${formatKeyHash(keyHash)}`, {
      data: { reason: 'ambiguous_key', name, keyHash },
    });
  };
}

function refused(why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `verifier key: ${why}`);
}
