// `npm:PACKAGE?options`: a storage that somebody else wrote.
//
// Invariants:
// - A package is looked for as the working directory sees it, then as this program sees it; a path only from the working directory.
// - Options are handed over as they are, and never shown: what they mean, and which are secrets, is known to the plugin alone.
// - What a plugin opens has the four methods of a storage, or is refused before anything relies on it.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { GoModKitError, isGoModKitError, type OpenStorage, type Storage } from '@gomodkit/core';
import { createJiti, type Jiti } from 'jiti';
import { ownPackages } from '../own-packages.ts';
import type { OpenPlace } from './choice.ts';
import { whyNotLoaded } from './load-package.ts';
import { queryOptions, refused } from './url-options.ts';

/** A package name, with a scope and a path inside it perhaps. */
const packageName = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/[\w.~-]+)*$/i;

/** Whether a text without scheme names a plugin: `PACKAGE?options`. A directory of such a name is written `./NAME`. */
export function isPluginText(value: string): boolean {
  const at = value.indexOf('?');
  return at > 0 && packageName.test(value.slice(0, at));
}

/** Opens it. Rejects with `invalid_argument`, `unsupported`, or what the plugin rejects with. */
export const openPlugin: OpenPlace = async ({ location, query, workingDirectory }) => {
  const specifier = location.replace(/^npm:/i, '');
  if (!packageName.test(specifier) && !isPath(specifier))
    throw refused('npm', 'want npm:PACKAGE?options, or npm:./FILE?options');
  const open = await load(specifier, workingDirectory);
  const options = Object.fromEntries(queryOptions(query, 'npm'));
  return {
    storage: checked(await opened(open, options, workingDirectory, specifier), specifier),
    name: `plugin ${specifier}`,
  };
};

async function load(specifier: string, workingDirectory: string): Promise<OpenStorage> {
  let module: { openStorage?: unknown };
  try {
    module = (await importFrom(specifier, workingDirectory)) as { openStorage?: unknown };
  } catch (cause) {
    if (isGoModKitError(cause)) throw cause;
    throw new GoModKitError('unsupported', `npm storage: it ${whyNotLoaded(specifier, cause)}`, { cause });
  }
  if (typeof module.openStorage !== 'function')
    throw refused('npm', `${specifier} exports no function openStorage, so it is no storage plugin`);
  return module.openStorage as OpenStorage;
}

async function importFrom(specifier: string, workingDirectory: string): Promise<unknown> {
  const here = createJiti(pathToFileURL(join(workingDirectory, 'gomodkit.config.ts')).href, { alias: ownPackages() });
  if (isPath(specifier)) {
    const file = resolve(workingDirectory, specifier);
    if (!existsSync(file)) throw refused('npm', `there is no file ${file}`);
    return importFile(here, pathToFileURL(file).href);
  }
  const url =
    here.esmResolve(specifier, { try: true }) ?? createJiti(import.meta.url).esmResolve(specifier, { try: true });
  if (url !== undefined) return importFile(here, url);
  throw Object.assign(new Error(`cannot find '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
}

/** TypeScript goes through jiti, as configuration files do; anything else is imported as it is. */
function importFile(jiti: Jiti, url: string): Promise<unknown> {
  return /\.[cm]?ts$/.test(url) ? jiti.import(fileURLToPath(url)) : import(url);
}

async function opened(
  open: OpenStorage,
  options: Readonly<Record<string, string>>,
  workingDirectory: string,
  specifier: string,
): Promise<unknown> {
  try {
    return await open(options, { workingDirectory });
  } catch (cause) {
    if (isGoModKitError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GoModKitError('storage_unavailable', `storage plugin ${specifier} cannot be opened: ${reason}`, {
      cause,
    });
  }
}

const methods = ['get', 'head', 'create', 'list'] as const satisfies readonly (keyof Storage)[];

function checked(storage: unknown, specifier: string): Storage {
  const has = (storage ?? {}) as Record<string, unknown>;
  const missing = methods.filter((method) => typeof has[method] !== 'function');
  if (missing.length === 0) return storage as Storage;
  throw refused('npm', `what ${specifier} opened is no storage: it has no ${missing.join(', ')}`);
}

function isPath(specifier: string): boolean {
  return /^(?:\.{0,2}\/|[a-z]:[\\/])/i.test(specifier);
}
