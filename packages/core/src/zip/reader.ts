// Reading a zip archive at any place: which entries it has, and what they hold.
//
// Invariants:
// - An archive is read through its central directory alone (spec §7.13); its verdict is that of Go's archive/zip.
// - Memory: the directory (bounded by limits.ts) and about a megabyte, whatever the archive holds.
// - Compressed bytes are read at most once per entry, and all entries together may not claim more of them than the archive can
//   hold plus the largest module: entries that share their bytes cannot multiply the work.

import type { ByteSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import type { RandomAccessSource } from '../platform/types.ts';
import { contentsAtOnce, isDirectory, readContents } from './contents.ts';
import { readDirectory, type ZipEntry } from './directory.ts';
import { maxZipFile } from './limits.ts';
import { createWindow } from './window.ts';

/** Options of calls that read archives. */
export interface ZipReadOptions {
  /** Cancels the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** An archive opened for reading. Holds no handles: there is nothing to close. */
export interface ZipReader {
  /** In the order of the central directory, duplicates included. */
  readonly entries: readonly ZipEntry[];
  /**
   * The content of an entry. The iteration throws `invalid_zip` when it is damaged: only an iteration that ended proves the
   * chunks. Reading in the order of `offset` is fastest.
   */
  contents(entry: ZipEntry): AsyncIterable<Uint8Array>;
}

/** For reading everything: what is small costs no iteration. */
export interface FastZipReader extends ZipReader {
  /** The content of an entry where it is at hand and good; else undefined: `contents` tells. */
  atOnce(entry: ZipEntry): Uint8Array | undefined;
}

/**
 * Opens a zip archive of any kind and reads its directory.
 *
 * Rejects with `invalid_zip` when it is no zip archive, `limit_exceeded` when it has more than 250,000 entries or a directory
 * over 64 MiB, `invalid_argument` when `zip` has no `slice`.
 *
 * @example
 * ```ts
 * import { bytesSource, openZip } from '@gomodkit/core/zip';
 *
 * async function names(bytes: Uint8Array): Promise<string[]> {
 *   const { entries } = await openZip(bytesSource(bytes));
 *   return entries.map((entry) => entry.name);
 * }
 * ```
 */
export async function openZip(zip: ByteSource, options: ZipReadOptions = {}): Promise<ZipReader> {
  const { entries, contents } = await openFast(zip, options);
  return { entries, contents };
}

/** {@link openZip} for who reads everything. */
export async function openFast(zip: ByteSource, options: ZipReadOptions = {}): Promise<FastZipReader> {
  const window = createWindow(randomAccess(zip));
  const entries = await readDirectory(window, options.signal);
  refuseSharedBytes(entries, zip.size);
  return {
    entries,
    contents: (entry) => readContents(window, entry),
    atOnce: (entry) => contentsAtOnce(window, entry),
  };
}

function randomAccess(zip: ByteSource): RandomAccessSource {
  if (zip.slice === undefined) {
    throw new GoModKitError('invalid_argument', 'a zip must be readable at any place: its source has no slice()');
  }
  return zip as RandomAccessSource;
}

function refuseSharedBytes(entries: readonly ZipEntry[], size: number): void {
  const limit = size + maxZipFile;
  let claimed = 0;
  for (const entry of entries) {
    if (!isDirectory(entry)) claimed += Math.min(entry.compressedSize, Math.max(0, size - Math.max(0, entry.offset)));
    if (claimed > limit) {
      throw new GoModKitError('limit_exceeded', `entries of the zip share their bytes: they claim more than ${limit}`, {
        data: { limit },
      });
    }
  }
}
