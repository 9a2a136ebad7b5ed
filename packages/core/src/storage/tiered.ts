// A small fast storage in front of a large slow one.
//
// Invariants:
// - The slow storage is the truth: what exists, who created it, what is listed and what is deleted is said by it alone, at every read. The
//   fast one may be empty, full, broken or cleared at any moment, and no answer changes but in time.
// - Filling the fast storage delays and fails no read. What is filled was read whole, and to its end, from the slow storage.
// - A fast body that breaks off goes on from the slow storage, or fails as that does.

import { GoModKitError } from '../errors/error.ts';
import { checkKey } from './key.ts';
import { checkRange, resolveRange } from './plugin.ts';
import type { CallOptions, Storage, StoredObject } from './storage.ts';
import { collecting, withFallback } from './tiered-bodies.ts';
import { Shelf } from './tiered-shelf.ts';

/** Options of {@link tieredStorage}. */
export interface TieredStorageOptions {
  /** What is near, such as a directory. Its keys are not those of modules. Anybody may clear it at any time. */
  readonly fast: Storage;
  /** What has everything, such as a bucket. */
  readonly slow: Storage;
  /**
   * The most bytes to keep in `fast`: what was unused longest makes room, where it can delete. Processes that share a `fast` count each for
   * themselves. Default 1 GiB.
   */
  readonly fastBytes?: number | undefined;
  /** Larger objects are not kept. At most 8 are in memory at once on their way to `fast`. Default 32 MiB. */
  readonly objectBytes?: number | undefined;
  /**
   * What is worth keeping. Each read of such an object asks the slow storage for its `head`, and saves the bytes. Default: zips; the small files
   * of versions are in the repository's memory.
   */
  readonly keeps?: ((key: string) => boolean) | undefined;
  /** Told of every failure of the fast storage, which changes nothing but speed. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A {@link Storage} of two. */
export interface TieredStorage extends Storage {
  /** Resolves when what is being kept now is in the fast storage. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Storage in two tiers: reads of zips come from `fast` when they are there, everything else happens in `slow`. It can what `slow` can.
 *
 * What was deleted is gone with the deletion, whoever deleted it: the slow storage is asked before each read, and objects of other bytes under
 * the same key have another place. `delete()` here also clears the fast place; after a deletion by another process the bytes stay there, unread,
 * until they make room. The fast storage is not checked for bit rot: go commands verify what they download. Closes both.
 *
 * Throws `invalid_argument` for sizes that are none.
 *
 * @example
 * ```ts
 * import { memoryStorage, type Storage, tieredStorage } from '@gomodkit/core/storage';
 *
 * // 256 MiB of this process's memory in front of a bucket.
 * export function inFrontOf(bucket: Storage): Storage {
 *   return tieredStorage({ fast: memoryStorage(), slow: bucket, fastBytes: 256 * 1024 * 1024 });
 * }
 * ```
 */
export function tieredStorage(options: TieredStorageOptions): TieredStorage {
  const { fast, slow, fastBytes = 2 ** 30, objectBytes = 32 * 2 ** 20, keeps = isZip, onError = () => {} } = options;
  for (const [name, bytes] of Object.entries({ fastBytes, objectBytes }))
    if (!(bytes > 0))
      throw new GoModKitError(
        'invalid_argument',
        `tiered storage: ${name} is ${bytes}: want a number of bytes above 0`,
      );
  const shelf = new Shelf(fast, { fastBytes, onError });

  const tiered: TieredStorage = {
    async get(key, wanted = {}) {
      checkKey(key);
      if (wanted.range) checkRange(wanted.range);
      if (!keeps(key)) return slow.get(key, wanted);
      const info = await slow.head(key, { signal: wanted.signal });
      if (info === undefined) return undefined;
      const range = resolveRange(key, info.size, wanted.range);
      const kept = info.size <= objectBytes ? await shelf.open(info, wanted) : undefined;
      if (kept !== undefined) {
        const rest = (start: number) => slow.get(key, { range: { start, end: range.end }, signal: wanted.signal });
        const object = { ...info, range, body: kept };
        return { ...object, body: withFallback(object, shelf, rest, wanted) };
      }
      const object = await slow.get(key, wanted);
      if (object === undefined || object.size > objectBytes || !isWhole(object) || !shelf.wants(object)) return object;
      return { ...object, body: collecting(object, shelf) };
    },
    head: (key, wanted) => slow.head(key, wanted),
    create: (key, source, wanted) => slow.create(key, source, wanted),
    list: (wanted) => slow.list(wanted),
    idle: () => shelf.idle(),
    async close() {
      await Promise.all([shelf.close().catch(onError), slow.close?.()]);
    },
  };
  return Object.assign(tiered, optional(slow, shelf, keeps));
}

/** The optional methods, as far as the slow storage has them. */
function optional(slow: Storage, shelf: Shelf, keeps: (key: string) => boolean): Partial<Storage> {
  const remove = slow.delete?.bind(slow);
  return {
    ...(remove && {
      async delete(key: string, options: CallOptions = {}): Promise<void> {
        checkKey(key);
        const info = keeps(key) ? await slow.head(key, options) : undefined;
        await remove(key, options);
        if (info !== undefined) await shelf.drop(info, options);
      },
    }),
    ...(slow.sweep && { sweep: slow.sweep.bind(slow) }),
    ...(slow.signedUrl && { signedUrl: slow.signedUrl.bind(slow) }),
  };
}

function isZip(key: string): boolean {
  return key.endsWith('.zip');
}

function isWhole({ size, range }: StoredObject): boolean {
  return range.start === 0 && range.end === size;
}
