// Which go.mod of a commit is a module's, and whether there has to be one (spec §5A).
//
// Invariants:
// - Only the major version in a go.mod's module path counts, never the path itself (spec §5.7): forks are used by `replace`.
// - A module that is not where it must be is `not_found`, with Go's reason.

import { GoModKitError } from '../../../errors/error.ts';
import { modulePath } from '../../../modfile/index.ts';
import { pathMajorPrefix, splitPathVersion } from '../../../module/index.ts';
import { major } from '../../../semver/index.ts';
import { type CommitFiles, invalidVersion } from './commit-files.ts';
import { joinPath, type ModuleLayout } from './layout.ts';

/** A module in a commit. */
export interface LocatedModule {
  /** Its directory, a major directory included. */
  readonly directory: string;
  /** Its go.mod; undefined where there is none and need not be. */
  readonly goMod: Uint8Array | undefined;
}

/** What is looked for: a version, and the name its commit is called by in messages (spec §5.11). */
export interface WantedModule {
  readonly version: string;
  readonly revision: string;
}

interface Candidate {
  readonly file: string;
  readonly bytes: Uint8Array | undefined;
  /** What its module line says; empty for none. */
  readonly path: string;
  readonly counts: boolean;
}

/** Finds the module, in the order of spec §5.9. */
export async function locateModule(
  layout: ModuleLayout,
  files: CommitFiles,
  { version, revision }: WantedModule,
): Promise<LocatedModule> {
  const { root, prefix, pathMajor, directory } = layout;
  const absent = (why: string) => invalidVersion(layout.path, version, `${why} at revision ${revision}`);
  const first = await candidate(layout, files, directory);
  const majorDirectory = joinPath(directory, pathMajor);
  const isConsidered = pathMajor.startsWith('/') && root !== layout.path;
  if (isConsidered) {
    const second = await candidate(layout, files, majorDirectory, pathMajor);
    if (first.counts && second.counts) {
      throw absent(`${prefix}/${first.file} and ...${pathMajor}/go.mod both have ...${pathMajor} module paths`);
    }
    if (second.counts) return { directory: majorDirectory, goMod: second.bytes };
    if (second.bytes !== undefined) {
      if (second.path === '') throw absent(`${root}/${second.file} is missing module path`);
      throw absent(`${root}/${second.file} has non-...${pathMajor} module path ${JSON.stringify(second.path)}`);
    }
  }
  if (first.counts) return { directory, goMod: first.bytes };
  const suffix = isConsidered ? ` (and ...${pathMajor}/go.mod does not exist)` : '';
  if (first.bytes !== undefined) throw absent(`${mismatchOf(layout, first, version)}${suffix}`);
  if (directory === '' && !pathMajor.startsWith('/')) return { directory, goMod: undefined };
  throw absent(`missing ${prefix}/go.mod${isConsidered ? ` and ...${pathMajor}/go.mod` : ''}`);
}

async function candidate(
  layout: ModuleLayout,
  files: CommitFiles,
  directory: string,
  majorDirectory?: string,
): Promise<Candidate> {
  const file = joinPath(directory, 'go.mod');
  const bytes = await files.read(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof GoModKitError)) throw error;
    throw new GoModKitError(error.code, `reading ${layout.root}/${file}: ${reason}`, {
      cause: error,
      data: error.data,
    });
  });
  const path = bytes === undefined ? '' : modulePath(bytes);
  // A bug of old made unversioned paths replace gopkg.in's (spec §5.8).
  const forGopkg = majorDirectory === undefined && layout.pathMajor === '' && path.startsWith('gopkg.in/');
  return { file, bytes, path, counts: bytes !== undefined && (hasMajor(path, layout.pathMajor) || forGopkg) };
}

/** Whether a module path's major is that of `pathMajor` (spec §5.7). */
function hasMajor(path: string, pathMajor: string): boolean {
  const split = path === '' ? undefined : splitPathVersion(path);
  if (split === undefined) return false;
  if (pathMajor === '') return ['', 'v0', 'v1'].includes(pathMajorPrefix(split.pathMajor));
  return split.pathMajor !== '' && split.pathMajor.slice(1) === pathMajor.slice(1);
}

function mismatchOf({ pathMajor }: ModuleLayout, { file, path }: Candidate, version: string): string {
  if (path === '') return `${file} is missing module path`;
  const quoted = JSON.stringify(path);
  if (pathMajor !== '') return `${file} has non-...${pathMajor} module path ${quoted}`;
  if (splitPathVersion(path) === undefined) return `${file} has malformed module path ${quoted}`;
  return `${file} has post-${major(version)} module path ${quoted}`;
}
