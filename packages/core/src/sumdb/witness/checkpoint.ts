// Checkpoints: what logs sign and witnesses cosign (C2SP tlog-checkpoint; formats.md §5).
//
// Invariants:
// - Three lines and then only non-empty extension lines; the size has one spelling, and so has the base64 of the hash.
// - A tree of a go.sum database is one too: its first line is its origin, the same for every such database (spec §12.7).

import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { noteText } from '../note/open.ts';
import { formatHash, hashSize } from '../tlog/hash.ts';
import { checkInt64, parseInt64 } from '../tlog/integers.ts';
import type { Tree } from '../tlog/tree-text.ts';

/** The first line of every tree that a go.sum database signs. */
export const goSumOrigin: string = 'go.sum database tree';

/** A tree of a named log. */
export interface Checkpoint extends Tree {
  /** What names the log, such as `log.example/modules`. */
  readonly origin: string;
  /** Lines after the third, without line feeds. */
  readonly extensions: readonly string[];
}

/** The text of a checkpoint, which is what is signed. Throws `invalid_argument` for what would not parse again. */
export function formatCheckpoint(checkpoint: Tree & { readonly origin: string }): string {
  const { origin, size, hash } = checkpoint;
  checkInt64('tree size', size);
  if (hash.length !== hashSize) throw new GoModKitError('invalid_argument', 'a tree hash has 32 bytes');
  if (origin === '' || origin.includes('\n') || noteText(origin) === undefined) {
    throw new GoModKitError('invalid_argument', 'the origin of a checkpoint is one non-empty line of text');
  }
  return `${origin}\n${size}\n${formatHash(hash)}\n`;
}

/**
 * The checkpoint of its text, without signatures. Throws `invalid_log`.
 *
 * @example
 * ```ts
 * import { parseCheckpoint } from '@gomodkit/core/sumdb';
 *
 * parseCheckpoint('log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n').origin; // 'log.example'
 * ```
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', sizeText = '', hashText = '', ...rest] = text.split('\n');
  const end = rest.pop();
  const size = parseInt64(sizeText);
  const hash = decodeHash(hashText);
  if (origin === '' || size === undefined || hash === undefined || end !== '' || rest.includes('')) {
    throw new GoModKitError('invalid_log', 'malformed checkpoint: want lines with origin, tree size and tree hash');
  }
  return { origin, size, hash, extensions: rest };
}

/** The 32 bytes of base64 in its one spelling, or undefined: what may be spelled twice could be changed unnoticed. */
export function decodeHash(text: string): Uint8Array | undefined {
  const hash = decodeBase64(text);
  return hash?.length === hashSize && encodeBase64(hash) === text ? hash : undefined;
}
