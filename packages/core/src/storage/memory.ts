// Storage in memory: the reference of the contract, for tests, examples and small caches.
//
// Invariants:
// - An object becomes visible in one synchronous step, after its source was read whole and checked.
// - Bytes are copied in and out: nobody outside holds what is stored.
// - What is stored and what is being read in never exceeds the limit together.

import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { type ByteSource, concatBytes } from '../bytes/source.ts';
import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { checkKey } from './key.ts';
import { checkRange, checkSourceSize, listBounds, resolveRange, sourceChunks } from './plugin.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { CallOptions, GetOptions, ListOptions, ListPage, ObjectInfo, Storage, StoredObject } from './storage.ts';

/** Options of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** The most bytes to hold, objects alone; more reject with `limit_exceeded`. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** The clock that `modified` comes from. */
  readonly now?: (() => Date) | undefined;
}

interface Entry {
  readonly info: ObjectInfo;
  readonly bytes: Uint8Array;
}

const chunkBytes = 64 * 1024;

/**
 * A storage in this process's memory, empty at first and gone with it.
 *
 * @example
 * ```ts
 * import { bytesSource, memoryStorage } from '@gomodkit/core/storage';
 *
 * const storage = memoryStorage({ maxBytes: 64 * 1024 * 1024 });
 * await storage.create('example.com/@v/v1.0.0.mod', bytesSource(new TextEncoder().encode('module example.com\n')));
 * ```
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  return new MemoryStorage(options);
}

class MemoryStorage implements Storage {
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new SortedKeys();
  readonly #maxBytes: number;
  readonly #now: () => Date;
  #bytes = 0;
  #closed = false;

  constructor(options: MemoryStorageOptions) {
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#now = options.now ?? (() => new Date());
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkKey(key);
    if (options.range) checkRange(options.range);
    this.#begin(options);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const range = resolveRange(key, entry.bytes.length, options.range);
    return {
      ...copyInfo(entry.info),
      range,
      body: bodyOf(entry.bytes.subarray(range.start, range.end), options.signal),
    };
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key);
    this.#begin(options);
    const entry = this.#entries.get(key);
    return entry && copyInfo(entry.info);
  }

  async create(key: string, source: ByteSource, options: CallOptions = {}): Promise<{ readonly created: boolean }> {
    checkKey(key);
    checkSourceSize(source);
    this.#begin(options);
    if (this.#entries.has(key)) return { created: false };
    const { size } = source;
    this.#reserve(key, size);
    let created = false;
    try {
      const bytes = await collect(source, options);
      created = this.#insert(key, bytes);
    } finally {
      if (!created) this.#bytes -= size;
    }
    return { created };
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    const { prefix, after, limit } = listBounds(options);
    this.#begin(options);
    const objects: ObjectInfo[] = [];
    for (const key of this.#keys.from(compareUtf8(prefix, after) > 0 ? prefix : after)) {
      if (key === after) continue;
      if (!key.startsWith(prefix)) break;
      if (objects.length === limit) return { objects, more: true };
      const entry = this.#entries.get(key);
      if (entry) objects.push(copyInfo(entry.info));
    }
    return { objects, more: false };
  }

  async delete(key: string, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    this.#begin(options);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#keys.delete(key);
    this.#bytes -= entry.bytes.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#entries.clear();
  }

  #begin(options: CallOptions): void {
    if (this.#closed) throw new GoModKitError('closed', 'the memory storage is closed');
    options.signal?.throwIfAborted();
  }

  #reserve(key: string, size: number): void {
    const limit = this.#maxBytes;
    if (this.#bytes + size > limit) {
      throw new GoModKitError(
        'limit_exceeded',
        `${key} (${size} bytes) does not fit: the storage is limited to ${limit}`,
        {
          data: { limit, key },
        },
      );
    }
    this.#bytes += size;
  }

  /** The one step that publishes. */
  #insert(key: string, bytes: Uint8Array): boolean {
    this.#begin({});
    if (this.#entries.has(key)) return false;
    this.#refusePathPrefix(key);
    const etag = hex(sha256(bytes));
    this.#entries.set(key, { bytes, info: { key, size: bytes.length, etag, modified: this.#now() } });
    this.#keys.add(key);
    return true;
  }

  /** A file tree cannot hold `a` beside `a/b`, so the reference storage does not either. */
  #refusePathPrefix(key: string): void {
    const below: string | undefined = this.#keys.from(`${key}/`).next().value ?? undefined;
    let other = below?.startsWith(`${key}/`) ? below : undefined;
    for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) {
      if (this.#entries.has(key.slice(0, at))) other = key.slice(0, at);
    }
    if (other === undefined) return;
    throw new GoModKitError('invalid_key', `key ${key} clashes with ${other}: no key may be a path-prefix of another`, {
      data: { key, other },
    });
  }
}

async function collect(source: ByteSource, options: CallOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of sourceChunks(source, options)) chunks.push(chunk.slice());
  options.signal?.throwIfAborted();
  return concatBytes(chunks, source.size);
}

/** A pull-driven stream of copies, which ends with the signal's reason when that aborts. */
function bodyOf(bytes: Uint8Array, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        signal?.throwIfAborted();
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + chunkBytes));
        at += chunkBytes;
        if (at >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Dates are mutable, so each caller gets one of its own. */
function copyInfo(info: ObjectInfo): ObjectInfo {
  return { ...info, modified: new Date(info.modified) };
}
