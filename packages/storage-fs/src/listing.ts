// Listing a tree in key order without reading all of it.
//
// Invariants:
// - A folder compares as its name with `/` behind it, so that `a-b/c` < `a.b/c` < `a/b`: the order of keys is kept by walking.
// - Only folders that can hold a key with the prefix, after `after`, are opened; of a folder only the names that can still be
//   needed are kept, so memory is bounded by the page and the depth, not by the tree.
// - Symlinks are not followed, and what is no key (foreign files, `@v/list`, temporary files) is not there.

import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { compareKeys, type ListBounds } from '@gomodkit/core/storage';
import { isAbsent } from './faults.ts';
import { type FileOperations, patiently } from './files.ts';
import { isFileKey, privateFolder } from './layout.ts';

/** A name in a folder that a listing may need. */
interface Name {
  /** What it sorts by: the key of a file, the key and `/` of a folder. */
  readonly sort: string;
  readonly folder: boolean;
}

/** Keys of files in the tree at `root`, in order, within the bounds; at most a little more than `bounds.limit` are produced at once. */
export async function* walkKeys(
  files: FileOperations,
  root: string,
  bounds: ListBounds,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  const start = bounds.prefix.slice(0, bounds.prefix.lastIndexOf('/') + 1);
  yield* walkFolder(files, root, start, bounds, signal);
}

async function* walkFolder(
  files: FileOperations,
  root: string,
  folder: string,
  bounds: ListBounds,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  let beyond = '';
  for (;;) {
    signal?.throwIfAborted();
    const { names, complete } = await readNames(files, root, folder, bounds, beyond);
    for (const { sort, folder: isFolder } of names) {
      if (isFolder) yield* walkFolder(files, root, sort, bounds, signal);
      else if (isFileKey(sort)) yield sort;
    }
    const last = names.at(-1);
    if (complete || last === undefined) return;
    beyond = last.sort;
  }
}

/** The first names of a folder behind `beyond` that are needed, sorted; `complete` when there are no others. */
async function readNames(
  files: FileOperations,
  root: string,
  folder: string,
  bounds: ListBounds,
  beyond: string,
): Promise<{ readonly names: Name[]; readonly complete: boolean }> {
  const most = Math.max(bounds.limit + 1, 64);
  const names: Name[] = [];
  let complete = true;
  const keep = (): void => {
    names.sort((a, b) => compareKeys(a.sort, b.sort));
    if (names.length <= most) return;
    names.length = most;
    complete = false;
  };
  try {
    for await (const entry of await patiently(() => files.opendir(join(root, folder), { bufferSize: 256 }))) {
      const type = isTold(entry) ? entry : await typeOf(files, join(root, folder, entry.name));
      const name = nameOf(folder, entry.name, type);
      if (name === undefined || !isNeeded(name, bounds) || compareKeys(name.sort, beyond) <= 0) continue;
      names.push(name);
      if (names.length >= 4 * most) keep();
    }
  } catch (error) {
    // Removed meanwhile, or never there.
    if (!isAbsent(error)) throw error;
  }
  keep();
  return { names, complete };
}

type Type = Pick<Dirent, 'isFile' | 'isDirectory'>;

/** Some file systems do not tell types in listings. */
function isTold(entry: Dirent): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink() || entry.isFIFO() || entry.isSocket();
}

async function typeOf(files: FileOperations, path: string): Promise<Type | undefined> {
  try {
    return await files.lstat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function nameOf(folder: string, name: string, type: Type | undefined): Name | undefined {
  if (type === undefined || (folder === '' && name === privateFolder)) return undefined;
  const key = `${folder}${name}`;
  if (type.isDirectory()) return { sort: `${key}/`, folder: true };
  return type.isFile() ? { sort: key, folder: false } : undefined;
}

function isNeeded({ sort, folder }: Name, { prefix, after }: ListBounds): boolean {
  const inPrefix = sort.startsWith(prefix) || (folder && prefix.startsWith(sort));
  return inPrefix && (compareKeys(sort, after) > 0 || (folder && after.startsWith(sort)));
}
