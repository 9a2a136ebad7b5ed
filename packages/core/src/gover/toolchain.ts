// Go and its toolchains as modules: the pseudo-modules `go` and `toolchain`, and `golang.org/toolchain` (spec §2.10, §10.30).
//
// Invariant: a name that does not carry a valid version of Go yields the empty string or undefined, never a guess.

import { compare as compareSemver } from '../semver/compare.ts';
import type { Order } from '../semver/decimal.ts';
import { isValid as isValidSemver } from '../semver/parts.ts';
import { compare, isValid } from './version.ts';

/** The module whose versions are the downloads of Go toolchains (spec §10.30). */
export const toolchainModule = 'golang.org/toolchain';

/**
 * The version of Go in a toolchain's name, `go` and a version with an optional suffix; empty when `name` is none
 * (spec §2.10).
 *
 * @example
 * ```ts
 * import { toolchainVersion } from '@gomodkit/core/gover';
 *
 * toolchainVersion('go1.21.3-bigcorp'); // '1.21.3'
 * toolchainVersion('1.21.3'); // ''
 * ```
 */
export function toolchainVersion(name: string): string {
  if (!name.startsWith('go') || /[\\/]/.test(name)) return '';
  const version = name.slice(2).replace(/[ \t-].*$/s, '');
  return isValid(version) ? version : '';
}

/**
 * The version of Go in a version of {@link toolchainModule}, as the go command reads list lines (spec §10.30); undefined when the
 * shape is another. The result need not be valid.
 *
 * @example
 * ```ts
 * import { toolchainVersionToGo } from '@gomodkit/core/gover';
 *
 * toolchainVersionToGo('v0.0.1-go1.21.0.linux-amd64'); // '1.21.0'
 * ```
 */
export function toolchainVersionToGo(version: string): string | undefined {
  const hyphen = version.indexOf('-');
  const dot = version.lastIndexOf('.');
  if (hyphen < 0 || dot <= hyphen || !version.includes('-', dot)) return undefined;
  const name = version.slice(hyphen + 1, dot);
  return name.startsWith('go') ? name.slice(2) : name;
}

/** Whether `path` names Go itself in a module graph: `go` or `toolchain`. Neither reaches a proxy. */
export function isToolchain(path: string): boolean {
  return path === 'go' || path === 'toolchain';
}

/** Compares two versions of `path`: of Go for `go`, of toolchain names for `toolchain`, else semver. */
export function modCompare(path: string, a: string, b: string): Order {
  if (path === 'go') return compare(a, b);
  if (path === 'toolchain') return compare(versionOrName(a), versionOrName(b));
  return compareSemver(a, b);
}

/** Whether `version` has the syntax that versions of `path` have. */
export function modIsValid(path: string, version: string): boolean {
  if (path === 'go') return isValid(version);
  return path === 'toolchain' ? toolchainVersion(version) !== '' : isValidSemver(version);
}

function versionOrName(text: string): string {
  return isValid(text) ? text : toolchainVersion(text);
}
