// What a storage holds, read from its keys alone.
//
// Invariant: a version is named when its `.info` is there, and once.

import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import { type Listable, storedThings } from './stored-objects.ts';

/** A version that a storage holds. */
export interface StoredVersion extends ModuleVersion {
  /** When it was captured. */
  readonly captured: Date;
  /** Bytes of the stored zip; absent while nobody has asked for it. */
  readonly zipSize?: number | undefined;
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
  for await (const { version: stored } of storedThings(storage, options)) {
    if (stored?.files.info === undefined) continue;
    const { path, version, files } = stored;
    yield { path, version, captured: stored.files.info.modified, zipSize: files.zip?.size };
  }
}
