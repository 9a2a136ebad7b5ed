// The text of a tree head, which is what a checksum database signs (spec §12.7).
//
// Invariant: of a text, only the first three lines count; the rest is neither parsed nor trusted.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64 } from '../base64.ts';
import { formatHash, hashSize } from './hash.ts';
import { checkInt64, parseInt64 } from './integers.ts';

/** A tree: how many records, and the hash over all of them. */
export interface Tree {
  readonly size: bigint;
  readonly hash: Uint8Array;
}

const firstLine = 'go.sum database tree';
const maxBytes = 1_000_000;

/** The text of a tree: three lines. Throws `invalid_argument` when the size is none or the hash has not 32 bytes. */
export function formatTree({ size, hash }: Tree): string {
  checkInt64('tree size', size);
  if (hash.length !== hashSize) throw new GoModKitError('invalid_argument', 'a tree hash has 32 bytes');
  return `${firstLine}\n${size}\n${formatHash(hash)}\n`;
}

/**
 * The tree of its text. Further lines are allowed and ignored. Throws `invalid_log`.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * tlog.parseTree('go.sum database tree\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n').size; // 0n
 * ```
 */
export function parseTree(text: string | Uint8Array): Tree {
  const bytes = typeof text === 'string' ? undefined : text;
  // Lines that are ignored may be anything, so only the first three have to be text.
  const head = bytes === undefined ? (text as string) : decodeUtf8(firstLines(bytes, 3));
  if ((bytes?.length ?? utf8Length(text as string)) > maxBytes || head === undefined) throw malformed();
  const [title, sizeText = '', hashText = '', ...rest] = head.split('\n', 4);
  const size = parseInt64(sizeText);
  const hash = decodeBase64(hashText);
  if (title !== firstLine || size === undefined || hash?.length !== hashSize || rest.length === 0) throw malformed();
  return { size, hash };
}

function firstLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0;
  for (let line = 0; line < count; line++) {
    const at = bytes.indexOf(10, end);
    if (at < 0) return bytes;
    end = at + 1;
  }
  return bytes.subarray(0, end);
}

function utf8Length(text: string): number {
  // At most three bytes per unit: encode only where that leaves it open.
  return text.length * 3 <= maxBytes ? text.length : new TextEncoder().encode(text).length;
}

function malformed(): GoModKitError {
  return new GoModKitError('invalid_log', 'malformed tree note');
}
