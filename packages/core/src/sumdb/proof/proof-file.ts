// tlog-proof files: that a record is in a log, for those who ask nobody (C2SP tlog-proof; formats.md §5).
//
// Invariants:
// - One spelling: numbers are canonical, and so is every base64, those of the checkpoint's signatures included. What parses is what
//   `formatProof` writes, to the byte, so nothing in a file can be changed without notice.
// - `extra` is carried and proves nothing.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { decodeBase64 } from '../base64.ts';
import { maxSignatures, noteText } from '../note/open.ts';
import { formatHash } from '../tlog/hash.ts';
import { parseInt64 } from '../tlog/integers.ts';
import type { Proof } from '../tlog/proofs.ts';
import { decodeHash } from '../witness/checkpoint.ts';

/** The content of a proof file. */
export interface ProofFile {
  /** The number of the record in the log, from 0. */
  readonly index: bigint;
  /** From the record's sibling up to the child of the root. */
  readonly hashes: Proof;
  /** The signed note of a tree that has the record, cosignatures included: a C2SP checkpoint, or a go.sum database's tree note. */
  readonly checkpoint: string;
  /** Whatever its maker added. Not authenticated. */
  readonly extra?: Uint8Array | undefined;
}

const title = 'c2sp.org/tlog-proof@v1';
/** A proof in a tree of 2⁶³ records. */
const maxHashes = 63;
const maxBytes = 1_000_000;

/** The text of a proof file. Throws `invalid_argument` for what would not parse again. */
export function formatProof({ index, hashes, checkpoint, extra }: ProofFile): string {
  const extraLine = extra === undefined ? '' : `extra ${encode(extra)}\n`;
  const text = `${title}\n${extraLine}index ${index}\n${hashes.map((hash) => `${formatHash(hash)}\n`).join('')}\n${checkpoint}`;
  if (read(text) !== undefined) return text;
  throw new GoModKitError('invalid_argument', 'this is no proof: an index, at most 63 hashes and a signed note');
}

/**
 * Takes a proof file apart; nothing is verified. Throws `invalid_log`.
 *
 * @example
 * ```ts
 * import { parseProof } from '@gomodkit/core/sumdb';
 *
 * declare const file: Uint8Array;
 * const { index, checkpoint } = parseProof(file);
 * ```
 */
export function parseProof(file: Uint8Array | string): ProofFile {
  const text = typeof file === 'string' ? file : file.length > maxBytes ? undefined : decodeUtf8(file);
  const proof = text === undefined || text.length > maxBytes ? undefined : read(text);
  if (proof !== undefined) return proof;
  throw new GoModKitError('invalid_log', `malformed proof: want a file that begins with ${title}`);
}

function read(text: string): ProofFile | undefined {
  const split = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(split, 0)).split('\n');
  if (split < 0 || lines.shift() !== title) return undefined;
  const extraText = lines[0]?.startsWith('extra ') ? lines.shift()?.slice('extra '.length) : undefined;
  const extra = extraText === undefined ? undefined : decode(extraText);
  const index = parseInt64(/^index (.*)$/.exec(lines.shift() ?? '')?.[1] ?? '');
  const hashes = lines.flatMap((line) => decodeHash(line) ?? []);
  const checkpoint = text.slice(split + 2);
  const whole = hashes.length === lines.length && (extraText === undefined || extra !== undefined);
  if (!whole || index === undefined || hashes.length > maxHashes || !isStrictNote(checkpoint)) return undefined;
  const proof = { index, hashes, checkpoint };
  return extra === undefined ? proof : { ...proof, extra };
}

/** Whether a note has signature lines, and each in its one spelling. */
function isStrictNote(note: string): boolean {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || noteText(note) === undefined) return false;
  const lines = note.slice(split + 2, -1).split('\n');
  return (
    lines.length <= maxSignatures &&
    lines.every((line) => decode(/^\u2014 [^ ]+ (.+)$/.exec(line)?.[1] ?? '') !== undefined)
  );
}

function decode(base64: string): Uint8Array | undefined {
  const bytes = decodeBase64(base64);
  return bytes !== undefined && bytes.length > 0 && encode(bytes) === base64 ? bytes : undefined;
}

/** Base64 of any length: the short form spends stack on every byte. */
function encode(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
