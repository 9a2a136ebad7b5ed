// From the raw request target to what is asked for (spec §10.6–10.8, §10.14, §1.18).
//
// Invariants:
// - Order: cut the query, decode percent-encoding once and strictly, cut the base path, split at the first `/@`, unescape. `URL`
//   is never used: it resolves `%2e%2e` and takes `//` for a host.
// - What leaves here is valid: paths and versions passed Go's checks, `.mod` and `.zip` name canonical versions that fit. What does not
//   is refused with its rule, before any storage or source is asked.
// - Targets and names have a length limit, so that neither texts nor keys grow without bound.

import { quote } from '../gotext/quote.ts';
import { tryUnescapePath, tryUnescapeVersion } from '../module/escape.ts';
import { maxKeyBytes, maxKeyElementBytes } from '../storage/key.ts';
import type { HealthCheck } from './health.ts';
import { type IndexTarget, indexPath, parseIndexTarget } from './index-target.ts';
import { whyNotPinned } from './pinned.ts';
import { type Refusal, refused } from './refusal.ts';
import { tooShortForHost } from './static-hosts.ts';
import { parseSumdbTarget, type SumdbTarget } from './sumdb-target.ts';
import { parseTlogTarget, type TlogTarget } from './tlog-route.ts';

/** A request about a module. Path and version are unescaped; `version` is empty where the request names none. */
export interface ModuleTarget {
  readonly kind: 'list' | 'latest' | 'info' | 'mod' | 'zip';
  readonly module: string;
  readonly version: string;
}

/** What is asked for, or why it is refused. */
export type Target =
  | ModuleTarget
  | SumdbTarget
  | TlogTarget
  | IndexTarget
  | { readonly kind: 'health'; readonly check: HealthCheck }
  | Refusal;

/** Where things are on this server. */
export interface TargetOptions {
  /** Empty, or begins with `/` and does not end with one. */
  readonly basePath: string;
  readonly health: ReadonlyMap<string, HealthCheck>;
  /** Whether there is an index feed. */
  readonly index?: boolean | undefined;
  /** Below which paths there are logs. */
  readonly logs?: readonly string[] | undefined;
}

/** Percent-encoding triples the 900 bytes that a storage key may have; the rest is for base paths. */
const maxTarget = 4096;
/** What a stored file's name has at most beyond the version. */
const suffix = '.ziphash';
const maxElement = maxKeyElementBytes - suffix.length;
const maxPath = maxKeyBytes - suffix.length;

/** Parses the raw target of a request, or an absolute URL. */
export function parseTarget(url: string, options: TargetOptions): Target {
  const raw = rawPath(url);
  if (raw.length > maxTarget) return refused(`the request path is longer than ${maxTarget} bytes`);
  const path = raw.includes('%') ? decode(raw) : raw;
  if (typeof path !== 'string') return path;
  const below = cutBase(path, options.basePath);
  if (below === undefined) return refused(`this server answers below ${options.basePath}/ only`);
  const check = options.health.get(below);
  if (check !== undefined) return { kind: 'health', check };
  if (below === indexPath && options.index === true) return parseIndexTarget(url);
  if (below.startsWith('/sumdb/')) return parseSumdbTarget(below.slice('/sumdb/'.length));
  return parseTlogTarget(below, options.logs ?? []) ?? parseModuleTarget(below);
}

/** The path as it was sent: without scheme and host of an absolute URL, without query and fragment. */
function rawPath(url: string): string {
  let start = 0;
  if (!url.startsWith('/')) {
    const scheme = /^https?:\/\//i.exec(url);
    if (scheme !== null) start = firstOf(url, '/?#', scheme[0].length);
  }
  return url.slice(start, firstOf(url, '?#', start));
}

function firstOf(text: string, chars: string, from: number): number {
  let first = text.length;
  for (const char of chars) {
    const at = text.indexOf(char, from);
    if (at >= 0 && at < first) first = at;
  }
  return first;
}

/** Decodes once; `+` stays `+` (spec §1.19). */
function decode(raw: string): string | Refusal {
  try {
    return decodeURIComponent(raw);
  } catch {
    const malformed = /%(?![0-9a-f]{2})/i.test(raw);
    return refused(malformed ? 'bad percent-encoding in the request path' : 'the request path is not UTF-8');
  }
}

function cutBase(path: string, basePath: string): string | undefined {
  if (basePath === '') return path;
  if (!path.startsWith(basePath)) return undefined;
  const below = path.slice(basePath.length);
  return below === '' || below.startsWith('/') ? below : undefined;
}

const usage =
  'this is a Go module proxy: set GOPROXY to its address\nit answers MODULE/@v/list, MODULE/@latest and MODULE/@v/VERSION.info, .mod and .zip';

function parseModuleTarget(path: string): ModuleTarget | Refusal {
  // `@` cannot occur in a module path, so the first `/@` ends it (spec §10.7).
  const at = path.indexOf('/@');
  if (at < 0 || !path.startsWith('/'))
    return refused(path.length <= 1 ? usage : `${quote(path)} is no path of a module proxy\n${usage}`);
  const { value: module, problem } = tryUnescapePath(path.slice(1, at));
  if (problem !== undefined) return refused(problem);
  const shape = tooShortForHost(module);
  if (shape !== undefined) return refused(`${quote(module)} is no module: modules of this host are named ${shape}`);
  const endpoint = path.slice(at + 1);
  if (endpoint === '@v/list') return withinKey({ kind: 'list', module, version: '' }, path.slice(1, at));
  if (endpoint === '@latest') return withinKey({ kind: 'latest', module, version: '' }, path.slice(1, at));
  return parseVersionTarget(module, endpoint, path.slice(1));
}

/** Queries that only a go command can answer, from the list (spec §4.1). */
const clientQueries: ReadonlySet<string> = new Set(['latest', 'upgrade', 'patch']);

function parseVersionTarget(module: string, endpoint: string, escaped: string): ModuleTarget | Refusal {
  // Suffixes are case-sensitive, and the last one counts (spec §10.7).
  const kind = endpoint.slice(endpoint.lastIndexOf('.') + 1);
  if (!endpoint.startsWith('@v/') || !(kind === 'info' || kind === 'mod' || kind === 'zip')) {
    return refused(`unknown endpoint ${quote(endpoint)}: expected @v/list, @latest or @v/VERSION.info, .mod or .zip`);
  }
  const { value: version, problem } = tryUnescapeVersion(endpoint.slice('@v/'.length, -(kind.length + 1)));
  if (problem !== undefined) return refused(problem);
  if (kind === 'info') {
    if (clientQueries.has(version))
      return refused(`${quote(version)} is not a version: the go command resolves it from @v/list`);
  } else {
    const reason = whyNotPinned(module, version);
    if (reason !== undefined) return refused(`${module}@${version} has no .${kind}: ${reason}`);
  }
  return withinKey({ kind, module, version }, escaped);
}

/** Go sets no limit to the length of names (spec §1.7), storage keys do. `escaped` is the path as it names the file. */
function withinKey(target: ModuleTarget, escaped: string): ModuleTarget | Refusal {
  if (escaped.length <= maxElement) return target;
  if (escaped.length <= maxPath && escaped.split('/').every((element) => element.length <= maxElement)) return target;
  return refused(`the module path or version is too long: at most ${maxElement} bytes an element, ${maxPath} in all`);
}
