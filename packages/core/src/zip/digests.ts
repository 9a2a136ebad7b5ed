// The SHA-256 of every entry of an archive, in one pass.
//
// Invariants:
// - Entries are read in the order of their place in the archive, each at most once.
// - Of several entries of one name the last one counts for all of them, as in Go (spec §7.13).
// - The event loop gets a turn every few milliseconds.

import { createSha256, sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { pacedSort } from '../dirhash/paced-sort.ts';
import type { FileDigest } from '../dirhash/summary.ts';
import type { ZipEntry } from './directory.ts';
import { createPacer, type Pace } from './pace.ts';
import type { FastZipReader } from './reader.ts';

/** Reads and hashes all entries; the result is in the directory's order. `onContent` sees the chunks of each; rejects with `invalid_zip` when one is damaged. */
export async function digestEntries(
  reader: FastZipReader,
  signal: AbortSignal | undefined,
  onContent?: (entry: ZipEntry, chunk: Uint8Array) => void,
): Promise<FileDigest[]> {
  const pace = createPacer(signal);
  const last = new Map<string, ZipEntry>();
  for (const entry of reader.entries) last.set(entry.name, entry);
  const digests = new Map<string, string>();
  for (const entry of await pacedSort([...last.values()], (a, b) => a.offset - b.offset, pace)) {
    const content = reader.atOnce(entry);
    if (content === undefined) digests.set(entry.name, hex(await digest(reader, entry, pace, onContent)));
    else {
      digests.set(entry.name, hex(sha256(content)));
      if (content.length > 0) onContent?.(entry, content);
    }
    const wait = pace();
    if (wait !== undefined) await wait;
  }
  return reader.entries.flatMap(({ name }): FileDigest[] => {
    const digest = digests.get(name);
    return digest === undefined ? [] : [[name, digest]];
  });
}

/** The hash of a content that comes in chunks. */
async function digest(
  reader: FastZipReader,
  entry: ZipEntry,
  pace: Pace,
  onContent: ((entry: ZipEntry, chunk: Uint8Array) => void) | undefined,
): Promise<Uint8Array> {
  const hash = createSha256();
  for await (const chunk of reader.contents(entry)) {
    hash.update(chunk);
    onContent?.(entry, chunk);
    const wait = pace();
    if (wait !== undefined) await wait;
  }
  return hash.digest();
}
