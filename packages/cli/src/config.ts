// The configuration file: gomodkit.config.{ts,js,mjs,json}.
//
// Invariants:
// - Flags win over the file, the file over the environment, the environment over defaults; settings/ decides.
// - A file that is named and missing, or that holds unknown members or values of another type, is an error that names them:
//   a mistyped option never goes unnoticed.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Authorize,
  GoModKitError,
  type ModuleSource,
  type Policy,
  type Storage,
  type SumdbSource,
  type SumdbVerification,
  type ZipRedirect,
} from '@gomodkit/core';
import { createJiti } from 'jiti';
import { ownPackages } from './settings/own-packages.ts';

/** What a configuration file may set. Everything has a default; objects are for what a flag cannot say. */
export interface GomodkitConfig {
  /** Address and port, such as `127.0.0.1:3000` or `[::]:8080`. */
  readonly listen?: string | undefined;
  /** A directory, a storage URL (`file:`, `memory:`, `s3:`, `gs:`, `npm:`) or a {@link Storage}. */
  readonly storage?: string | Storage | undefined;
  /** A list in GOPROXY syntax or a {@link ModuleSource}. */
  readonly upstream?: string | (ModuleSource & Partial<SumdbSource>) | undefined;
  /** `off`, a checksum database in GOSUMDB syntax, or a client of one. */
  readonly sumdb?: string | SumdbVerification | undefined;
  /** Serve also what the checksum database does not know. */
  readonly allowUnknown?: boolean | undefined;
  /** What reads repositories for `direct`: `auto` (the default), `git` or `isomorphic`. */
  readonly gitEngine?: string | undefined;
  /** The directory that keeps copies of repositories. */
  readonly gitCache?: string | undefined;
  /** Addresses of repositories that begin with `from` are read from `to` instead. */
  readonly gitRewrites?: readonly { readonly from: string; readonly to: string }[] | undefined;
  /** Patterns of module paths that no upstream proxy and no checksum database is asked for, in GOPRIVATE syntax. */
  readonly private?: string | undefined;
  /** Answer from storage alone. */
  readonly offline?: boolean | undefined;
  /** Serve below this path instead of `/`. */
  readonly basePath?: string | undefined;
  /** `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`. */
  readonly logLevel?: string | undefined;
  /**
   * `true`: zips are answered with a redirect to the URL that the storage signs; a function says where else they are, such as a CDN. See
   * `zipRedirect` of `createHandler`.
   */
  readonly redirectZips?: boolean | ZipRedirect | undefined;
  /** A file of hashed tokens: who may publish what. Without one nobody can. */
  readonly uploadTokens?: string | undefined;
  /** Who may read what. */
  readonly authorize?: Authorize | undefined;
  /** Which versions are served. */
  readonly policy?: Policy | undefined;
}

/** What each member may be, as `typeof` says it: a file in JSON or JavaScript has no types, and `"false"` is true. */
const members: Readonly<Record<keyof GomodkitConfig, readonly string[]>> = {
  listen: ['string'],
  storage: ['string', 'object'],
  upstream: ['string', 'object'],
  gitEngine: ['string'],
  gitCache: ['string'],
  gitRewrites: ['object'],
  sumdb: ['string', 'object'],
  allowUnknown: ['boolean'],
  private: ['string'],
  offline: ['boolean'],
  basePath: ['string'],
  logLevel: ['string'],
  redirectZips: ['boolean', 'function'],
  uploadTokens: ['string'],
  authorize: ['function'],
  policy: ['function'],
};

/**
 * Gives a configuration file its types.
 *
 * @example
 * ```ts
 * // gomodkit.config.ts
 * import { rangePolicy } from '@gomodkit/core';
 * import { defineConfig } from 'gomodkit';
 *
 * const config = defineConfig({
 *   listen: '127.0.0.1:8080',
 *   policy: rangePolicy([{ modules: 'example.com/old', deny: '<2', reason: 'has known holes' }]),
 * });
 * export { config as default };
 * ```
 */
export function defineConfig(config: GomodkitConfig): GomodkitConfig {
  return config;
}

const defaultNames = ['gomodkit.config.ts', 'gomodkit.config.mjs', 'gomodkit.config.js', 'gomodkit.config.json'];

/** A configuration and the file it came from. */
export interface LoadedConfig {
  readonly config: GomodkitConfig;
  readonly file?: string | undefined;
}

/** Loads `name`, or the first of the default names in `directory`, or nothing. */
export async function loadConfig(name: string | undefined, directory: string): Promise<LoadedConfig> {
  const file = name === undefined ? defaultNames.find((each) => existsSync(resolve(directory, each))) : name;
  if (file === undefined) return { config: {} };
  const path = resolve(directory, file);
  if (!existsSync(path)) throw new GoModKitError('invalid_argument', `configuration file ${file} does not exist`);
  return { config: checked(await read(path, file), file), file };
}

async function read(path: string, file: string): Promise<unknown> {
  try {
    if (path.endsWith('.json')) return JSON.parse(await readFile(path, 'utf8'));
    return await createJiti(pathToFileURL(path).href, { alias: ownPackages() }).import(path, { default: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GoModKitError('invalid_argument', `configuration file ${file} cannot be read: ${reason}`, { cause });
  }
}

function checked(value: unknown, file: string): GomodkitConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GoModKitError('invalid_argument', `configuration file ${file} does not export an object`);
  const known: Readonly<Record<string, readonly string[]>> = members;
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(known, key));
  if (unknown.length > 0) {
    const names = Object.keys(known).join(', ');
    throw new GoModKitError(
      'invalid_argument',
      `configuration file ${file}: unknown ${unknown.join(', ')}; known are ${names}`,
    );
  }
  for (const [name, set] of Object.entries(value)) {
    const types = known[name] ?? [];
    if (set === undefined || (set !== null && types.includes(typeof set))) continue;
    throw new GoModKitError('invalid_argument', `configuration file ${file}: ${name} is no ${types.join(' or ')}`);
  }
  return value as GomodkitConfig;
}
