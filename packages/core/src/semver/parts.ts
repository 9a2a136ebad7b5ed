// The parts of a version, as strings (spec §2.4, §2.5).
//
// Invariant: every function here answers the empty string for an invalid version, and none throws.

import { parse } from './parse.ts';

/**
 * Whether `version` is a semantic version as Go means it: with its `v`, the shorthands `v1` and `v1.2` included
 * (spec §2.1–2.3). npm's `semver` answers differently (spec §2.9).
 */
export function isValid(version: string): boolean {
  return parse(version) !== undefined;
}

/**
 * The canonical form: all three numbers, no build metadata (spec §2.5); empty for an invalid version. Where
 * `+incompatible` must survive, use `canonicalVersion` of `@gomodkit/core/module`.
 *
 * @example
 * ```ts
 * import { canonical } from '@gomodkit/core/semver';
 *
 * canonical('v1.2'); // 'v1.2.0'
 * canonical('v1.2.3+meta'); // 'v1.2.3'
 * canonical('1.2.3'); // ''
 * ```
 */
export function canonical(version: string): string {
  const parsed = parse(version);
  if (parsed === undefined) return '';
  if (parsed.numbers === 3) return parsed.build === '' ? version : version.slice(0, -parsed.build.length);
  return `v${parsed.major}.${parsed.minor}.0`;
}

/** The major version with its `v`: `v2` of `v2.1.0`; empty for an invalid version (spec §2.4). */
export function major(version: string): string {
  const parsed = parse(version);
  return parsed === undefined ? '' : `v${parsed.major}`;
}

/** Major and minor version: `v2.1` of `v2.1.0`, `v1.0` of `v1`; empty for an invalid version (spec §2.4). */
export function majorMinor(version: string): string {
  const parsed = parse(version);
  return parsed === undefined ? '' : `v${parsed.major}.${parsed.minor}`;
}

/** The pre-release with its hyphen: `-rc.1` of `v1.0.0-rc.1+meta`; empty if there is none (spec §2.4). */
export function prerelease(version: string): string {
  return parse(version)?.prerelease ?? '';
}

/** The build metadata with its plus: `+meta` of `v1.0.0-rc.1+meta`; empty if there is none (spec §2.4). */
export function build(version: string): string {
  return parse(version)?.build ?? '';
}
