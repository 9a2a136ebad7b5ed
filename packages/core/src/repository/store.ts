// Storage as the repository uses it: with retries, small objects whole, faults in one shape.
//
// Invariants:
// - A fault that a retry can heal is retried a few times, because one 503 ends a go command (protocol-cases row 36); then it is
//   `storage_unavailable`. So is every refusal of the backend (`unsupported`, `limit_exceeded` and the like), at once: no retry helps.
// - Messages name the key and the step, never the backend's own words, whatever its code; those are in `cause`. What a backend gives as
//   the system's reason (`data.reason`, else the errno or HTTP status) is for operators, holds no path, and stands at the end.
// - A body is read to its end or cancelled, and what is read whole has the size that the backend named.

import type { Sleep } from '../async/abort.ts';
import { type ByteSource, readAll } from '../bytes/source.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type {
  CallOptions,
  GetOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  Storage,
  StoredObject,
} from '../storage/storage.ts';

/** A small stored object, whole. */
export interface StoredFile {
  readonly bytes: Uint8Array;
  readonly modified: Date;
}

/** A {@link Storage} that does not give up at once. */
export interface Store {
  /** The whole object; undefined when absent. Rejects with `storage_unavailable` when it is larger than `limit` bytes. */
  read(key: string, limit: number, signal?: AbortSignal | undefined): Promise<StoredFile | undefined>;
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
  head(key: string, signal?: AbortSignal | undefined): Promise<ObjectInfo | undefined>;
  /** Whether this call created it. After a retry, `false` may mean our own earlier attempt: compare. */
  create(key: string, source: ByteSource, contentType: string, signal?: AbortSignal | undefined): Promise<boolean>;
  list(options: ListOptions): Promise<ListPage>;
  /** Whether the storage can delete, and so did. */
  delete(key: string, signal?: AbortSignal | undefined): Promise<boolean>;
  readonly canDelete: boolean;
  /** As the storage does it, where it can; a failure is not tried again. */
  readonly signedUrl: Storage['signedUrl'] | undefined;
}

/** Options of {@link createStore}. */
export interface StoreOptions {
  readonly sleep: Sleep;
  /** Milliseconds before each further attempt. */
  readonly delays?: readonly number[] | undefined;
}

const defaultDelays = [50, 200, 800] as const;

/** Wraps `storage`. */
export function createStore(storage: Storage, { sleep, delays = defaultDelays }: StoreOptions): Store {
  const attempt = async <T>(step: string, key: string, signal: AbortSignal | undefined, work: () => Promise<T>) => {
    for (let tries = 0; ; tries++) {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        const fault = faultOf(error, step, key);
        const delay = delays[tries];
        if (fault.data.transient !== true || delay === undefined) throw fault;
        // Jitter, so that many requests that failed together do not come back together.
        await sleep(delay * (0.5 + Math.random()), signal);
      }
    }
  };

  return {
    read: (key, limit, signal) =>
      attempt('read', key, signal, async () => {
        const object = await storage.get(key, { signal });
        if (object === undefined) return undefined;
        if (object.size > limit) {
          await object.body.cancel();
          throw damaged(key, `has ${object.size} bytes, more than the ${limit} that it may have`);
        }
        const bytes = await readAll(object.body, object.size);
        if (bytes.length === object.size) return { bytes, modified: object.modified };
        throw new GoModKitError('storage_unavailable', `${key} was cut off`, { data: { transient: true } });
      }),
    get: (key, options = {}) => attempt('read', key, options.signal, () => storage.get(key, options)),
    head: (key, signal) => attempt('read', key, signal, () => storage.head(key, { signal })),
    create: async (key, source, contentType, signal) =>
      (await attempt('write', key, signal, () => storage.create(key, source, { contentType, signal }))).created,
    list: (options) => attempt('list', options.prefix ?? '', options.signal, () => storage.list(options)),
    delete: async (key, signal) => {
      if (storage.delete === undefined) return false;
      await attempt('delete', key, signal, async () => storage.delete?.(key, { signal }));
      return true;
    },
    canDelete: storage.delete !== undefined,
    signedUrl: storage.signedUrl?.bind(storage),
  };
}

/** How many objects a page should hold, if the storage can: a folder is read anew for every page. */
const pageSize = 10_000;

/** All objects below `prefix`, page by page. */
export async function* listAll(
  store: Pick<Store, 'list'>,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<ObjectInfo> {
  let after: string | undefined;
  for (;;) {
    const page = await store.list({ prefix, after, limit: pageSize, signal: options.signal });
    yield* page.objects;
    const last = page.objects.at(-1)?.key;
    if (!page.more) return;
    // Neither an endless loop nor a list that ends early without a word.
    if (last === undefined || last === after) throw damaged(prefix, 'cannot be listed: a page does not move on');
    after = last;
  }
}

/** An error for stored bytes that no publication of ours can have left; a retry cannot help. */
export function damaged(key: string, problem: string, cause?: unknown): GoModKitError {
  return new GoModKitError('storage_unavailable', `the stored object ${key} ${problem}`, {
    cause,
    data: { key, transient: false },
  });
}

function faultOf(error: unknown, step: string, key: string): GoModKitError {
  const own = isGoModKitError(error) ? error : undefined;
  const data = { ...own?.data, key };
  if (own?.code === 'range_not_satisfiable') {
    return new GoModKitError(own.code, `${key} has no bytes in that range`, { cause: error, data });
  }
  if (own?.code === 'closed') return new GoModKitError(own.code, 'the storage is closed', { cause: error, data });
  // A backend that had no answer at all says so; what the system said of that is behind it.
  const { code } = (own?.cause ?? {}) as { readonly code?: unknown };
  const { errno, reason } = wordsOf(own === undefined ? error : { code, ...own.data });
  // A refusal will be repeated; what does not say otherwise may be a hiccup.
  const transient =
    own === undefined ? !refusals.has(errno) : own.code === 'storage_unavailable' && own.data.transient !== false;
  const message = `storage cannot ${step} ${key || 'its keys'}${reason === undefined ? '' : `: ${reason}`}`;
  return new GoModKitError('storage_unavailable', message, { cause: error, data: { ...data, step, errno, transient } });
}

/** What the system said, as far as it is known to hold no path. */
function wordsOf(facts: unknown): { readonly errno: string | undefined; readonly reason: string | undefined } {
  const { errno: number, code, reason, status } = (facts ?? {}) as Readonly<Record<string, unknown>>;
  // Node's own errors have a number there, and the name as their code.
  const isName = (each: unknown): each is string => typeof each === 'string' && /^E[A-Z0-9]+$/.test(each);
  const errno = [number, code].find(isName);
  if (typeof reason === 'string') return { errno, reason };
  return { errno, reason: errno ?? (Number.isInteger(status) ? `the service answered ${status}` : undefined) };
}

/** What is said of a whole storage, by errno or HTTP status: no room, or no right. */
const refusals: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 401, 403, 507]);

/**
 * Whether storage refused for good what it will refuse of other keys too, as it is full or may not be used: by what the system said, or
 * where a backend says of a write no more than that a retry cannot help. Not where one key is at fault.
 */
export function refusesAll(error: unknown): boolean {
  if (!isGoModKitError(error, 'storage_unavailable') || error.data.transient !== false) return false;
  const { step, errno, status } = error.data;
  if (errno !== undefined || status !== undefined) return refusals.has(errno) || refusals.has(status);
  return step === 'write' && isGoModKitError(error.cause, 'storage_unavailable') && error.cause.data.key === undefined;
}
