// Versions of modules: a path and a version that fit each other, canonical forms, and their order (spec §1.13–1.15).
//
// Invariant: `+incompatible` is the only build metadata that a module version keeps (spec §1.14).

import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { compare as compareSemver } from '../semver/compare.ts';
import { build, canonical, isValid } from '../semver/parts.ts';
import { checkPath } from './path.ts';
import { pathMajorProblem, splitPathVersion } from './path-major.ts';

/** A module at a version. */
export interface ModuleVersion {
  /** The module path. */
  readonly path: string;
  /** The version, with its `v`. In go.sum order (spec §1.15) also `v1.2.3/go.mod`. */
  readonly version: string;
}

/**
 * Checks that `path` is a module path, `version` a semantic version, and that the two fit each other (spec §1.13). The
 * version need not be canonical.
 *
 * Throws `invalid_path` or `invalid_version`; the message of the latter is `path@version: invalid version: reason`.
 *
 * @example
 * ```ts
 * import { check } from '@gomodkit/core/module';
 *
 * check('example.com/m/v2', 'v2.0.1');
 * check('example.com/m', 'v2.0.1'); // throws: example.com/m@v2.0.1: invalid version: should be v0 or v1, not v2
 * ```
 */
export function check(path: string, version: string): void {
  checkPath(path);
  const reason = isValid(version)
    ? pathMajorProblem(version, splitPathVersion(path)?.pathMajor ?? '')
    : 'not a semantic version';
  if (reason === undefined) return;
  throw new GoModKitError('invalid_version', `${path}@${version}: invalid version: ${reason}`, {
    data: { path, version },
  });
}

/**
 * The canonical form of a module version: that of semver, with `+incompatible` kept; empty for an invalid version
 * (spec §1.14).
 *
 * @example
 * ```ts
 * import { canonicalVersion } from '@gomodkit/core/module';
 *
 * canonicalVersion('v2.0.0+incompatible'); // 'v2.0.0+incompatible'
 * canonicalVersion('v1.2.3+meta'); // 'v1.2.3'
 * canonicalVersion('main'); // ''
 * ```
 */
export function canonicalVersion(version: string): string {
  const form = canonical(version);
  return form !== '' && build(version) === '+incompatible' ? `${form}+incompatible` : form;
}

/** Whether `version` is valid and in the form that {@link canonicalVersion} gives (spec §1.14). */
export function isCanonicalVersion(version: string): boolean {
  return version !== '' && canonicalVersion(version) === version;
}

/**
 * The order of go.sum (spec §1.15): path bytes; then the part of the version before its first `/` as semver; then the rest by
 * bytes. Negative, zero or positive. Versions that are different strings but equal as semver (`v1` and `v1.0.0`, build metadata) are
 * equal here whatever follows, as in Go; no go.sum holds such.
 */
export function compareModuleVersions(a: ModuleVersion, b: ModuleVersion): number {
  const byPath = compareUtf8(a.path, b.path);
  if (byPath !== 0) return byPath;
  const [x, xRest] = cutAtSlash(a.version);
  const [y, yRest] = cutAtSlash(b.version);
  return x === y ? compareUtf8(xRest, yRest) : compareSemver(x, y);
}

/**
 * A new array in the order of {@link compareModuleVersions}; equal ones keep their order.
 *
 * @example
 * ```ts
 * import { sortModuleVersions } from '@gomodkit/core/module';
 *
 * sortModuleVersions([
 *   { path: 'example.com/m', version: 'v1.10.0' },
 *   { path: 'example.com/m', version: 'v1.9.0/go.mod' },
 *   { path: 'example.com/m', version: 'v1.9.0' },
 * ]); // v1.9.0, v1.9.0/go.mod, v1.10.0
 * ```
 */
export function sortModuleVersions<T extends ModuleVersion>(modules: Iterable<T>): T[] {
  return [...modules].sort(compareModuleVersions);
}

function cutAtSlash(version: string): readonly [string, string] {
  const slash = version.indexOf('/');
  return slash < 0 ? [version, ''] : [version.slice(0, slash), version.slice(slash)];
}
