// `MODULE@VERSION` as people write it on a command line.

import { GoModKitError, module } from '@gomodkit/core';

/** Parses `MODULE@QUERY`; both parts are there, the path is valid. */
export function parseModuleQuery(text: string): { readonly path: string; readonly query: string } {
  const at = text.indexOf('@');
  const path = at < 0 ? text : text.slice(0, at);
  const query = at < 0 ? '' : text.slice(at + 1);
  if (query === '')
    throw new GoModKitError(
      'invalid_argument',
      `"${text}" names no version: write MODULE@VERSION, such as ${path || 'example.com/m'}@v1.2.3`,
    );
  module.checkPath(path);
  return { path, query };
}

/** Parses `MODULE@VERSION` where the version must be canonical and fit the path. */
export function parseModuleVersion(text: string): module.ModuleVersion {
  const { path, query } = parseModuleQuery(text);
  module.check(path, query);
  if (module.canonicalVersion(query) !== query)
    throw new GoModKitError(
      'invalid_version',
      `${text}: version is not canonical; write ${module.canonicalVersion(query)}`,
    );
  return { path, version: query };
}
