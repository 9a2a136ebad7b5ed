// The client half of the GOPROXY protocol (spec §10), over any transport.
//
// Invariants:
// - Every answer is checked for shape before it is handed on: JSON, version, module line (protocol-cases row 30).
// - Asked for a canonical version, the answer names that very version (spec §10.9); asked anything else, one that is canonical
//   and fits the path.
// - What a proxy cannot be asked for is not there: `not_found`, so that a later source may know it.

import { decodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { modulePath } from '../modfile/index.ts';
import { checkPath, escapePath, escapeVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import { parseInfo } from './info.ts';
import { isUsableVersion, isVersionPrefix, newestOfList, parseList, pickHighest, withPrefix } from './list.ts';
import type { ModuleSource, SumdbSource, VersionInfo } from './source.ts';
import type { FetchKind, Transport } from './transport.ts';

// Lists are bytes to Go: what is not UTF-8 spoils its line and no other.
const listDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A source that asks a proxy through `transport`. */
export function proxyClient(transport: Transport): ModuleSource & SumdbSource {
  const client: ModuleSource & SumdbSource = {
    async versions(path, options = {}) {
      return parseList(await list(transport, path, options), path);
    },
    resolve(path, query, options = {}) {
      if (query === 'latest') return latest(client, transport, path, options);
      return resolveQuery(client, transport, path, query, options);
    },
    async goMod(path, version, options = {}) {
      const bytes = await transport.read(versionFile('mod', path, version, options));
      checkGoMod(transport, path, version, bytes);
      return bytes;
    },
    async zip(path, version, options = {}) {
      return transport.open(versionFile('zip', path, version, options));
    },
    async sumdb(database, path, options = {}) {
      const what = sumdbTarget(database, path);
      return transport.read({ kind: 'sumdb', target: `sumdb/${what}`, what, signal: options.signal });
    },
  };
  return client;
}

async function list(transport: Transport, path: string, { signal }: CallOptions): Promise<string> {
  const target = `${escapePath(path)}/@v/list`;
  const what = `the versions of ${path}`;
  const text = listDecoder.decode(await transport.read({ kind: 'list', target, what, signal }));
  // Lines that are no versions are dropped, so a login page would pass for a module without any, and an older version for the latest.
  if (/^\s*</.test(text)) throw invalid(transport, what, 'it is a page, not a list');
  return text;
}

/** `@latest`, which is optional: without it the list decides (spec §4.2, §4.13, §4.16). */
async function latest(
  client: ModuleSource,
  transport: Transport,
  path: string,
  options: CallOptions,
): Promise<VersionInfo> {
  const target = `${escapePath(path)}/@latest`;
  try {
    const bytes = await transport.read({ kind: 'latest', target, what: `${path}@latest`, signal: options.signal });
    return checkedInfo(transport, path, 'latest', bytes);
  } catch (error) {
    if (!isGoModKitError(error, 'not_found', 'gone')) throw error;
    const text = await list(transport, path, options);
    const version = (await highest(client, path, parseList(text, path), options)) ?? newestOfList(text, path);
    // Nothing listed: what @latest said is all there is to say.
    if (version === undefined) throw error;
    return resolveVersion(transport, path, version, options);
  }
}

async function resolveQuery(
  client: ModuleSource,
  transport: Transport,
  path: string,
  query: string,
  options: CallOptions,
): Promise<VersionInfo> {
  try {
    return await resolveVersion(transport, path, query, options);
  } catch (error) {
    if (!isVersionPrefix(query) || !isGoModKitError(error, 'not_found', 'gone')) throw error;
    // The go command answers `v1` and `v1.2` from the list, so a proxy need not know them (spec §4.1).
    const matching = withPrefix(await client.versions(path, options), query);
    const version = await highest(client, path, matching, options);
    if (version === undefined) throw error;
    return resolveVersion(transport, path, version, options);
  }
}

async function resolveVersion(
  transport: Transport,
  path: string,
  query: string,
  options: CallOptions,
): Promise<VersionInfo> {
  return checkedInfo(transport, path, query, await transport.read(versionFile('info', path, query, options)));
}

function highest(
  client: ModuleSource,
  path: string,
  versions: readonly string[],
  options: CallOptions,
): Promise<string | undefined> {
  const synthesized = `module ${path}\n`;
  return pickHighest(
    versions,
    async (version) => decodeUtf8(await client.goMod(path, version, options)) !== synthesized,
  );
}

function versionFile(kind: FetchKind & ('info' | 'mod' | 'zip'), path: string, version: string, options: CallOptions) {
  const target = `${escapePath(path)}/@v/${escapeQuery(path, version)}.${kind}`;
  return { kind, target, what: `${path}@${version}`, signal: options.signal };
}

/** Branches with a slash and the like have no place in a URL (spec §1.17). */
function escapeQuery(path: string, query: string): string {
  try {
    return escapeVersion(query);
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    const message = `${path}@${query}: a proxy cannot be asked for this name; a commit hash can`;
    throw new GoModKitError('not_found', message, { cause: error });
  }
}

function checkedInfo(transport: Transport, path: string, query: string, bytes: Uint8Array): VersionInfo {
  const info = describeInvalid(transport, `${path}@${query}`, () => parseInfo(bytes));
  const name = JSON.stringify(info.version.slice(0, 100));
  if (isUsableVersion(path, query) && info.version !== query) {
    throw invalid(transport, `${path}@${query}`, `it names version ${name} instead of the requested one`);
  }
  if (!isUsableVersion(path, info.version)) {
    throw invalid(transport, `${path}@${query}`, `it names ${name}, which is no canonical version that fits the path`);
  }
  return info;
}

function checkGoMod(transport: Transport, path: string, version: string, bytes: Uint8Array): void {
  const what = `go.mod of ${path}@${version}`;
  const named = modulePath(bytes);
  if (named === '') throw invalid(transport, what, 'it has no module line');
  // Another path is legal, since forks are used through replace; an invalid one is not.
  describeInvalid(transport, what, () => checkPath(named));
}

function describeInvalid<T>(transport: Transport, what: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    throw invalid(transport, what, error.message, error);
  }
}

function invalid(transport: Transport, what: string, reason: string, cause?: unknown): GoModKitError {
  const message = `${transport.name}: the answer for ${what} is not usable: ${reason}`;
  return new GoModKitError('upstream_invalid', message, { cause, data: { upstream: transport.name } });
}

const databaseName = /^[a-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)*$/;
const sumdbPath =
  /^(supported|latest|lookup\/[A-Za-z0-9!._~/+-]+@v[A-Za-z0-9!._+-]+|tile\/\d+\/(data|\d+)\/(x\d{3}\/)*\d{3}(\.p\/\d+)?)$/;
const oddElement = /(^|\/)\.*(\/|$)/;

/** `DATABASE/PATH`. Both become part of a URL: nothing in them may lead elsewhere. `!` may arrive as `%21` (spec §10.28). */
export function sumdbTarget(database: string, path: string): string {
  const target = `${database}/${path.replaceAll('%21', '!')}`;
  const plain = target.slice(database.length + 1);
  if (databaseName.test(database) && sumdbPath.test(plain) && !oddElement.test(target)) return target;
  const shown = JSON.stringify(`${database}/${path}`.slice(0, 200));
  throw new GoModKitError('not_found', `${shown} is no checksum database request`);
}
