// Cosignatures of witnesses: Ed25519 with a time (C2SP tlog-cosignature, `cosignature/v1`; formats.md §5).
//
// Invariants:
// - What is signed begins with `cosignature/v1` and the time, so that no cosignature can stand for a log's own signature.
// - Such a key has type 4 and another hash than the same bytes as a log's key: neither is taken for the other.
// - Times are whole seconds from 1 to 2⁶³−1.
// - No message and no error shows a private key.

import { ed25519 } from '#ed25519';
import { concatBytes } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { formatKeyHash, hashKey, isValidName, parseKeyHash } from '../note/names.ts';
import type { Signature } from '../note/open.ts';
import type { KeyPair, Signer } from '../note/signer.ts';
import type { Verifier } from '../note/verifier.ts';
import { maxInt64 } from '../tlog/integers.ts';

/** The key type of timestamped Ed25519. */
const cosignatureType = 4;
const keySize = 32;
const signatureSize = 8 + 64;

/** Signs checkpoints as a witness. A {@link Signer}, to which a time may be said. */
export interface Cosigner extends Signer {
  /** Eight bytes of time and the signature; `seconds` since 1970 are those of the clock where they are not given. */
  sign(message: Uint8Array, seconds?: number): Promise<Uint8Array>;
}

/**
 * A cosigner whose private key is elsewhere: `sign` gets a message and resolves to its plain Ed25519 signature of 64 bytes.
 *
 * Throws `invalid_argument` for a public key that has not 32 bytes or a name that is none; signing rejects with `invalid_note` when
 * `sign` gives what is no signature of that key.
 */
export function newEd25519Cosigner(
  name: string,
  publicKey: Uint8Array,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Cosigner {
  checkKey(name, publicKey);
  return {
    name,
    keyHash: hashKey(name, tagged(publicKey)),
    async sign(message, seconds = Math.floor(Date.now() / 1000)) {
      if (!Number.isSafeInteger(seconds) || seconds < 1) {
        throw new GoModKitError('invalid_argument', `cosignature time ${seconds}: want whole seconds since 1970`);
      }
      const text = timed(BigInt(seconds), message);
      const signature = await sign(text);
      if (!(await ed25519.verify(publicKey, text, signature))) {
        throw new GoModKitError('invalid_note', `the signer of ${name} gave no signature of its public key`);
      }
      const bytes = new Uint8Array(signatureSize);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(seconds));
      bytes.set(signature, 8);
      return bytes;
    },
  };
}

/**
 * The cosigner of a key in the form `PRIVATE+KEY+NAME+HASH+BASE64`, where the base64 holds type 4 and the seed.
 *
 * Rejects with `invalid_argument` when the key is malformed, of another type, or does not have that hash.
 *
 * @example
 * ```ts
 * import { generateCosignerKey, newCosigner, note } from '@gomodkit/core/sumdb';
 *
 * declare const checkpoint: note.Note;
 * const { signerKey } = await generateCosignerKey('witness.example/w1');
 * const cosigned = await note.sign(checkpoint, await newCosigner(signerKey));
 * ```
 */
export async function newCosigner(signerKey: string): Promise<Cosigner> {
  const [, name = '', hashText = '', keyText = ''] = /^PRIVATE\+KEY\+([^+]*)\+([^+]*)\+(.*)$/s.exec(signerKey) ?? [];
  const seed = untagged('signer', keyText);
  const publicKey = await ed25519.publicKey(seed);
  checkKey(name, publicKey);
  checkHash('signer', name, hashText, publicKey);
  return newEd25519Cosigner(name, publicKey, (message) => ed25519.sign(seed, message));
}

/** Makes a new pair of keys of a witness, or that of a seed of 32 bytes. Rejects with `invalid_argument` when the name is none. */
export async function generateCosignerKey(
  name: string,
  seed: Uint8Array = crypto.getRandomValues(new Uint8Array(keySize)),
): Promise<KeyPair> {
  if (seed.length !== keySize) throw refused('signer', `a seed has 32 bytes, not ${seed.length}`);
  const publicKey = await ed25519.publicKey(seed);
  checkKey(name, publicKey);
  const hash = formatKeyHash(hashKey(name, tagged(publicKey)));
  return {
    signerKey: `PRIVATE+KEY+${name}+${hash}+${encodeBase64(tagged(seed))}`,
    verifierKey: `${name}+${hash}+${encodeBase64(tagged(publicKey))}`,
  };
}

/**
 * The verifier of a witness key `NAME+HASH+BASE64`, for {@link note.open} and policies.
 *
 * Throws `invalid_argument` when the key is malformed, of another type than 4, or does not have that hash.
 */
export function newCosignatureVerifier(verifierKey: string): Verifier {
  const [, name = '', hashText = '', keyText = ''] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(verifierKey) ?? [];
  const publicKey = untagged('verifier', keyText);
  checkKey(name, publicKey);
  checkHash('verifier', name, hashText, publicKey);
  return {
    name,
    keyHash: hashKey(name, tagged(publicKey)),
    async verify(message, signature) {
      const time = timeOf(signature);
      return time !== undefined && ed25519.verify(publicKey, timed(time, message), signature.subarray(8));
    },
  };
}

/** When a cosignature line says that it was made; undefined for a line that is no cosignature. Trust it only if it was verified. */
export function cosignatureTime({ base64 }: Signature): Date | undefined {
  const time = timeOf(decodeBase64(base64)?.subarray(4) ?? new Uint8Array(0));
  const date = new Date(time === undefined ? Number.NaN : Number(time) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function timeOf(signature: Uint8Array): bigint | undefined {
  if (signature.length !== signatureSize) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return time >= 1n && time <= maxInt64 ? time : undefined;
}

function timed(seconds: bigint, message: Uint8Array): Uint8Array {
  const head = encodeUtf8(`cosignature/v1\ntime ${seconds}\n`);
  return concatBytes([head, message], head.length + message.length);
}

function tagged(key: Uint8Array): Uint8Array {
  return Uint8Array.of(cosignatureType, ...key);
}

function untagged(kind: string, base64: string): Uint8Array {
  const key = decodeBase64(base64);
  if (key === undefined || key.length === 0) throw refused(kind, 'malformed; want NAME+HASH+KEY');
  if (key[0] !== cosignatureType) throw refused(kind, 'no key of a witness; want timestamped Ed25519 (type 4)');
  if (key.length !== 1 + keySize) throw refused(kind, 'malformed: it has not 32 bytes');
  return key.subarray(1);
}

function checkKey(name: string, publicKey: Uint8Array): void {
  if (publicKey.length !== keySize) throw refused('verifier', `a public key has 32 bytes, not ${publicKey.length}`);
  if (!isValidName(name)) throw refused('verifier', 'a key name is non-empty, without spaces and without "+"');
}

function checkHash(kind: string, name: string, hash: string, publicKey: Uint8Array): void {
  if (parseKeyHash(hash) === hashKey(name, tagged(publicKey))) return;
  throw refused(kind, 'its hash belongs to another name, type or key');
}

function refused(kind: string, why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `witness ${kind} key: ${why}`);
}
