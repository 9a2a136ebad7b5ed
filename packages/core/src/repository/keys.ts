// Which storage keys a module has: the GOPROXY file tree (DESIGN §3, spec §10.23).
//
// Invariants:
// - Paths and versions are checked here, before any storage or source is asked; nothing behind this file checks them again.
// - `.info`, `.mod` and `.zip` exist for canonical versions that fit their path, and for nothing else (spec §10.8).
// - What was found good is remembered, a bounded number of it: the checks cost more than all else that a warm answer does.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import {
  canonicalVersion,
  check,
  checkPath,
  escapePath,
  escapeVersion,
  isCanonicalVersion,
  type ModuleVersion,
  unescapeVersion,
} from '../module/index.ts';
import { checkKey, checkKeyPrefix } from '../storage/key.ts';

/** A canonical version of a module with the keys of its files. */
export interface Target extends ModuleVersion {
  /** `path@version`, for messages and as a key in memory. */
  readonly name: string;
  readonly info: string;
  readonly mod: string;
  /** The `h1:` sum of the zip (spec §8.7). */
  readonly ziphash: string;
  readonly zip: string;
}

/** The last part of a stored key. */
export type Extension = 'info' | 'mod' | 'zip' | 'ziphash';

/**
 * The keys of a version. Throws `invalid_path`, or `invalid_version` when `version` is not canonical or does not fit `path`.
 */
export function targetOf(path: string, version: string): Target {
  const known = knownTarget(path, version);
  if (known !== undefined) return known;
  const target = checkedTarget(path, version);
  if (target.name.length > longestName) return target;
  if (targets.size >= mostTargets) targets.clear();
  targets.set(target.name, target);
  return target;
}

/** The keys of a version that was asked for of late; undefined says nothing. */
export function knownTarget(path: string, version: string): Target | undefined {
  const known = targets.get(`${path}@${version}`);
  // Two pairs can have one name, as (a, b@c) and (a@b, c), of which one at most is good.
  return known?.path === path ? known : undefined;
}

/** Together some megabytes at most. */
const mostTargets = 4000;
const longestName = 200;
const targets = new Map<string, Target>();

function checkedTarget(path: string, version: string): Target {
  check(path, version);
  if (!isCanonicalVersion(version)) {
    const hint = `; its canonical form is ${canonicalVersion(version)}`;
    throw new GoModKitError('invalid_version', `${path}@${version}: invalid version: not canonical${hint}`, {
      data: { path, version },
    });
  }
  const base = keyPrefix(path) + escapeVersion(version);
  const target: Target = {
    path,
    version,
    name: `${path}@${version}`,
    info: `${base}.info`,
    mod: `${base}.mod`,
    ziphash: `${base}.ziphash`,
    zip: `${base}.zip`,
  };
  keepable(path, () => checkKey(target.ziphash));
  return target;
}

/** Checks that `path` is a module path that keys can hold. Throws `invalid_path`. */
export function checkModulePath(path: string): void {
  checkPath(path);
  keepable(path, () => checkKeyPrefix(keyPrefix(path)));
}

/** What all keys of a module begin with. Throws `invalid_path`. */
function keyPrefix(path: string): string {
  return `${escapePath(path)}/@v/`;
}

/** The version and kind of a key that begins with `prefix`; undefined when it is not named like the file of one. */
export function versionOfKey(key: string, prefix: string): { version: string; extension: Extension } | undefined {
  const match = /^([^/]+)\.(info|mod|zip|ziphash)$/.exec(key.slice(prefix.length));
  if (match === null) return undefined;
  const [, escaped = '', extension = ''] = match;
  try {
    return { version: unescapeVersion(escaped), extension: extension as Extension };
  } catch {
    return undefined;
  }
}

/** Module paths have no length limit (spec §1.7), keys have one. */
function keepable(path: string, checkLength: () => void): void {
  try {
    checkLength();
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_key')) throw error;
    throw new GoModKitError('invalid_path', `${path}: this repository cannot keep it: ${error.message}`, {
      cause: error,
    });
  }
}
