// The files of a directory that may become a module zip (spec §7.8).
//
// Invariants:
// - Directories are walked in lexical order, names ordered by their bytes; symbolic links are never followed.
// - The directory itself may be named by a symbolic link (Go would find nothing in it).

import { join, lstat, openStream, readDirectory, readFile, stat } from '#files';
import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { DirectoryEntry } from '../platform/types.ts';
import type { FileProblem } from './checked.ts';
import { goVersionOf } from './go-version.ts';
import { maxGoMod } from './limits.ts';
import type { ZipSourceFile } from './source-file.ts';
import { isVendored } from './vendor.ts';

/** What a walk finds: files to judge, and what it passed by. Paths are relative to the directory. */
export interface ListedDirectory {
  readonly files: readonly ZipSourceFile[];
  readonly omitted: readonly FileProblem[];
}

const versionControl: ReadonlySet<string> = new Set(['.bzr', '.git', '.hg', '.svn']);

/** Walks a directory. Rejects with `invalid_argument` when it is none. */
export async function listDirectory(root: string, signal: AbortSignal | undefined): Promise<ListedDirectory> {
  await requireDirectory(root);
  const goVersion = await directoryGoVersion(root);
  const files: ZipSourceFile[] = [];
  const omitted: FileProblem[] = [];

  const walk = async (directory: string, prefix: string): Promise<void> => {
    signal?.throwIfAborted();
    for (const entry of await sortedEntries(directory)) {
      const path = prefix + entry.name;
      const place = join(directory, entry.name);
      // A vendored directory is reported, and what is in it as well.
      const error = isVendored(path, goVersion) ? 'file is in vendor directory' : await passedBy(entry, place);
      if (error !== undefined) omitted.push({ path, error });
      const skipped = error !== undefined && error !== 'file is in vendor directory';
      if (entry.kind === 'directory' && !skipped) await walk(place, `${path}/`);
      else if (error === undefined) files.push(await directoryFile(path, place));
    }
  };
  await walk(root, '');
  return { files, omitted };
}

/** Why an entry, be it a directory with all that is in it, is not looked at any further. */
async function passedBy(entry: DirectoryEntry, place: string): Promise<string | undefined> {
  if (entry.kind !== 'directory') return entry.kind === 'regular' ? undefined : 'not a regular file';
  if (versionControl.has(entry.name)) return 'directory is a version control repository';
  const goMod = await lstat(join(place, 'go.mod'));
  return goMod !== undefined && goMod.kind !== 'directory' ? 'directory is in another module' : undefined;
}

/** Rejects with `invalid_argument` when there is no such directory. */
export async function requireDirectory(root: string): Promise<void> {
  const found = await stat(root);
  if (found?.kind === 'directory') return;
  const state = found === undefined ? 'does not exist' : 'is not a directory';
  throw new GoModKitError('invalid_argument', `${root} ${state}`);
}

/** What is in a directory, names ordered by their bytes. */
export async function sortedEntries(directory: string): Promise<DirectoryEntry[]> {
  const entries = (await readDirectory(directory)) ?? [];
  return entries.sort((a, b) => compareUtf8(a.name, b.name));
}

async function directoryGoVersion(root: string): Promise<string | undefined> {
  const path = join(root, 'go.mod');
  try {
    const found = await stat(path);
    if (found?.kind !== 'regular' || found.size > maxGoMod) return undefined;
    const goMod = await readFile(path);
    return goMod && goVersionOf(goMod);
  } catch {
    // As in Go: one that cannot be read, such as a link to itself, has no version.
    return undefined;
  }
}

async function directoryFile(path: string, place: string): Promise<ZipSourceFile> {
  // A name that is not UTF-8 is not found again; it is refused for its name, whatever its size.
  const size = (await lstat(place))?.size ?? 0;
  return { path, kind: 'regular', size, open: () => openStream(place) };
}
