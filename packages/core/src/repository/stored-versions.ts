// What a storage holds, read from its keys alone.
//
// Invariants:
// - A version is named when its `.info` is there, and once: the keys of one version are neighbours in a listing.
// - Memory does not grow with the storage: one page of keys at a time.

import { isGoModKitError } from '../errors/error.ts';
import { type ModuleVersion, unescapePath } from '../module/index.ts';
import type { CallOptions, ListOptions, ListPage, ObjectInfo } from '../storage/storage.ts';
import { type Extension, versionOfKey } from './keys.ts';
import { listAll } from './store.ts';

/** A version that a storage holds. */
export interface StoredVersion extends ModuleVersion {
  /** When it was captured. */
  readonly captured: Date;
  /** Bytes of the stored zip; absent while nobody has asked for it. */
  readonly zipSize?: number | undefined;
}

/** What {@link storedVersions} needs of a `Storage`. */
export interface Listable {
  list(options: ListOptions): Promise<ListPage>;
}

/** Options of {@link storedVersions}. */
export interface StoredVersionsOptions extends CallOptions {
  /** Only module paths that begin with this text, which need not end at a slash. Default: all. */
  readonly prefix?: string | undefined;
}

/**
 * The versions that a storage holds, in the order of its keys: by escaped module path, then by the bytes of the version. Rejects with
 * `storage_unavailable` when the storage cannot be listed.
 *
 * @example
 * ```ts
 * import { type Storage, storedVersions } from '@gomodkit/core';
 *
 * async function count(storage: Storage): Promise<number> {
 *   let versions = 0;
 *   for await (const _ of storedVersions(storage)) versions++;
 *   return versions;
 * }
 * ```
 */
export async function* storedVersions(
  storage: Listable,
  options: StoredVersionsOptions = {},
): AsyncGenerator<StoredVersion> {
  let current: { version: ModuleVersion; captured?: Date; zipSize?: number } | undefined;
  for await (const { path, version, extension, object } of moduleObjects(storage, options)) {
    if (current?.version.path !== path || current.version.version !== version) {
      const done = finished(current);
      if (done) yield done;
      current = { version: { path, version } };
    }
    if (extension === 'info') current.captured = object.modified;
    if (extension === 'zip') current.zipSize = object.size;
  }
  const done = finished(current);
  if (done) yield done;
}

function finished(
  found: { version: ModuleVersion; captured?: Date; zipSize?: number } | undefined,
): StoredVersion | undefined {
  if (found?.captured === undefined) return undefined;
  return { ...found.version, captured: found.captured, zipSize: found.zipSize };
}

interface ModuleObject extends ModuleVersion {
  readonly extension: Extension;
  readonly object: ObjectInfo;
}

async function* moduleObjects(storage: Listable, options: StoredVersionsOptions): AsyncGenerator<ModuleObject> {
  for await (const object of listAll(storage, escapedPrefix(options.prefix ?? ''), options)) {
    const at = object.key.indexOf('/@v/');
    const path = at < 0 ? undefined : pathOf(object.key.slice(0, at));
    const named = path === undefined ? undefined : versionOfKey(object.key, object.key.slice(0, at + 4));
    if (path !== undefined && named !== undefined) yield { path, ...named, object };
  }
}

/** A key that is no module's is nobody's business here. */
function pathOf(escaped: string): string | undefined {
  try {
    return unescapePath(escaped);
  } catch (error) {
    if (isGoModKitError(error, 'invalid_path')) return undefined;
    throw error;
  }
}

/** Part of a path need not be a valid path; only its upper case has to be written as in keys. */
function escapedPrefix(prefix: string): string {
  return prefix.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
