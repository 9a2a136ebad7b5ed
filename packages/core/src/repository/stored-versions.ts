// What a storage holds, read from its keys alone.
//
// Invariants:
// - A version is named when its `.info` is there, and once. Its keys need not be neighbours in a listing, but versions nest:
//   `v1.0.0-a.info` < `v1.0.0-a.j.info` < `v1.0.0-a.j.zip` < `v1.0.0-a.zip`.
// - Memory does not grow with the storage: one page of keys at a time, and the versions whose keys go on.

import { compareUtf8 } from '../bytes/utf8.ts';
import { isGoModKitError } from '../errors/error.ts';
import { type ModuleVersion, unescapePath } from '../module/index.ts';
import { isUsableVersion } from '../source/list.ts';
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
 * The versions that a storage holds, module by module in the order of escaped paths; those of one module in no order that means
 * anything. Rejects with `storage_unavailable` when the storage cannot be listed.
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
  // The innermost last: keys of others come between those of a version only while they begin with its name.
  const open: Found[] = [];
  for await (const { path, version, extension, object } of moduleObjects(storage, options)) {
    for (let last = open.at(-1); last !== undefined && !mayGoOn(last, object.key); last = open.at(-1)) {
      open.pop();
      yield* finished(last);
    }
    let found = open.find((each) => each.version === version);
    if (found === undefined) {
      const base = object.key.slice(0, -extension.length);
      found = { path, version, lastKey: `${base}zip` };
      open.push(found);
    }
    if (extension === 'info') found.captured = object.modified;
    if (extension === 'zip') found.zipSize = object.size;
  }
  for (const found of open.reverse()) yield* finished(found);
}

/** A version of which at least one key has come. */
interface Found extends ModuleVersion {
  /** No key behind this one tells more. */
  readonly lastKey: string;
  captured?: Date;
  zipSize?: number;
}

function mayGoOn({ lastKey }: Found, key: string): boolean {
  return compareUtf8(key, lastKey) <= 0;
}

function* finished({ path, version, captured, zipSize }: Found): Generator<StoredVersion> {
  if (captured !== undefined) yield { path, version, captured, zipSize };
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
    if (path === undefined || named === undefined || !isUsableVersion(path, named.version)) continue;
    yield { path, ...named, object };
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
