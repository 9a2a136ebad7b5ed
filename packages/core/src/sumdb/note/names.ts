// What names a key in a note: a name and a hash over name and key (spec §12.3, §12.4).
//
// Invariants:
// - A name is non-empty well-formed text without Unicode spaces and without `+`, so that lines and keys split one way only.
// - A key hash is the first four bytes, big-endian, of a SHA-256: a number from 0 to 2³²−1.

import { sha256 } from '#sha256';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { isSpace } from '../../gotext/spaces.ts';

/** The algorithm byte of Ed25519, the only one of the checksum database. */
export const ed25519Algorithm = 1;

/** Whether `name` can name a key. */
export function isValidName(name: string): boolean {
  if (name === '' || name.includes('+') || /\p{Surrogate}/u.test(name)) return false;
  for (let i = 0; i < name.length; i++) if (isSpace(name.charCodeAt(i))) return false;
  return true;
}

/** The hash of `key`, the algorithm byte and its data, under `name`. */
export function hashKey(name: string, key: Uint8Array): number {
  const head = encodeUtf8(`${name}\n`);
  const message = new Uint8Array(head.length + key.length);
  message.set(head);
  message.set(key, head.length);
  return bigEndian(sha256(message));
}

/** The number that the first four bytes stand for. */
export function bigEndian(bytes: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return a * 2 ** 24 + ((b << 16) | (c << 8) | d);
}

/** A key hash as keys show it: eight hex digits. */
export function formatKeyHash(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}

/** The number of eight hex digits of either case, or undefined. */
export function parseKeyHash(text: string): number | undefined {
  return /^[0-9a-fA-F]{8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** `key` behind its algorithm byte. */
export function taggedKey(key: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(1 + key.length);
  tagged[0] = ed25519Algorithm;
  tagged.set(key, 1);
  return tagged;
}
