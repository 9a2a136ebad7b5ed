// `MODULE@VERSION` as people write it on a command line.

import { GoModKitError, isGoModKitError, module } from '@gomodkit/core';

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
  argued(() => module.checkPath(path));
  return { path, query };
}

/** Parses `MODULE@VERSION` where the version must be canonical and fit the path. */
export function parseModuleVersion(text: string): module.ModuleVersion {
  const { path, query } = parseModuleQuery(text);
  argued(() => module.check(path, query));
  if (module.canonicalVersion(query) !== query)
    throw new GoModKitError(
      'invalid_argument',
      `${text}: version is not canonical; write ${module.canonicalVersion(query)}`,
    );
  return { path, version: query };
}

/** What breaks a rule of modules here was typed so. */
function argued(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!isGoModKitError(cause)) throw cause;
    throw new GoModKitError('invalid_argument', cause.message, { cause, data: cause.data });
  }
}
