// Giving an object its name, once.
//
// Invariants:
// - An object appears by link(), which is atomic and never overwrites: temporary file → fsync → link → unlink → fsync of the folder.
// - After link() a create no longer aborts: what readers can see has been created.
// - The file system is asked, not this process's memory: any number of processes may do the same at once.

import { dirname } from 'node:path';
import { GoModKitError } from '@gomodkit/core/errors';
import type { ByteSource, CallOptions } from '@gomodkit/core/storage';
import { errno, isNoLink } from './faults.ts';
import type { FileOperations } from './files.ts';
import { infoKey } from './layout.ts';
import { type Temporary, type TemporaryFolder, writeTemporary } from './temporary.ts';
import type { Tree } from './tree.ts';
import type { Change, VersionLists } from './version-lists.ts';

/** The directory of a storage, once it is there. */
export interface Opened {
  readonly tree: Tree;
  readonly lists: VersionLists;
  readonly temporary: TemporaryFolder;
}

/** Writes a source and gives it its name; resolves to whether that was ours to give. Rejects with ENOENT when a folder vanished. */
export async function createObject(
  opened: Opened,
  key: string,
  source: ByteSource,
  options: CallOptions,
): Promise<boolean> {
  const temporary = await writeTemporary(opened.temporary, source, options);
  try {
    const info = infoKey(key);
    const place = (): Promise<Change> => placeObject(opened, key, temporary, options);
    return (await (info === undefined ? place() : opened.lists.around(info, place))) === 'created';
  } finally {
    await temporary.discard();
  }
}

async function placeObject(
  { tree, temporary: { files } }: Opened,
  key: string,
  temporary: Temporary,
  options: CallOptions,
): Promise<Change> {
  const folder = dirname(key);
  await tree.makeFolder(folder);
  if (!(await tree.isReal(tree.path(folder)))) {
    throw new GoModKitError('storage_unavailable', `the folder of ${key} is a symlink or gone; it is not followed`, {
      data: { key, transient: false },
    });
  }
  options.signal?.throwIfAborted();
  const created = await link(files, temporary, tree.path(key), key);
  await temporary.discard();
  await tree.sync(folder);
  return created ? 'created' : 'none';
}

/** The one step that publishes. */
async function link(files: FileOperations, temporary: Temporary, path: string, key: string): Promise<boolean> {
  try {
    await files.link(temporary.path, path);
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST') return explainExisting(files, temporary, path, key);
    if (!isNoLink(error)) throw error;
    throw new GoModKitError(
      'unsupported',
      'this file system has no hard links, without which objects cannot be created once only',
      { cause: error, data: { errno: errno(error) } },
    );
  }
}

/** What EEXIST means: somebody was faster, we were (NFS repeats calls whose answer was lost), or no object is there. */
async function explainExisting(
  files: FileOperations,
  temporary: Temporary,
  path: string,
  key: string,
): Promise<boolean> {
  const [own, there] = await Promise.all([temporary.path, path].map((each) => files.lstat(each, { bigint: true })));
  if (own !== undefined && own.ino === there?.ino && own.dev === there.dev) return true;
  if (there?.isFile()) return false;
  if (there?.isDirectory()) {
    throw new GoModKitError(
      'invalid_key',
      `key ${key} clashes with the keys below it: no key may be a path-prefix of another`,
      { data: { key } },
    );
  }
  throw new GoModKitError('storage_unavailable', `${key} is a symlink or a special file; it is not followed`, {
    data: { key, transient: false },
  });
}
