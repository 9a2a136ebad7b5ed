// Modules in memory: fixtures for tests, and small catalogues.
//
// Invariants:
// - What is wrong with a fixture is said when it is made, not when it is asked for.
// - Queries mean what they mean to a proxy: versions, `latest`, `v1`, branches, commit prefixes (spec §4.1).

import { bytesSource } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { check, isCanonicalVersion, isPseudoVersion, pseudoVersionRev } from '../module/index.ts';
import { sort } from '../semver/index.ts';
import { createZip, sourceFile } from '../zip/index.ts';
import { isVersionPrefix, pickHighest, withPrefix } from './list.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { ModuleSource, Origin, SourceZip, VersionInfo } from './source.ts';

/** One version of a module in {@link memorySource}. */
export interface MemoryModule {
  /** Content by slash-separated path. Default: a go.mod alone. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | undefined;
  /**
   * What `.mod` answers. Default: the go.mod in `files`, else what Go makes up (`module PATH`). It also becomes the go.mod of the zip
   * where `files` has none.
   */
  readonly goMod?: string | Uint8Array | undefined;
  /** The whole zip, instead of one made from `files`. */
  readonly zip?: Uint8Array | undefined;
  /** RFC 3339. Default: 2000-01-01T00:00:00Z. */
  readonly time?: string | undefined;
  readonly origin?: Origin | undefined;
  /** Other names of this version: branches, tags, commit hashes. */
  readonly branches?: readonly string[] | undefined;
}

interface Entry extends MemoryModule {
  readonly version: string;
}

/**
 * A source of modules given as `PATH@VERSION`. Throws `invalid_path`, `invalid_version` or `invalid_argument` for one that cannot be.
 *
 * @example
 * ```ts
 * import { memorySource } from '@gomodkit/core';
 *
 * const source = memorySource({
 *   'example.com/m@v1.0.0': { files: { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n' }, branches: ['main'] },
 * });
 * console.log(await source.resolve('example.com/m', 'main')); // v1.0.0
 * ```
 */
export function memorySource(modules: Readonly<Record<string, MemoryModule>>): ModuleSource {
  const catalogue = new Map<string, Map<string, Entry>>();
  for (const [name, module] of Object.entries(modules)) {
    const { path, version } = checkName(name, module);
    const versions = catalogue.get(path) ?? new Map<string, Entry>();
    catalogue.set(path, versions.set(version, { ...module, version }));
  }

  const versionsOf = (path: string): ReadonlyMap<string, Entry> => {
    const versions = catalogue.get(path);
    if (versions === undefined) throw new GoModKitError('not_found', `module ${path}: no such module`);
    return versions;
  };
  const entry = (path: string, version: string): Entry => {
    const found = versionsOf(path).get(version);
    if (found === undefined) throw unknownRevision(path, version);
    return found;
  };

  return {
    async versions(path, { signal } = {}) {
      signal?.throwIfAborted();
      return [...versionsOf(path).keys()].filter((version) => !isPseudoVersion(version));
    },
    async resolve(path, query, { signal } = {}) {
      signal?.throwIfAborted();
      return infoOf(await find(path, query, [...versionsOf(path).values()]));
    },
    async goMod(path, version, { signal } = {}) {
      signal?.throwIfAborted();
      return goModOf(path, entry(path, version));
    },
    async zip(path, version, { signal } = {}) {
      signal?.throwIfAborted();
      return zipOf(path, entry(path, version), signal);
    },
  };
}

function checkName(name: string, { time }: MemoryModule): { readonly path: string; readonly version: string } {
  const at = name.indexOf('@');
  const path = name.slice(0, at === -1 ? undefined : at);
  const version = at === -1 ? '' : name.slice(at + 1);
  check(path, version);
  if (!isCanonicalVersion(version)) {
    throw new GoModKitError('invalid_version', `${name}: the version is not canonical`);
  }
  if (time !== undefined && parseRfc3339(time) === undefined) {
    throw new GoModKitError('invalid_argument', `${name}: ${JSON.stringify(time)} is no RFC 3339 time`);
  }
  return { path, version };
}

async function find(path: string, query: string, entries: readonly Entry[]): Promise<Entry> {
  const named = entries.find(({ version, branches = [] }) => version === query || branches.includes(query));
  if (named !== undefined) return named;
  const version = await pick(path, query, entries);
  const found = entries.find((each) => each.version === version) ?? byCommit(query, entries);
  if (found === undefined) throw unknownRevision(path, query);
  return found;
}

/** The version that `latest`, `v1` or `v1.2` stands for. */
async function pick(path: string, query: string, entries: readonly Entry[]): Promise<string | undefined> {
  if (query !== 'latest' && !isVersionPrefix(query)) return undefined;
  const all = entries.map(({ version }) => version);
  const tagged = all.filter((version) => !isPseudoVersion(version));
  const hasGoMod = async (version: string) => {
    const found = entries.find((each) => each.version === version);
    return found !== undefined && (found.goMod !== undefined || contents(path, found)['go.mod'] !== undefined);
  };
  if (query !== 'latest') return pickHighest(withPrefix(tagged, query), hasGoMod);
  return (await pickHighest(tagged, hasGoMod)) ?? sort(all).at(-1);
}

/** A commit by a prefix of its hash, or by more of it than a pseudo-version holds. */
function byCommit(query: string, entries: readonly Entry[]): Entry | undefined {
  if (!commit.test(query)) return undefined;
  return entries.find(({ version, origin, branches = [] }) => {
    if (isPseudoVersion(version) && query.startsWith(pseudoVersionRev(version))) return true;
    const revisions = isPseudoVersion(version) ? [pseudoVersionRev(version)] : [];
    return [...revisions, origin?.Hash ?? '', ...branches].some((name) => commit.test(name) && name.startsWith(query));
  });
}

const commit = /^[0-9a-f]{7,64}$/;

function infoOf({ version, time = '2000-01-01T00:00:00Z', origin }: Entry): VersionInfo {
  return { version, time, ...(origin === undefined ? {} : { origin }) };
}

function goModOf(path: string, entry: Entry): Uint8Array {
  return bytesOf(entry.goMod ?? contents(path, entry)['go.mod'] ?? `module ${path}\n`);
}

function zipOf(path: string, entry: Entry, signal: AbortSignal | undefined): SourceZip {
  if (entry.zip !== undefined) return { size: entry.zip.length, body: bytesSource(entry.zip).stream() };
  const files = Object.entries(contents(path, entry)).map(([name, content]) => sourceFile(name, bytesOf(content)));
  return { body: createZip({ path, version: entry.version }, files, { signal }) };
}

function contents(path: string, { files, goMod }: Entry): Readonly<Record<string, string | Uint8Array>> {
  if (goMod !== undefined) return { 'go.mod': goMod, ...files };
  return files ?? { 'go.mod': `module ${path}\n` };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? encodeUtf8(content) : content;
}

function unknownRevision(path: string, query: string): GoModKitError {
  return new GoModKitError('not_found', `${path}@${query}: unknown revision ${query}`);
}
