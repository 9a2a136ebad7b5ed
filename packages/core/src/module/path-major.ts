// The major-version suffix of a module path, and which versions fit it (spec §1.8–1.12).
//
// Invariants:
// - `prefix + pathMajor` is the path.
// - Nothing here checks the rest of the path: untrusted paths go through the path check first (spec §1.10).

import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { build, major } from '../semver/parts.ts';

/** A module path taken apart (spec §1.8): `example.com/m/v2` is `example.com/m` and `/v2`. */
export interface PathParts {
  /** The path without its major-version suffix. */
  readonly prefix: string;
  /** Empty, or the suffix with its separator: `/v2`, or `.v2` and `.v2-unstable` on gopkg.in. */
  readonly pathMajor: string;
}

const gopkgIn = 'gopkg.in/';
const unstable = '-unstable';

/**
 * Splits a module path before its major-version suffix; undefined when the suffix is malformed (spec §1.8, §1.9).
 *
 * @example
 * ```ts
 * import { splitPathVersion } from '@gomodkit/core/module';
 *
 * splitPathVersion('example.com/m/v2'); // { prefix: 'example.com/m', pathMajor: '/v2' }
 * splitPathVersion('gopkg.in/yaml.v3'); // { prefix: 'gopkg.in/yaml', pathMajor: '.v3' }
 * splitPathVersion('example.com/m'); // { prefix: 'example.com/m', pathMajor: '' }
 * splitPathVersion('example.com/m/v1'); // undefined
 * ```
 */
export function splitPathVersion(path: string): PathParts | undefined {
  if (path.startsWith(gopkgIn)) return splitGopkgIn(path);
  let start = path.length;
  let dots = false;
  for (; start > 0 && isDigitOrDot(path.charCodeAt(start - 1)); start--) {
    if (path.charCodeAt(start - 1) === 0x2e) dots = true;
  }
  const tail = path.slice(start);
  if (tail === '' || !path.endsWith('/v', start)) return { prefix: path, pathMajor: '' };
  if (dots || tail.startsWith('0') || tail === '1') return undefined;
  return { prefix: path.slice(0, start - 2), pathMajor: path.slice(start - 2) };
}

function splitGopkgIn(path: string): PathParts | undefined {
  let start = path.endsWith(unstable) ? path.length - unstable.length : path.length;
  const end = start;
  while (start > 0 && isDigit(path.charCodeAt(start - 1))) start--;
  if (start < 2 || !path.endsWith('.v', start)) return undefined;
  const pathMajor = path.slice(start - 2);
  if (end - start > 1 && path.charCodeAt(start) === 0x30) return undefined;
  if (pathMajor === '.v' || pathMajor === '.v0-unstable') return undefined;
  return { prefix: path.slice(0, start - 2), pathMajor };
}

/**
 * Whether `version` may be a version of a module whose path has this major-version suffix (spec §1.11). Any
 * `+incompatible` version fits an empty suffix here.
 *
 * @example
 * ```ts
 * import { matchPathMajor } from '@gomodkit/core/module';
 *
 * matchPathMajor('v2.3.4', '/v2'); // true
 * matchPathMajor('v2.3.4', ''); // false
 * matchPathMajor('v2.3.4+incompatible', ''); // true
 * ```
 */
export function matchPathMajor(version: string, pathMajor: string): boolean {
  return pathMajorProblem(version, pathMajor) === undefined;
}

/**
 * {@link matchPathMajor} that throws `invalid_version`; the message is
 * `version "v2.0.0" invalid: should be v0 or v1, not v2`.
 */
export function checkPathMajor(version: string, pathMajor: string): void {
  const reason = pathMajorProblem(version, pathMajor);
  if (reason === undefined) return;
  throw new GoModKitError('invalid_version', `version ${quote(version)} invalid: ${reason}`, { data: { version } });
}

/** Why `version` does not fit `pathMajor`; undefined if it does. */
export function pathMajorProblem(version: string, pathMajor: string): string | undefined {
  const wanted = withoutUnstable(pathMajor);
  // An old go command wrote such pseudo-versions for gopkg.in/….v1 (spec §1.11).
  if (wanted === '.v1' && version.startsWith('v0.0.0-')) return undefined;
  const own = major(version);
  if (wanted === '') {
    if (own === 'v0' || own === 'v1' || build(version) === '+incompatible') return undefined;
    return `should be v0 or v1, not ${own}`;
  }
  return wanted.slice(1) === own ? undefined : `should be ${wanted.slice(1)}, not ${own}`;
}

/**
 * The major version that a path's suffix demands: empty for none, else `vN`, also of `.vN-unstable` (spec §1.12). It is
 * the prefix of the tags of such a module.
 *
 * Throws `invalid_argument` when `pathMajor` is not a suffix that {@link splitPathVersion} gives.
 */
export function pathMajorPrefix(pathMajor: string): string {
  if (pathMajor === '') return '';
  const wanted = withoutUnstable(pathMajor);
  if (!/^[/.]v(?:0|[1-9][0-9]*)$/.test(wanted)) {
    throw new GoModKitError(
      'invalid_argument',
      `${quote(pathMajor)} is not a major-version suffix of a module path, such as "/v2" or ".v2"`,
    );
  }
  return wanted.slice(1);
}

function withoutUnstable(pathMajor: string): string {
  return pathMajor.startsWith('.v') && pathMajor.endsWith(unstable) ? pathMajor.slice(0, -unstable.length) : pathMajor;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isDigitOrDot(code: number): boolean {
  return code === 0x2e || isDigit(code);
}
