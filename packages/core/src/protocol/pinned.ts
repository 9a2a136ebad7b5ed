// Which versions of a module can have a go.mod and a zip (spec §10.8).
//
// Invariant: what passes is canonical and fits its path, so it names the same bytes for ever.

import { pathMajorProblem, splitPathVersion } from '../module/path-major.ts';
import { isCanonicalVersion } from '../module/version.ts';

/** Why `.mod` and `.zip` of this version cannot exist, or undefined. The module path is valid. */
export function whyNotPinned(module: string, version: string): string | undefined {
  if (!isCanonicalVersion(version)) return 'only canonical versions have one; .info says which version this is';
  const pathMajor = splitPathVersion(module)?.pathMajor ?? '';
  const problem = pathMajorProblem(version, pathMajor);
  if (problem === undefined || pathMajor !== '') return problem;
  const major = version.slice(0, version.indexOf('.'));
  return `${problem}; ${major} is named ${module}/${major}, or ends in +incompatible`;
}
