// What a version's commit is called in the repository (spec §4.17).

import { isPseudoVersion, pseudoVersionRev } from '../../../module/index.ts';
import { isValid } from '../../../semver/index.ts';
import { withoutIncompatible } from './incompatible.ts';
import type { ModuleLayout } from './layout.ts';

/** The name under which `query` is looked up: a commit for pseudo-versions, a tag for versions, else the query itself. */
export function revisionName({ tagPrefix }: ModuleLayout, query: string): string {
  if (!isValid(query)) return query;
  if (isPseudoVersion(query)) return pseudoVersionRev(query);
  return tagPrefix + withoutIncompatible(query);
}
