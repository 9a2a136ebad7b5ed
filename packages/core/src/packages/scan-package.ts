// What a package imports, file by file, and which directories of a module are packages.
//
// Invariants:
// - Files that begin with `_` or `.` do not exist for packages.
// - Directories that begin with `_` or `.`, `testdata`, what is below `vendor`, what go.mod ignores, and other modules have no packages.
// - Lists are sorted by bytes, each path once, without `C` and the packages that only App Engine had.

import { compareUtf8 } from '../bytes/utf8.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { ModuleDirectory, ModuleFiles } from './module-files.ts';
import { scanGoFile } from './scan-file.ts';

/** What a package imports, under any build tags. */
export interface PackageImports {
  readonly imports: readonly string[];
  /** Imports of its tests, also of those in `package p_test`. */
  readonly testImports: readonly string[];
}

/**
 * The imports of the package in a directory; undefined where no file of it can be part of a build, which the go command calls "no Go
 * source files". Rejects as `files` does.
 */
export async function scanPackage(
  files: ModuleFiles,
  directory: string,
  options: CallOptions = {},
): Promise<PackageImports | undefined> {
  const imports = new Set<string>();
  const testImports = new Set<string>();
  let isPackage = false;
  for (const name of goFiles(await files.list(directory, options))) {
    const scanned = await scanGoFile(files.read(joinPath(directory, name), options));
    if (!scanned.canBuild) continue;
    isPackage = true;
    const into = name.endsWith('_test.go') ? testImports : imports;
    for (const path of scanned.imports) if (!isNoPackage(path)) into.add(path);
  }
  return isPackage ? { imports: sorted(imports), testImports: sorted(testImports) } : undefined;
}

/** Names of the files that make a directory a package, whatever their constraints say. */
export function goFiles(directory: ModuleDirectory | undefined): readonly string[] {
  return (directory?.files ?? []).filter((name) => name.endsWith('.go') && !/^[._]/.test(name));
}

/** The directories of a module that are packages, sorted; `ignore` are the paths of its go.mod's `ignore` directives. */
export async function packageDirectories(
  files: ModuleFiles,
  ignore: readonly string[],
  options: CallOptions = {},
): Promise<readonly string[]> {
  const isIgnored = ignoring(ignore);
  const found: string[] = [];
  const walk = async (path: string): Promise<void> => {
    options.signal?.throwIfAborted();
    const directory = await files.list(path, options);
    if (directory === undefined || (path !== '' && directory.files.includes('go.mod'))) return;
    if (goFiles(directory).length > 0 && (await scanPackage(files, path, options)) !== undefined) found.push(path);
    if (/(?:^|\/)vendor$/.test(path)) return;
    for (const name of directory.directories) {
      const below = joinPath(path, name);
      if (!/^[._]/.test(name) && name !== 'testdata' && !isIgnored(below)) await walk(below);
    }
  };
  await walk('');
  return found.sort(compareUtf8);
}

/** A path that begins with `./` means that directory, any other one every directory of that name. */
function ignoring(patterns: readonly string[]): (directory: string) => boolean {
  const relative = patterns.filter((each) => each.startsWith('./')).map((each) => enclosed(each.slice(2)));
  const anywhere = patterns.filter((each) => !each.startsWith('./')).map(enclosed);
  return (directory) => {
    const path = enclosed(directory);
    return relative.some((each) => path.startsWith(each)) || anywhere.some((each) => path.includes(each));
  };
}

function enclosed(path: string): string {
  return `${path.startsWith('/') ? '' : '/'}${path}${path.endsWith('/') ? '' : '/'}`;
}

/** What is written as an import and is none. */
function isNoPackage(path: string): boolean {
  return path === 'C' || /^(?:appengine|appengine_internal)(?:\/|$)/.test(path);
}

function sorted(paths: ReadonlySet<string>): readonly string[] {
  return [...paths].sort(compareUtf8);
}

/** A path below a directory, which may be the root. */
export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : name === '' ? directory : `${directory}/${name}`;
}
