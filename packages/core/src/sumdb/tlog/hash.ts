// Hashes of a transparency log (spec §12.7, RFC 6962).
//
// Invariants:
// - A hash is 32 bytes. Records and nodes are hashed behind different bytes, so that neither can stand for the other.

import { createSha256, sha256 } from '#sha256';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';

/** The bytes of a hash. */
export const hashSize: number = 32;

const recordPrefix = Uint8Array.of(0);

/** The hash of a record: SHA-256 of a zero byte and the data. Text counts as its UTF-8. */
export function recordHash(data: Uint8Array | string): Uint8Array {
  const state = createSha256();
  state.update(recordPrefix);
  state.update(typeof data === 'string' ? encodeUtf8(data) : data);
  return state.digest();
}

/** The hash of an interior node: SHA-256 of a one byte and the hashes of its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + 2 * hashSize);
  message[0] = 1;
  message.set(left, 1);
  message.set(right, 1 + hashSize);
  return sha256(message);
}

/** The hash of the tree without records: SHA-256 of nothing. */
export function emptyTreeHash(): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** A hash in base64, as tree texts and proofs show it. */
export function formatHash(hash: Uint8Array): string {
  return encodeBase64(hash);
}

/** The hash of its base64. Throws `invalid_log` for anything that is not the base64 of 32 bytes. */
export function parseHash(text: string): Uint8Array {
  const hash = decodeBase64(text);
  if (hash?.length === hashSize) return hash;
  throw new GoModKitError('invalid_log', 'malformed hash: want 32 bytes in base64');
}

/** The hash of a complete subtree from the hashes of its leaves, side by side: 32 × 2ⁿ bytes. */
export function completeTreeHash(hashes: Uint8Array): Uint8Array {
  if (hashes.length <= hashSize) return hashes;
  // In place of a recursion: each round halves the row, in one array.
  const row = hashes.slice();
  const message = new Uint8Array(1 + 2 * hashSize);
  message[0] = 1;
  for (let length = row.length; length > hashSize; length /= 2) {
    for (let at = 0; at < length; at += 2 * hashSize) {
      message.set(row.subarray(at, at + 2 * hashSize), 1);
      row.set(sha256(message), at / 2);
    }
  }
  return row.slice(0, hashSize);
}
