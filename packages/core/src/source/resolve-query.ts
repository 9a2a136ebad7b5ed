// What a client asks a source when somebody names a version or a revision.

import { isGoModKitError } from '../errors/error.ts';
import { canonicalVersion } from '../module/index.ts';
import { build } from '../semver/index.ts';
import type { ModuleSource, VersionInfo, VersionOptions } from './source.ts';

/**
 * Resolves a query, and a version with other build metadata that no tag has as the version without it (spec §4.5): `v1.2.3+meta` is
 * `v1.2.3` then. Rejects with what the source said of the query itself.
 */
export async function resolveQuery(
  source: Pick<ModuleSource, 'resolve'>,
  path: string,
  query: string,
  options: VersionOptions = {},
): Promise<VersionInfo> {
  try {
    return await source.resolve(path, query, options);
  } catch (error) {
    const canonical = canonicalVersion(query);
    if (build(query) === '' || canonical === query || !isAbsence(error)) throw error;
    return source.resolve(path, canonical, options).catch((other: unknown) => {
      throw isAbsence(other) ? error : other;
    });
  }
}

function isAbsence(error: unknown): boolean {
  return isGoModKitError(error, 'not_found', 'gone', 'invalid_version');
}
