// Where things are in the directory.
//
// Invariants:
// - A key is a relative path, element by element; nothing is translated, so the tree is what `GOPROXY=file://…` reads (spec §10.23).
// - `.gomodkit-fs/` belongs to this package and `@v/list` is derived: neither is a key, and both are refused with `invalid_key`.

import { GoModKitError } from '@gomodkit/core/errors';
import { check, isCanonicalVersion, isPseudoVersion, unescapePath, unescapeVersion } from '@gomodkit/core/module';
import { checkKey } from '@gomodkit/core/storage';

/** The folder that is not part of the tree. */
export const privateFolder: string = '.gomodkit-fs';

/** Temporary files of creates under way. */
export const temporaryFolder: string = `${privateFolder}/tmp`;

/** Markers of version lists that are being changed. */
export const pendingFolder: string = `${privateFolder}/pending`;

/** Checks a key: the grammar, and what this package keeps for itself. Throws `invalid_key`. */
export function checkFileKey(key: string): void {
  checkKey(key);
  const reason = reserved(key);
  if (reason !== undefined)
    throw new GoModKitError('invalid_key', `invalid key "${key}": ${reason}`, { data: { key } });
}

/** Whether a file found in the tree is an object. */
export function isFileKey(key: string): boolean {
  try {
    checkFileKey(key);
    return true;
  } catch {
    return false;
  }
}

function reserved(key: string): string | undefined {
  if (key === privateFolder || key.startsWith(`${privateFolder}/`))
    return `${privateFolder} is kept for temporary files`;
  if (/(^|\/)@v\/list(\/|$)/.test(key)) return 'the version list is derived from the .info files beside it';
  return undefined;
}

/** A `.info` that decides what `@v/list` says. */
export interface InfoKey {
  /** The key of the folder that the list is in, such as `example.com/m/@v`. */
  readonly folder: string;
  /** The version to list; undefined for pseudo-versions and others that are never listed. */
  readonly listed: string | undefined;
}

/** What a key means for `@v/list`; undefined when nothing. */
export function infoKey(key: string): InfoKey | undefined {
  const at = key.lastIndexOf('/@v/');
  const folder = key.slice(0, at + 3);
  const version = versionOfInfo(key.slice(at + 4));
  if (at < 0 || version === undefined || !isVersionFolder(folder)) return undefined;
  const path = unescapePath(folder.slice(0, -'/@v'.length));
  return { folder, listed: isListed(path, version) ? version : undefined };
}

/**
 * Whether `@v/list` names a version: tagged, not made from a commit, and of the path's major. Go would pick one that does not fit,
 * and then fail (spec §4.9).
 */
export function isListed(path: string, version: string): boolean {
  if (isPseudoVersion(version)) return false;
  try {
    check(path, version);
    return true;
  } catch {
    return false;
  }
}

/** The canonical version whose `.info` has this file name; undefined when it is none. */
export function versionOfInfo(file: string): string | undefined {
  if (!file.endsWith('.info')) return undefined;
  try {
    const version = unescapeVersion(file.slice(0, -'.info'.length));
    return isCanonicalVersion(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the key of a folder is that of a module's versions. */
export function isVersionFolder(folder: string): boolean {
  if (!folder.endsWith('/@v')) return false;
  try {
    unescapePath(folder.slice(0, -'/@v'.length));
    return true;
  } catch {
    return false;
  }
}
