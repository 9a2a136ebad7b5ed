// h1 of a directory on disk (spec §8.1).
//
// Invariants:
// - Every file counts, whatever a zip would leave out; links to files are followed, as in Go.
// - What cannot be hashed is an error, never left out.

import { join, openStream } from '#files';
import { requireDirectory, sortedEntries } from '../zip/list-directory.ts';
import { type HashFile, type HashOptions, hash1 } from './hash1.ts';

/**
 * The `h1:` hash of an extracted module: `prefix` (`PATH@VERSION`) stands for the directory in the names.
 *
 * Rejects with `invalid_argument` when there is no such directory, `unsupported` where there is no file system, and with what
 * reading fails with: links that lead nowhere or to directories, devices.
 *
 * @example
 * ```ts
 * import { hashDirectory } from '@gomodkit/core/dirhash';
 *
 * const h1 = await hashDirectory('/tmp/extracted', 'example.com/m@v1.0.0');
 * ```
 */
export async function hashDirectory(directory: string, prefix: string, options: HashOptions = {}): Promise<string> {
  await requireDirectory(directory);
  return hash1(walk(directory, prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`, options.signal), options);
}

async function* walk(directory: string, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<HashFile> {
  signal?.throwIfAborted();
  for (const entry of await sortedEntries(directory)) {
    const place = join(directory, entry.name);
    if (entry.kind === 'directory') yield* walk(place, `${prefix}${entry.name}/`, signal);
    else yield { name: prefix + entry.name, open: () => openStream(place) };
  }
}
