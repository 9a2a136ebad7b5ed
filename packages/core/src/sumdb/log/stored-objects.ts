// What a log derives from its batches, in storage.
//
// Invariants:
// - A key has one content. Who finds it taken compares, and refuses when it says something else: then batches and derived objects
//   disagree, and nothing may be signed any more.
// - A hiccup of the storage is tried again a few times. A create whose answer was lost finds its own content there.

import { sleep } from '../../async/abort.ts';
import { createLimiter } from '../../async/limiter.ts';
import { bytesSource, readAll } from '../../bytes/source.ts';
import { equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';

/** An object of a log, to be stored. */
export interface DerivedObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Whether what is stored there already will do. Default: the same bytes. */
  readonly accepts?: ((stored: Uint8Array) => boolean) | undefined;
}

/** Reads and writes small objects. */
export interface StoredObjects {
  /** The whole object; undefined when absent. */
  read(key: string, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** The first key below a prefix. */
  first(prefix: string, options?: CallOptions): Promise<string | undefined>;
  /** Creates an object; what is there already must do, else rejects with `storage_unavailable`. Resolves to whether it was not there. */
  put(object: DerivedObject): Promise<boolean>;
  /** {@link put} of many. */
  putAll(objects: readonly DerivedObject[]): Promise<void>;
}

/** More than any object of a log has: 256 records of 65,535 bytes. */
const maxBytes = 256 * 65_537;
const delays = [20, 80, 320] as const;
const atOnce = 16;

/** Wraps `storage`. */
export function storedObjects(storage: Storage): StoredObjects {
  const limiter = createLimiter(atOnce);
  const read = async (key: string, { signal }: CallOptions = {}): Promise<Uint8Array | undefined> => {
    const object = await storage.get(key, { signal });
    if (object === undefined) return undefined;
    const bytes = await readAll(object.body, maxBytes);
    if (bytes.length === object.size) return bytes;
    throw new GoModKitError('storage_unavailable', `${key} was cut off`, { data: { key, transient: true } });
  };
  const objects: StoredObjects = {
    read: (key, options = {}) => patiently(key, () => read(key, options), options),
    async first(prefix, { signal } = {}) {
      const list = () => storage.list({ prefix, limit: 1, signal });
      return (await patiently(prefix, list, { signal })).objects[0]?.key;
    },
    async put({ key, bytes, accepts = (stored) => equalBytes(stored, bytes) }) {
      const create = () => storage.create(key, bytesSource(bytes));
      if ((await patiently(key, create, {})).created) return true;
      const stored = await objects.read(key);
      if (stored !== undefined && accepts(stored)) return false;
      throw damaged(key, 'is not what the batches of its log say');
    },
    async putAll(all) {
      const done = await Promise.allSettled(all.map((object) => limiter.run(() => objects.put(object))));
      for (const each of done) if (each.status === 'rejected') throw each.reason;
    },
  };
  return objects;
}

/** The error for what no log of ours can have stored; a retry cannot help. */
export function damaged(key: string, problem: string, cause?: unknown): GoModKitError {
  return new GoModKitError('storage_unavailable', `the stored object ${key} ${problem}`, {
    cause,
    data: { key, transient: false },
  });
}

async function patiently<T>(key: string, work: () => Promise<T>, { signal }: CallOptions): Promise<T> {
  for (const delay of delays) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayPass(error)) throw faultOf(key, error);
    }
    // Not all at the same time.
    await sleep(delay * (0.5 + Math.random()), signal);
  }
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw faultOf(key, error);
  }
}

/** Refusals will be repeated; what does not say otherwise may be a hiccup. */
function mayPass(error: unknown): boolean {
  return !isGoModKitError(error) || (error.code === 'storage_unavailable' && error.data.transient !== false);
}

function faultOf(key: string, error: unknown): unknown {
  if (isGoModKitError(error, 'closed', 'storage_unavailable')) return error;
  return new GoModKitError('storage_unavailable', `the storage failed at ${key}`, {
    cause: error,
    data: { key, transient: !isGoModKitError(error) },
  });
}
