// The storage contract on Google Cloud Storage.
//
// Invariants:
// - Every method checks its key or bounds before it sends anything.
// - The entity tag is the object's generation: every creation of a key has another one, and get, head and list all name it.
// - After close() every call rejects with `closed`; bodies that are open can be read on.

import { GoModKitError } from '@gomodkit/core/errors';
import {
  type ByteSource,
  type CallOptions,
  type CreateOptions,
  checkExpiresIn,
  checkKey,
  checkRange,
  checkSourceSize,
  type GetOptions,
  type ListOptions,
  type ListPage,
  listBounds,
  type ObjectInfo,
  resolveRange,
  type SignedUrlOptions,
  type Storage,
  type StoredObject,
} from '@gomodkit/core/storage';
import type { GcsBucketLike, GcsFileLike } from './bucket.ts';
import { answerOf, type CallContext, causeOf, faultOf, statusOf } from './calls.ts';
import { bodyOf, headersOf } from './download.ts';
import { listPage } from './listing.ts';
import { infoOf } from './object-info.ts';
import { type GcsStorageOptions, type Settings, settingsOf } from './options.ts';
import { upload } from './upload.ts';

/**
 * A {@link Storage} on Google Cloud Storage. It has no `sweep`: sessions of failed uploads are cancelled, and the service forgets any
 * other after a week. `signedUrl` needs credentials that can sign.
 */
export type GcsStorage = Required<Omit<Storage, 'sweep'>>;

/**
 * Storage in a bucket of Google Cloud Storage, which must exist. Throws `invalid_argument` for options that make no sense.
 *
 * @example
 * ```ts
 * import { Storage } from '@google-cloud/storage';
 * import { createRepository } from '@gomodkit/core';
 * import { gcsStorage } from '@gomodkit/storage-gcs';
 *
 * const storage = gcsStorage({ bucket: new Storage().bucket('go-modules') });
 * const repository = createRepository({ storage });
 * ```
 */
export function gcsStorage(options: GcsStorageOptions): GcsStorage {
  return new BucketStorage(options);
}

class BucketStorage implements GcsStorage {
  readonly #bucket: GcsBucketLike;
  readonly #settings: Settings;
  #closed = false;

  constructor(options: GcsStorageOptions) {
    this.#settings = settingsOf(options);
    this.#bucket = options.bucket;
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<StoredObject | undefined> {
    const file = this.#file(key);
    const bounds = range && checkRange(range);
    if (bounds !== undefined && bounds.start === bounds.end) return this.#getNothing(key, bounds, signal);
    const context = this.#context('read', key, signal);
    signal?.throwIfAborted();
    const stream = file.createReadStream({
      validation: bounds === undefined ? 'crc32c' : false,
      decompress: false,
      ...(bounds && { start: bounds.start }),
      ...(bounds && bounds.end !== Number.POSITIVE_INFINITY && { end: bounds.end - 1 }),
    });
    try {
      const headers = await answerOf(headersOf(stream), context);
      const size = Number(headers['x-goog-stored-content-length']);
      const info = infoOf(key, size, {
        generation: one(headers['x-goog-generation']),
        updated: one(headers['last-modified']),
      });
      const delivered = resolveRange(key, info.size, range);
      return { ...info, range: delivered, body: bodyOf(stream, delivered.end - delivered.start, context) };
    } catch (error) {
      stream.destroy();
      if (statusOf(error) === 404) return undefined;
      if (statusOf(error) === 416) return this.#getNothing(key, range, signal);
      throw faultOf(error, context);
    }
  }

  async head(key: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const file = this.#file(key);
    const context = this.#context('look at', key, signal);
    signal?.throwIfAborted();
    try {
      const [metadata] = await answerOf(file.getMetadata(), context);
      return infoOf(key, Number(metadata.size), metadata);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw faultOf(error, context);
    }
  }

  async create(
    key: string,
    source: ByteSource,
    { contentType, signal }: CreateOptions = {},
  ): Promise<{ created: boolean }> {
    const file = this.#file(key);
    checkSourceSize(source);
    signal?.throwIfAborted();
    const context = this.#context('create', key, signal);
    return { created: await upload(this.#settings, { ...context, file, source, contentType }) };
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    this.#checkOpen();
    const bounds = listBounds(options);
    const context = this.#context('list', bounds.prefix, options.signal);
    options.signal?.throwIfAborted();
    return listPage(this.#bucket, this.#settings, bounds, context);
  }

  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    const file = this.#file(key);
    const context = this.#context('delete', key, signal);
    signal?.throwIfAborted();
    try {
      await answerOf(file.delete(), context);
    } catch (error) {
      if (statusOf(error) !== 404) throw faultOf(error, context);
    }
  }

  async signedUrl(key: string, { expiresIn, signal }: SignedUrlOptions = {}): Promise<string> {
    const file = this.#file(key);
    const expires = Date.now() + checkExpiresIn(expiresIn) * 1000;
    const context = this.#context('sign a URL of', key, signal);
    signal?.throwIfAborted();
    try {
      const [url] = await answerOf(file.getSignedUrl({ version: 'v4', action: 'read', expires }), context);
      return url;
    } catch (error) {
      if (signal?.aborted || statusOf(error) !== undefined || error instanceof GoModKitError)
        throw faultOf(error, context);
      const message = 'Google Cloud Storage cannot sign URLs with these credentials: they name no key and no account';
      throw new GoModKitError('unsupported', message, { cause: causeOf(error) });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #file(key: string): GcsFileLike {
    this.#checkOpen();
    checkKey(key);
    const { prefix, kmsKeyName } = this.#settings;
    return this.#bucket.file(prefix + key, kmsKeyName === undefined ? {} : { kmsKeyName });
  }

  #checkOpen(): void {
    if (this.#closed) throw new GoModKitError('closed', 'the storage is closed');
  }

  #context(step: string, key: string, signal: AbortSignal | undefined): CallContext {
    return { step, key, signal, timeout: this.#settings.timeout };
  }

  /** An empty range of an object, or the refusal of one beyond its end. */
  async #getNothing(
    key: string,
    range: GetOptions['range'],
    signal: AbortSignal | undefined,
  ): Promise<StoredObject | undefined> {
    const info = await this.head(key, { signal });
    if (info === undefined) return undefined;
    return { ...info, range: resolveRange(key, info.size, range), body: new Blob([]).stream() };
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
