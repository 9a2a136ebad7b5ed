// Authenticated answers of a checksum database, kept (spec §12.13).
//
// Invariants:
// - Only what was authenticated is put in; what comes out is authenticated again, so a damaged cache costs a fetch and nothing else.
// - No failure of a cache fails a lookup. An empty object counts as missing.

import { bytesSource, readAll } from '../../bytes/source.ts';
import { tell } from '../../errors/tell.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { databaseKey } from './keys.ts';

/** Options of {@link SumdbCache.put}. */
export interface CachePutOptions extends CallOptions {
  /** What is there is damaged. */
  readonly replace?: boolean | undefined;
}

/** Where answers of one database are kept. Keys are paths below the database's URL: `lookup/…` and `tile/…`. */
export interface SumdbCache {
  get(path: string, options?: CallOptions): Promise<Uint8Array | undefined>;
  put(path: string, data: Uint8Array, options?: CachePutOptions): Promise<void>;
}

/** The most bytes that are read of a cached object: above any lookup answer and any tile of height 8. */
const maxBytes = 4 * 1024 * 1024;

/** A cache for the database `name` in a storage, below `.gomodkit/cache/sumdb/`. It may be deleted at any time. */
export function storageCache(storage: Storage, name: string): SumdbCache {
  const prefix = databaseKey('cache/sumdb', name);
  return {
    async get(path, options = {}) {
      const object = await storage.get(`${prefix}/${path}`, options);
      if (object === undefined) return undefined;
      const data = await readAll(object.body, maxBytes);
      return data.length === 0 ? undefined : data;
    },
    async put(path, data, { replace = false, signal } = {}) {
      const key = `${prefix}/${path}`;
      if (replace) await storage.delete?.(key, { signal });
      await storage.create(key, bytesSource(data), { signal });
    },
  };
}

/** A cache that answers "not there" where `cache` is not given or fails. */
export function forgivingCache(
  cache: SumdbCache | undefined,
  onError: ((error: unknown) => void) | undefined,
): Required<SumdbCache> {
  const forgive = async <T>(promise: Promise<T> | undefined, signal?: AbortSignal): Promise<T | undefined> => {
    try {
      return await promise;
    } catch (error) {
      signal?.throwIfAborted();
      tell(onError, error);
      return undefined;
    }
  };
  return {
    get: (path, options = {}) => forgive(cache?.get(path, options), options.signal),
    put: (path, data, options = {}) => forgive(cache?.put(path, data, options), options.signal),
  };
}
