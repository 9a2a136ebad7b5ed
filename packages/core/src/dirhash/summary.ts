// The summary behind every `h1:` hash (spec §8.1).
//
// Invariants:
// - Lines are ordered by the bytes of the names; a name is hashed as its bytes, UTF-8 or not.
// - A name with a line feed is an error: it could pretend to be two lines.

import { createSha256 } from '#sha256';
import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { isUtf8, rawBytes } from '../gotext/raw.ts';

/** The h1 of files whose contents have these SHA-256 digests. Throws `invalid_argument` for a name with a line feed. */
export function summaryHash(files: readonly (readonly [name: string, digest: Uint8Array])[]): string {
  const summary = createSha256();
  for (const [name, digest] of [...files].sort((a, b) => compareNames(a[0], b[0]))) {
    if (name.includes('\n')) {
      throw new GoModKitError('invalid_argument', 'dirhash: filenames with newlines are not supported');
    }
    summary.update(rawBytes(`${hex(digest)}  ${name}\n`));
  }
  return `h1:${base64(summary.digest())}`;
}

function compareNames(a: string, b: string): number {
  if (isUtf8(a) && isUtf8(b)) return compareUtf8(a, b);
  const x = rawBytes(a);
  const y = rawBytes(b);
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexBytes[byte];
  return text;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
