// `@v/list` bodies and what is picked from them (spec §4.2, §4.4, §4.9, §4.13).
//
// Invariants:
// - What comes out of parseList can be asked for: canonical, fits the path, no pseudo-version, each version once.
// - A release always wins over a pre-release, whatever their numbers.

import { fields } from '../gotext/spaces.ts';
import {
  isCanonicalVersion,
  isPseudoVersion,
  matchPathMajor,
  pseudoVersionTime,
  splitPathVersion,
} from '../module/index.ts';
import { compare, isValid, major, majorMinor, prerelease, sort } from '../semver/index.ts';
import { parseRfc3339 } from './rfc3339.ts';

/**
 * The versions in the body of `@v/list` that a client can use, in the order of the body: the first field of each line, without
 * junk, pseudo-versions, versions that are not canonical and versions that do not fit `path` (spec §4.9). Never throws.
 *
 * @example
 * ```ts
 * import { parseList } from '@gomodkit/core';
 *
 * parseList('v1.0.0\nv1.1\nv2.0.0\njunk\n', 'example.com/m'); // ['v1.0.0']
 * ```
 */
export function parseList(text: string, path: string): readonly string[] {
  const versions = lines(text).map(([version = '']) => version);
  return [...new Set(versions)].filter((version) => !isPseudoVersion(version) && isUsableVersion(path, version));
}

/** Whether a version is canonical and fits the path, so that a client can use it. */
export function isUsableVersion(path: string, version: string): boolean {
  if (!isCanonicalVersion(version)) return false;
  const split = splitPathVersion(path);
  return split !== undefined && matchPathMajor(version, split.pathMajor);
}

/**
 * The newest line of a list without tagged versions, by the time in its second field or in its pseudo-version (spec §4.13);
 * undefined when no line has a time.
 */
export function newestOfList(text: string, path: string): string | undefined {
  let newest: { readonly version: string; readonly time: number } | undefined;
  for (const [version = '', second] of lines(text)) {
    const time = second === undefined ? pseudoTime(version) : parseRfc3339(second);
    if (time === undefined || !isUsableVersion(path, version)) continue;
    if (newest === undefined || time > newest.time) newest = { version, time };
  }
  return newest?.version;
}

/** Whether a query is a version prefix, `v1` or `v1.2` (spec §4.1). */
export function isVersionPrefix(query: string): boolean {
  return isValid(query) && (query === major(query) || query === majorMinor(query));
}

/** The versions that a prefix query stands for: not the pre-releases before them, so that v1 is no v1.0.0-rc.1. */
export function withPrefix(versions: readonly string[], prefix: string): readonly string[] {
  return versions.filter((version) => version.startsWith(`${prefix}.`) && compare(version, prefix) >= 0);
}

/**
 * The highest release, else the highest pre-release; undefined for none. `hasGoMod` is asked about the highest compatible version
 * if there are `+incompatible` ones above: with a go.mod of its own there, they do not count (spec §4.4).
 */
export async function pickHighest(
  versions: readonly string[],
  hasGoMod: (version: string) => Promise<boolean>,
): Promise<string | undefined> {
  const sorted = sort(versions);
  const firstIncompatible = sorted.findIndex((version) => version.endsWith('+incompatible'));
  const below = sorted[firstIncompatible - 1];
  const candidates = below !== undefined && (await hasGoMod(below)) ? sorted.slice(0, firstIncompatible) : sorted;
  return candidates.findLast((version) => prerelease(version) === '') ?? candidates.at(-1);
}

function lines(text: string): string[][] {
  return text.split('\n').map((line) => fields(line));
}

/** The time inside a pseudo-version in milliseconds; undefined when there is none, or none that exists (spec §3.2). */
function pseudoTime(version: string): number | undefined {
  try {
    return isPseudoVersion(version) ? pseudoVersionTime(version).getTime() : undefined;
  } catch {
    return undefined;
  }
}
