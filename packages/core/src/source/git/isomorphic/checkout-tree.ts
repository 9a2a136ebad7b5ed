// The tree of a commit, as git would put it into its index before it archives anything (spec §6.16, §6.23, §6.24).
//
// Invariants:
// - The whole commit is walked, whatever directory is wanted: one name that git refuses makes git refuse all of it.
// - Entries come in tree order, which is the order of full paths with directories as if they ended in a slash.

import { GoModKitError } from '../../../errors/error.ts';
import type { ByteString } from '../attributes/byte-string.ts';
import { MissingObjects, maxPathBytes } from '../driver.ts';
import { digitsOf, type ObjectName, parseTree, type TreeEntry } from './object.ts';
import type { PackStore } from './pack-store.ts';
import { createPause, type Pause } from './pause.ts';

/** A file, symbolic link or submodule of a commit. */
export interface TreeFile {
  /** From the root. */
  readonly path: ByteString;
  readonly kind: 'regular' | 'symlink' | 'submodule';
  readonly object: ObjectName;
}

/** No file system has paths of this length; trees that contain each other would make them grow without end. */
const maxDepth = 2048;

/**
 * The entries of a tree at all depths. Rejects with `limit_exceeded` beyond `limit` of them or with paths that are too long together,
 * `upstream_invalid` for names that git refuses, MissingObjects where a tree is not here.
 */
export async function listTree(
  store: PackStore,
  tree: ObjectName,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<readonly TreeFile[]> {
  const files: TreeFile[] = [];
  await addTree(
    store,
    tree,
    { path: '', depth: 0 },
    { files, limit, pause: createPause(signal), trees: 0, pathBytes: 0 },
  );
  return files;
}

interface Listing {
  readonly files: TreeFile[];
  readonly limit: number;
  readonly pause: Pause;
  trees: number;
  pathBytes: number;
}

async function addTree(
  store: PackStore,
  tree: ObjectName,
  { depth, path }: { readonly path: ByteString; readonly depth: number },
  listing: Listing,
): Promise<void> {
  const object = await store.read(tree);
  if (object === undefined) throw new MissingObjects(`tree ${digitsOf(tree)}`);
  if (object.type !== 'tree' || depth > maxDepth) throw malformed(path);
  // Trees without files count too: else a few of them, nested often enough, would never end.
  if (++listing.trees > listing.limit + 1) throw tooMany(listing.limit);
  await listing.pause.due();
  for (const entry of parseTree(object.data)) {
    const below = path + entry.name;
    listing.pathBytes += below.length;
    if (listing.pathBytes > maxPathBytes) throw tooLong();
    if (isRefused(entry)) {
      throw new GoModKitError(
        'upstream_invalid',
        `the repository has a path that git refuses: ${JSON.stringify(below)}`,
      );
    }
    if (entry.kind === 'tree') {
      await addTree(store, entry.object, { path: `${below}/`, depth: depth + 1 }, listing);
      continue;
    }
    listing.files.push({ path: below, kind: entry.kind, object: entry.object });
    if (listing.files.length > listing.limit) throw tooMany(listing.limit);
  }
}

/** What git does not take into its index, with the protection of NTFS that is on everywhere (`core.protectNTFS`). */
function isRefused({ kind, name }: TreeEntry): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) return true;
  // Git looks for the names of its own directory behind backslashes, though not behind one at the very beginning.
  const places = [name, ...name.slice(1).split('\\').slice(1)];
  if (places.some((place) => /^(?:\.git|git~1)[. ]*(?:[:\\]|$)/i.test(place))) return true;
  return kind === 'symlink' && places.some((place) => /^\.gitmodules[. ]*(?:[:\\]|$)/i.test(place));
}

function malformed(path: ByteString): GoModKitError {
  return new GoModKitError('upstream_invalid', `the repository has no tree at ${JSON.stringify(path)}`);
}

function tooLong(): GoModKitError {
  const message = `the paths of the commit have more than the limit of ${maxPathBytes} bytes together`;
  return new GoModKitError('limit_exceeded', message, { data: { limit: maxPathBytes } });
}

function tooMany(limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `the commit has more than the limit of ${limit} files`, {
    data: { limit },
  });
}
