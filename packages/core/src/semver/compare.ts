// The order of Go's semantic versions (spec §2.6–2.8).
//
// Invariants:
// - A total preorder: invalid strings are equal to each other and below every valid one; build metadata does not count.
// - Comparing allocates nothing but the two identifiers that decide, and sorting parses each version once.

import { compareUtf8 } from '../bytes/utf8.ts';
import { compareDecimals, type Order } from './decimal.ts';
import { type ParsedVersion, parse } from './parse.ts';

/**
 * Compares two versions as Go does: invalid strings below valid ones, numbers without size limit, a pre-release below its
 * release, build metadata ignored (spec §2.6). `v2.0.0` and `v2.0.0+incompatible` are equal.
 *
 * @example
 * ```ts
 * import { compare } from '@gomodkit/core/semver';
 *
 * compare('v1.10.0', 'v1.9.0'); // 1
 * compare('v1.0.0-rc.1', 'v1.0.0'); // -1
 * compare('v1', 'v1.0.0'); // 0
 * ```
 */
export function compare(a: string, b: string): Order {
  return a === b ? 0 : compareParsed(parse(a), parse(b));
}

/**
 * A new array in ascending order (spec §2.6); versions that compare equal are in the order of their bytes (spec §2.7).
 *
 * @example
 * ```ts
 * import { sort } from '@gomodkit/core/semver';
 *
 * sort(['v1.10.0', 'v1.9.0', 'v1.10.0-rc.1']); // ['v1.9.0', 'v1.10.0-rc.1', 'v1.10.0']
 * ```
 */
export function sort(versions: Iterable<string>): string[] {
  return Array.from(versions, (version) => ({ version, parsed: parse(version) }))
    .sort((a, b) => compareParsed(a.parsed, b.parsed) || compareUtf8(a.version, b.version))
    .map(({ version }) => version);
}

/** {@link compare} for versions that are taken apart already; undefined is an invalid one. */
function compareParsed(a: ParsedVersion | undefined, b: ParsedVersion | undefined): Order {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return (
    compareDecimals(a.major, b.major) ||
    compareDecimals(a.minor, b.minor) ||
    compareDecimals(a.patch, b.patch) ||
    comparePrerelease(a.prerelease, b.prerelease)
  );
}

function comparePrerelease(a: string, b: string): Order {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  // Everything before the identifier in which they first differ is equal; index 0 is the `-`.
  let start = 1;
  const shorter = Math.min(a.length, b.length);
  for (let i = 1; i < shorter && a.charCodeAt(i) === b.charCodeAt(i); i++) {
    if (a.charCodeAt(i) === 0x2e) start = i + 1;
  }
  const x = identifierAt(a, start);
  const y = identifierAt(b, start);
  if (x === y) return a.length < b.length ? -1 : 1;
  const xIsNumber = isDigits(x);
  if (xIsNumber !== isDigits(y)) return xIsNumber ? -1 : 1;
  if (xIsNumber) return compareDecimals(x, y);
  return x < y ? -1 : 1;
}

function identifierAt(prerelease: string, start: number): string {
  const end = prerelease.indexOf('.', start);
  return prerelease.slice(start, end < 0 ? undefined : end);
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
