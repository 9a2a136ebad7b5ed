// Which versions of a module without go.mod may have a major version that its path does not show (spec §5.15, §4.11).

import { major } from '../../../semver/index.ts';
import type { CommitFiles } from './commit-files.ts';
import type { ModuleLayout } from './layout.ts';

/** The suffix of such versions. */
export const incompatibleSuffix = '+incompatible';

/** A version without the suffix. */
export function withoutIncompatible(version: string): string {
  return version.endsWith(incompatibleSuffix) ? version.slice(0, -incompatibleSuffix.length) : version;
}

/**
 * Whether `version` may be `+incompatible` at a commit. Somebody who asks for that explicitly may have it also where a `vN/go.mod`
 * stands, as older go commands did not look there.
 */
export async function mayBeIncompatible(
  { directory, pathMajor }: ModuleLayout,
  files: CommitFiles,
  version: string,
  requested: string,
): Promise<boolean> {
  if (directory !== '' || pathMajor !== '') return false;
  if (await files.isReadable('go.mod')) return false;
  if (requested.endsWith(incompatibleSuffix)) return true;
  return !(await files.isReadable(`${major(version)}/go.mod`));
}
