// A checkout on disk as a module with one version.
//
// Invariants:
// - Without a version of its own, the version follows the files: other names, sizes or times give another pseudo-version.
// - A version that the files no longer have is "not there": what was captured before stays with whoever captured it.

import { join, readFile, stat } from '#files';
import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { modulePath } from '../modfile/index.ts';
import {
  check,
  checkPath,
  isCanonicalVersion,
  isPseudoVersion,
  pathMajorPrefix,
  pseudoVersion,
  splitPathVersion,
} from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import { createZipFromDirectory } from '../zip/index.ts';
import { listDirectory } from '../zip/list-directory.ts';
import { isVersionPrefix, withPrefix } from './list.ts';
import type { ModuleSource, VersionInfo } from './source.ts';

/** Options of {@link directorySource}. */
export interface DirectorySourceOptions {
  /** Default: what the module line of go.mod says. */
  readonly path?: string | undefined;
  /** Canonical and fitting the path. Default: a pseudo-version made from the newest modification time and a hash over names, sizes and times. */
  readonly version?: string | undefined;
}

/**
 * Serves the directory `directory` as one version of one module; the zip is made as the go command would make it. Everything else
 * rejects with `not_found`.
 *
 * Calls reject with `invalid_argument` when there is no such directory or no path is known, and with `invalid_path` or
 * `invalid_version` when it cannot be a module.
 *
 * @example
 * ```ts
 * import { chain, directorySource, upstreamSource } from '@gomodkit/core';
 *
 * const source = chain([
 *   { source: directorySource('./checkout', { version: 'v1.2.3' }) },
 *   { source: upstreamSource('https://goproxy.example') },
 * ]);
 * ```
 */
export function directorySource(directory: string, options: DirectorySourceOptions = {}): ModuleSource {
  const current = (path: string, version: string | undefined, call: CallOptions) =>
    describe(directory, options, path, version, call);
  return {
    async versions(path, call = {}) {
      const { version } = await current(path, undefined, call);
      return isPseudoVersion(version) ? [] : [version];
    },
    async resolve(path, query, call = {}) {
      const info = await current(path, undefined, call);
      const matches = query === 'latest' || query === info.version;
      if (matches || (isVersionPrefix(query) && withPrefix([info.version], query).length > 0)) return info;
      throw absent(path, query, info.version);
    },
    async goMod(path, version, call = {}) {
      await current(path, version, call);
      return (await readFile(join(directory, 'go.mod'))) ?? encodeUtf8(`module ${path}\n`);
    },
    async zip(path, version, call = {}) {
      await current(path, version, call);
      return { body: createZipFromDirectory({ path, version }, directory, call) };
    },
  };
}

/** What the directory is now. Rejects with `not_found` when that is another path, or another version than `wanted`. */
async function describe(
  directory: string,
  options: DirectorySourceOptions,
  path: string,
  wanted: string | undefined,
  { signal }: CallOptions,
): Promise<VersionInfo> {
  signal?.throwIfAborted();
  const own = options.path ?? (await declaredPath(directory));
  if (own !== path) throw new GoModKitError('not_found', `module ${path}: the directory holds ${own}`);
  checkPath(path);
  const state = await snapshot(directory, signal);
  const version = options.version ?? pseudo(path, state);
  check(path, version);
  if (!isCanonicalVersion(version)) {
    throw new GoModKitError('invalid_version', `${path}@${version}: the version is not canonical`);
  }
  if (wanted !== undefined && wanted !== version) throw absent(path, wanted, version);
  return { version, time: rfc3339(state.modified) };
}

async function declaredPath(directory: string): Promise<string> {
  const goMod = await readFile(join(directory, 'go.mod'));
  const declared = goMod === undefined ? '' : modulePath(goMod);
  if (declared !== '') return declared;
  const message = 'the directory has no go.mod that names a module; give its path in the option `path`';
  throw new GoModKitError('invalid_argument', message);
}

interface Snapshot {
  /** The newest modification, in whole seconds as in pseudo-versions. */
  readonly modified: Date;
  /** 12 hexadecimal digits over names, sizes and times. */
  readonly digest: string;
}

async function snapshot(directory: string, signal: AbortSignal | undefined): Promise<Snapshot> {
  const { files } = await listDirectory(directory, signal);
  let newest = 0;
  const lines: string[] = [];
  for (const { path, size } of files) {
    signal?.throwIfAborted();
    const modified = (await stat(join(directory, path)))?.modified.getTime() ?? 0;
    newest = Math.max(newest, modified);
    lines.push(`${JSON.stringify(path)} ${size} ${modified}\n`);
  }
  const hash = sha256(encodeUtf8(lines.join('')));
  return { modified: new Date(Math.floor(newest / 1000) * 1000), digest: hex(hash.subarray(0, 6)) };
}

function pseudo(path: string, { modified, digest }: Snapshot): string {
  const major = pathMajorPrefix(splitPathVersion(path)?.pathMajor ?? '');
  return pseudoVersion({ major, time: modified, rev: digest });
}

function rfc3339(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

function absent(path: string, query: string, version: string): GoModKitError {
  return new GoModKitError('not_found', `${path}@${query}: the directory holds ${version}`);
}
