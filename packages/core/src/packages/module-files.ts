// The files of a module, wherever they are: what package loading needs of them.
//
// Invariants:
// - Paths are slash-separated and relative to the module's root, which is ''.
// - Only what matters to packages is listed: files that end in `.go`, and go.mod.

import { join, openStream, readDirectory, stat } from '#files';
import { GoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { DirectoryEntry } from '../platform/types.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { ZipEntry, ZipReader } from '../zip/index.ts';

/** What is in a directory of a module. */
export interface ModuleDirectory {
  /** Names of regular files; others than `*.go` and go.mod may be left out. */
  readonly files: readonly string[];
  /** Names of directories, without symbolic links. */
  readonly directories: readonly string[];
}

/** The files of a module. Anything that has files can be one. */
export interface ModuleFiles {
  /** What is in a directory; undefined where there is none. */
  list(directory: string, options?: CallOptions): Promise<ModuleDirectory | undefined>;
  /** The content of a file that was listed. */
  read(file: string, options?: CallOptions): AsyncIterable<Uint8Array>;
}

/**
 * The files of a module in a local directory. Rejects with `invalid_argument` when there is none, `unsupported` where there is no file
 * system.
 *
 * @example
 * ```ts
 * import { directoryFiles, loadPackages } from '@gomodkit/core/packages';
 * import { parse } from '@gomodkit/core/modfile';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * async function importsOf(directory: string, goMod: string): Promise<string[]> {
 *   const main = { goMod: parse('go.mod', goMod), files: await directoryFiles(directory) };
 *   const graph = await loadPackages(main, { source: upstreamSource('https://goproxy.example') });
 *   return graph.packages.map(({ path }) => path);
 * }
 * ```
 */
export async function directoryFiles(root: string): Promise<ModuleFiles> {
  if ((await stat(root))?.kind !== 'directory') {
    throw new GoModKitError('invalid_argument', `${root} is no directory`);
  }
  return {
    async list(directory, { signal } = {}) {
      signal?.throwIfAborted();
      const place = join(root, directory);
      const entries = await readDirectory(place);
      if (entries === undefined) return undefined;
      const files: string[] = [];
      for (const entry of entries) if (isOfInterest(entry.name) && (await isFile(entry, place))) files.push(entry.name);
      return { files, directories: entries.filter(({ kind }) => kind === 'directory').map(({ name }) => name) };
    },
    async *read(file, { signal } = {}) {
      signal?.throwIfAborted();
      yield* await openStream(join(root, file));
    },
  };
}

/** Files may be symbolic links. */
async function isFile({ name, kind }: DirectoryEntry, directory: string): Promise<boolean> {
  return kind === 'regular' || (kind === 'symlink' && (await stat(join(directory, name)))?.kind === 'regular');
}

/** The files in the zip of a module. Entries that do not belong to it are not seen. */
export function zipFiles({ path, version }: ModuleVersion, reader: ZipReader): ModuleFiles {
  const prefix = `${path}@${version}/`;
  const tree = new Map<string, { readonly files: Map<string, ZipEntry>; readonly directories: Set<string> }>();
  const directory = (name: string): { readonly files: Map<string, ZipEntry>; readonly directories: Set<string> } => {
    const known = tree.get(name);
    if (known !== undefined) return known;
    const made = { files: new Map<string, ZipEntry>(), directories: new Set<string>() };
    tree.set(name, made);
    if (name !== '') directory(parentOf(name)).directories.add(name.slice(name.lastIndexOf('/') + 1));
    return made;
  };
  for (const entry of reader.entries) {
    if (!entry.name.startsWith(prefix) || !isOfInterest(entry.name)) continue;
    const file = entry.name.slice(prefix.length);
    directory(parentOf(file)).files.set(file.slice(file.lastIndexOf('/') + 1), entry);
  }
  return {
    async list(name) {
      const found = tree.get(name);
      return found && { files: [...found.files.keys()], directories: [...found.directories] };
    },
    async *read(file, { signal } = {}) {
      const entry = tree.get(parentOf(file))?.files.get(file.slice(file.lastIndexOf('/') + 1));
      if (entry === undefined) throw new GoModKitError('not_found', `${prefix}${file} is not in the zip`);
      for await (const chunk of reader.contents(entry)) {
        signal?.throwIfAborted();
        yield chunk;
      }
    },
  };
}

function isOfInterest(name: string): boolean {
  return name.endsWith('.go') || name === 'go.mod' || name.endsWith('/go.mod');
}

/** The directory of a file or directory; '' for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
