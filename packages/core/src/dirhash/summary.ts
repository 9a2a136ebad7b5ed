// The summary behind every `h1:` hash (spec §8.1).
//
// Invariants:
// - Lines are ordered by the bytes of the names; a name is hashed as its bytes, UTF-8 or not.
// - A name with a line feed is an error: it could pretend to be two lines.
// - The event loop gets a turn every few milliseconds: a hostile zip of some megabytes has a quarter of a million names.

import { createSha256 } from '#sha256';
import { GoModKitError } from '../errors/error.ts';
import { compareRaw, rawBytes } from '../gotext/raw.ts';
import { createPacer } from '../zip/pace.ts';
import { pacedSort } from './paced-sort.ts';

/** A file's name and the SHA-256 of its content in lower-case hexadecimal digits. */
export type FileDigest = readonly [name: string, sha256: string];

const linesAtOnce = 1000;

/** The h1 of files with these digests. Rejects with `invalid_argument` for a name with a line feed. */
export async function summaryHash(files: readonly FileDigest[], signal: AbortSignal | undefined): Promise<string> {
  const pace = createPacer(signal);
  const summary = createSha256();
  const sorted = await pacedSort(files, orderOf(files), pace);
  for (let start = 0; start < sorted.length; start += linesAtOnce) {
    summary.update(summaryLines(sorted.slice(start, start + linesAtOnce)));
    await pace();
  }
  return h1Of(summary.digest());
}

/** What a summary says of files that are in order. Throws `invalid_argument` for a name with a line feed. */
export function summaryLines(files: readonly FileDigest[]): Uint8Array {
  const lines = files.map(([name, digest]) => {
    refuseLineFeed(name);
    return `${digest}  ${name}\n`;
  });
  return rawBytes(lines.join(''));
}

/** A SHA-256 as `h1:` hash. */
export function h1Of(sha256: Uint8Array): string {
  return `h1:${btoa(String.fromCharCode(...sha256))}`;
}

/** Throws `invalid_argument` for a name that no summary can have. */
export function refuseLineFeed(name: string): void {
  if (name.includes('\n')) {
    throw new GoModKitError('invalid_argument', 'dirhash: filenames with newlines are not supported');
  }
}

function orderOf(files: readonly FileDigest[]): (a: FileDigest, b: FileDigest) => number {
  // Without surrogates the order of UTF-16 is that of UTF-8, and the engine compares a quarter of a million names much faster.
  const plain = !files.some(([name]) => /[\ud800-\udfff]/.test(name));
  return plain ? ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) : ([a], [b]) => compareRaw(a, b);
}
