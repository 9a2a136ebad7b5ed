// Versions that are about to be written into a go.mod (spec §9.14, §9.17).

import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { pathMajorPrefix, pathMajorProblem, splitPathVersion } from '../module/path-major.ts';
import { isCanonicalVersion } from '../module/version.ts';
import { major } from '../semver/parts.ts';

/**
 * Checks a version that is to be written for module `path`, in an `exclude` or `retract`: canonical (spec §1.14), and it
 * fits the path (spec §1.11).
 *
 * Throws `invalid_version`; for `v2.3.4` of a path without suffix the message suggests `+incompatible`.
 */
export function checkCanonicalVersion(path: string, version: string): void {
  const pathMajor = splitPathVersion(path)?.pathMajor;
  const reason = isCanonicalVersion(version)
    ? misfit(path, version, pathMajor)
    : `must be of the form ${pathMajorPrefix(pathMajor ?? '') || 'v1'}.2.3`;
  if (reason === undefined) return;
  throw new GoModKitError('invalid_version', `version ${quote(version)} invalid: ${reason}`, {
    data: { path, version },
  });
}

function misfit(path: string, version: string, pathMajor: string | undefined): string | undefined {
  const problem = pathMajor === undefined ? undefined : pathMajorProblem(version, pathMajor);
  if (problem === undefined || pathMajor !== '') return problem;
  // Who writes v2.3.4 for a path without suffix means one of these.
  return `should be ${version}+incompatible (or module ${path}/${major(version)})`;
}
