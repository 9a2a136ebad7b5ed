// Versions of Go itself: the `go` line, and what follows `go` in a toolchain's name (spec §2.10).
//
// Invariants:
// - This is not semver: no `v`, no hyphen, never a patch and a pre-release.
// - Numbers are digit strings of any length (spec §0.6).
// - From Go 1.21 on a missing patch sorts below pre-releases and `.0`; before, it means `.0`.

import { compareDecimals, decrementDecimal, type Order } from '../semver/decimal.ts';

interface GoVersion {
  readonly major: string;
  readonly minor: string;
  /** Empty where none is written and it does not mean 0. */
  readonly patch: string;
  /** `rc`, `beta`, …; empty for none. */
  readonly kind: string;
  /** The number of the pre-release; empty for none. */
  readonly pre: string;
}

const none: GoVersion = { major: '', minor: '', patch: '', kind: '', pre: '' };
const grammar = /^(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)|([a-z]+)(0|[1-9][0-9]*)?)?)?$/;

function parse(version: string): GoVersion {
  const match = grammar.exec(version);
  if (match === null) return none;
  const [, major = '', minor, patch, kind = '', pre = ''] = match;
  if (minor === undefined) return { major, minor: '0', patch: '0', kind, pre };
  const implied = kind === '' && compareDecimals(minor, '21') < 0 ? '0' : '';
  return { major, minor, patch: patch ?? implied, kind, pre };
}

/**
 * Whether `version` is a version of Go (spec §2.10).
 *
 * @example
 * ```ts
 * import { isValid } from '@gomodkit/core/gover';
 *
 * isValid('1.21rc2'); // true
 * isValid('go1.21'); // false: that is the name of a toolchain
 * ```
 */
export function isValid(version: string): boolean {
  return parse(version) !== none;
}

/**
 * Compares two versions of Go (spec §2.10); invalid ones are equal and below all others.
 *
 * @example
 * ```ts
 * import { compare } from '@gomodkit/core/gover';
 *
 * compare('1.21', '1.21rc1'); // -1: from Go 1.21 on, the language version comes first
 * compare('1.20', '1.20.0'); // 0
 * ```
 */
export function compare(a: string, b: string): Order {
  const x = parse(a);
  const y = parse(b);
  return (
    compareDecimals(x.major, y.major) ||
    compareDecimals(x.minor, y.minor) ||
    compareDecimals(x.patch, y.patch) ||
    compareText(x.kind, y.kind) ||
    compareDecimals(x.pre, y.pre)
  );
}

/** The greater of two versions of Go; `a` when they are equal. */
export function max(a: string, b: string): string {
  return compare(a, b) < 0 ? b : a;
}

/** The language version: `1.24` of `1.24.3` and of `1.24rc1`; empty for an invalid version (spec §2.10). */
export function lang(version: string): string {
  const { major, minor } = parse(version);
  return minor === '' || (major === '1' && minor === '0') ? major : `${major}.${minor}`;
}

/** Whether `version` is a language version that is different from its first release, as `1.21` is and `1.20` is not. */
export function isLang(version: string): boolean {
  const parsed = parse(version);
  return parsed !== none && parsed.patch === '' && parsed.kind === '';
}

/** Whether `version` is a pre-release, as `1.21rc1`. */
export function isPrerelease(version: string): boolean {
  return parse(version).kind !== '';
}

/** The language version before that of `version`: `1.20` of `1.21rc2`; empty for an invalid version. */
export function prev(version: string): string {
  const { major, minor } = parse(version);
  if (compareDecimals(minor, '1') <= 0) return major;
  return `${major}.${decrementDecimal(minor) ?? ''}`;
}

function compareText(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}
