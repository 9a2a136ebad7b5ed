// Packages that only some storages need, loaded when one of those is named.
//
// Invariant: a package that is not installed is said to be missing, with what installs it; any other failure keeps its cause.

import { GoModKitError } from '@gomodkit/core';

/** Loads with a dynamic import of `name`. Rejects with `unsupported` where it is not installed. */
export async function loadPackage<Module>(name: string, kind: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new GoModKitError('unsupported', `${kind} storage: it ${whyNotLoaded(name, cause)}`, { cause });
  }
}

/** Says why a package could not be loaded. */
export function whyNotLoaded(name: string, cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const missing =
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(message).includes(`'${name}'`);
  return missing
    ? `needs the package ${name}, which is not installed; npm install ${name} installs it`
    : `needs the package ${name}, which cannot be loaded: ${typeof message === 'string' ? message : String(cause)}`;
}
