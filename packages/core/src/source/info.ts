// `.info` files: the JSON object that names a version (spec §10.9, §6.11).
//
// Invariants:
// - What Go's decoder would refuse is refused: wrong types, malformed times, text after the object, invalid UTF-8.
// - Member names match as Go matches them, ignoring case; null counts as absent. Two spellings of one member in one object
//   (`Version` and `version`) are refused as ambiguous: Go would take the later one.
// - A missing time stays missing. Members of Origin stay as the source gave them, unknown ones included.
// - Nothing but a GoModKitError is ever thrown, whatever the bytes.

import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { Origin, VersionInfo } from './source.ts';

const infoMembers = ['Version', 'Time', 'Origin'] as const;

/** Go's order of the members of Origin (spec §6.11). */
const originMembers = ['VCS', 'URL', 'Subdir', 'Hash', 'TagPrefix', 'TagSum', 'Ref', 'RepoSum'] as const;

/** Deeper than anything a source says, and shallow enough for every recursive reader after us. */
const maxDepth = 64;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads the bytes of an `.info` file or of `@latest`.
 *
 * Only the shape is judged: whether the version is canonical, fits a path, or is the one that was asked for is for the caller,
 * who knows the question. Rejects with `upstream_invalid`.
 *
 * @example
 * ```ts
 * import { parseInfo } from '@gomodkit/core';
 *
 * const info = parseInfo(new TextEncoder().encode('{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z"}'));
 * console.log(info.version, info.time);
 * ```
 */
export function parseInfo(bytes: Uint8Array): VersionInfo {
  const object = parseObject(bytes);
  const members = canonicalMembers(object, infoMembers, 'the answer');
  const version = text(members, 'Version');
  if (version === undefined || version === '') throw invalid('has no Version');
  const time = text(members, 'Time');
  if (time !== undefined && parseRfc3339(time) === undefined) throw invalid(`has a malformed Time ${quote(time)}`);
  const origin = originOf(members.get('Origin'));
  return {
    version,
    ...(time === undefined ? {} : { time }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/**
 * Writes an `.info` file: Version, Time, Origin in Go's member order without white space, as Go's encoder would.
 *
 * Like Go, it writes `<`, `>`, `&`, U+2028 and U+2029 as `\u…` escapes and lone surrogates as U+FFFD, and leaves empty members
 * of Origin out. Unlike Go, it leaves a missing time out, where Go writes the year 1. Unknown members of Origin come last.
 */
export function formatInfo(info: VersionInfo): Uint8Array {
  const json = JSON.stringify({ Version: info.version, Time: info.time, Origin: ordered(info.origin) }, (_, value) =>
    typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : value,
  );
  return encodeUtf8(json.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

function parseObject(bytes: Uint8Array): JsonObject {
  const source = decodeUtf8(bytes);
  if (source === undefined) throw invalid('is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    // V8 quotes the input in its message: not for users.
    throw invalid(source.trim() === '' ? 'is empty' : 'is not JSON');
  }
  if (!isObject(value)) throw invalid('is not a JSON object');
  return value;
}

/**
 * Members in their order, under the names that Go has for them; those that Go does not know under their own. Of two members of
 * the very same name JSON keeps the last. Known members that are null are left out.
 */
function canonicalMembers(object: JsonObject, names: readonly string[], where: string): Map<string, unknown> {
  const members = new Map<string, unknown>();
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(object)) {
    const folded = foldName(name);
    const known = names.find((each) => foldName(each) === folded);
    if (known !== undefined && seen.has(known)) throw invalid(`names ${known} twice in ${where}`);
    seen.add(known ?? name);
    if (known === undefined || value !== null) members.set(known ?? name, value);
  }
  return members;
}

function originOf(value: unknown): Origin | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw invalid('has an Origin that is not an object');
  if (deeperThan(value, maxDepth)) throw invalid(`has an Origin nested deeper than ${maxDepth}`);
  const members = canonicalMembers(value, originMembers, 'Origin');
  for (const name of originMembers) text(members, name);
  return Object.fromEntries(members);
}

function ordered(origin: Origin | undefined): JsonObject | undefined {
  if (origin === undefined) return undefined;
  const first = originMembers.filter((name) => origin[name] !== '').map((name) => [name, origin[name]] as const);
  const rest = Object.entries(origin).filter(([name]) => !(originMembers as readonly string[]).includes(name));
  return Object.fromEntries([...first, ...rest]);
}

function text(members: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = members.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`has a ${name} that is not a string`);
}

/** Go folds by Unicode, where the long s and the Kelvin sign fold to ASCII letters. */
function foldName(name: string): string {
  return name
    .replace(/\u017f/g, 's')
    .replace(/\u212a/g, 'k')
    .replace(/[A-Z]/g, (c) => c.toLowerCase());
}

/** Breadth first and by itself: the judge of depth must not recurse. */
function deeperThan(root: unknown, limit: number): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quote(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

function invalid(reason: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `version information ${reason}`);
}
