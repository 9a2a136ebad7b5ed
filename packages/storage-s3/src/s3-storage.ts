// The storage contract on S3.
//
// Invariants:
// - Every method checks its key or bounds before it sends anything.
// - Nothing is created before the endpoint proved that it honours conditions.
// - After close() every call rejects with `closed`; bodies that are open can be read on.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
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
  objectBody,
  orAborted,
  resolveRange,
  type SignedUrlOptions,
  type Storage,
  type StoredObject,
} from '@gomodkit/core/storage';
import { faultOf, Requests, refusalOf, type S3ClientLike } from './client.ts';
import { listPage } from './listing.ts';
import { bareEtag, wholeSeconds } from './object-info.ts';
import { type S3StorageOptions, type Settings, settingsOf } from './options.ts';
import { probeConditions } from './probe.ts';
import { sweepUploads } from './sweep.ts';
import { upload } from './upload.ts';

/** A {@link Storage} on S3, with everything that is optional. `signedUrl` needs `@aws-sdk/s3-request-presigner`. */
export type S3Storage = Required<Storage>;

/**
 * Storage in an S3 bucket, or in anything that speaks S3 and honours conditional writes.
 *
 * The first create() probes whether the endpoint honours `If-None-Match: *` on PutObject and on CompleteMultipartUpload, and rejects
 * with `unsupported` where it does not. The bucket must exist. Throws `invalid_argument` for options that make no sense.
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { createRepository } from '@gomodkit/core';
 * import { s3Storage } from '@gomodkit/storage-s3';
 *
 * const storage = s3Storage({ bucket: 'go-modules', client: new S3Client({ region: 'eu-central-1' }) });
 * const repository = createRepository({ storage });
 * ```
 */
export function s3Storage(options: S3StorageOptions): S3Storage {
  return new BucketStorage(options);
}

class BucketStorage implements S3Storage {
  readonly #client: S3ClientLike;
  readonly #requests: Requests;
  readonly #settings: Settings;
  #probed: Promise<void> | undefined;
  #closed = false;

  constructor(options: S3StorageOptions) {
    this.#settings = settingsOf(options);
    this.#client = options.client;
    this.#requests = new Requests(options.client, options.bucket, this.#settings.timeout);
    if (!this.#settings.probe) this.#probed = Promise.resolve();
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<StoredObject | undefined> {
    this.#check(key);
    // S3 has no empty ranges, and ignores ranges of empty objects or refuses them.
    const bounds = range && checkRange(range);
    if (bounds !== undefined && bounds.start === bounds.end) return this.#getNothing(key, bounds, signal);
    const stop = new AbortController();
    const answer = await this.#read<GetObjectCommandOutput>(
      key,
      new GetObjectCommand({ ...this.#place(key), ...(bounds && { Range: rangeHeader(bounds) }) }),
      signal,
      stop,
    );
    if (answer === 'unsatisfiable') return this.#getNothing(key, range, signal);
    if (answer === undefined) return undefined;
    const { Body } = answer;
    const release = (reason: unknown): void => {
      stop.abort(reason);
      destroy(Body);
    };
    const { delivered, size } = deliveryOf(key, range, answer, release);
    const body = objectBody(Body as AsyncIterable<Uint8Array>, {
      backend: 'S3',
      key,
      size: delivered.end - delivered.start,
      stall: this.#settings.timeout,
      signal,
      release,
    });
    return { ...infoOf(key, size, answer), range: delivered, body };
  }

  async head(key: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    this.#check(key);
    const command = new HeadObjectCommand(this.#place(key));
    const answer = await this.#read<HeadObjectCommandOutput>(key, command, signal);
    return answer === undefined || answer === 'unsatisfiable'
      ? undefined
      : infoOf(key, answer.ContentLength ?? 0, answer);
  }

  async create(
    key: string,
    source: ByteSource,
    { contentType, signal }: CreateOptions = {},
  ): Promise<{ created: boolean }> {
    this.#check(key);
    checkSourceSize(source);
    signal?.throwIfAborted();
    await this.#probe(signal);
    const name = this.#settings.prefix + key;
    const created = await upload(this.#requests, this.#settings, { name, source, contentType, signal });
    return { created };
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    this.#checkOpen();
    return listPage(this.#requests, this.#settings, listBounds(options), options.signal);
  }

  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    this.#check(key);
    try {
      await this.#requests.send(new DeleteObjectCommand(this.#place(key)), signal);
    } catch (error) {
      if (refusalOf(error).status !== 404) throw faultOf(error, 'delete', key, signal);
    }
  }

  async sweep({ olderThan, signal }: { readonly olderThan: Date } & CallOptions): Promise<number> {
    this.#checkOpen();
    return sweepUploads(this.#requests, this.#settings, olderThan, signal);
  }

  async signedUrl(key: string, options: SignedUrlOptions = {}): Promise<string> {
    this.#check(key);
    const expiresIn = checkExpiresIn(options.expiresIn);
    options.signal?.throwIfAborted();
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner').catch((error: unknown) => {
      throw cannotSign('@aws-sdk/s3-request-presigner is not installed', error);
    });
    const command = new GetObjectCommand(this.#place(key));
    try {
      // The presigner reads the client's configuration; a forwarding client has none.
      const url = getSignedUrl(this.#client as unknown as S3Client, command, { expiresIn });
      return await orAborted(url, options.signal);
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw cannotSign('the client has no configuration or no credentials', error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #place(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#requests.bucket, Key: this.#settings.prefix + key };
  }

  #check(key: string): void {
    this.#checkOpen();
    checkKey(key);
  }

  #checkOpen(): void {
    if (this.#closed) throw new GoModKitError('closed', 'the storage is closed');
  }

  /** Once per storage; again after a failure that another try may heal. */
  async #probe(signal: AbortSignal | undefined): Promise<void> {
    this.#probed ??= probeConditions(this.#requests, this.#settings, undefined).catch((error: unknown) => {
      this.#probed = undefined;
      throw error;
    });
    await orAborted(this.#probed, signal);
  }

  async #read<Output>(
    key: string,
    command: object,
    signal: AbortSignal | undefined,
    stop?: AbortController,
  ): Promise<Output | 'unsatisfiable' | undefined> {
    try {
      return await this.#requests.send<Output>(command, signal, stop);
    } catch (error) {
      const { status, code } = refusalOf(error);
      // A missing bucket is no missing object.
      if (status === 404 && code !== 'NoSuchBucket') return undefined;
      if (status === 416) return 'unsatisfiable';
      throw faultOf(error, 'read', key, signal);
    }
  }

  /** An empty range of an object, or the refusal of one beyond its end. */
  async #getNothing(
    key: string,
    range: GetOptions['range'],
    signal: AbortSignal | undefined,
  ): Promise<StoredObject | undefined> {
    const info = await this.head(key, { signal });
    if (info === undefined) return undefined;
    const delivered = resolveRange(key, info.size, range);
    return { ...info, range: delivered, body: new Blob([]).stream() };
  }
}

/** What of an object an answer has. What does not fit is released and thrown. */
function deliveryOf(
  key: string,
  range: GetOptions['range'],
  { ContentLength = 0, ContentRange }: GetObjectCommandOutput,
  release: (reason: unknown) => void,
): { readonly size: number; readonly delivered: StoredObject['range'] } {
  const size = ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1]);
  try {
    if (!Number.isSafeInteger(size)) {
      const message = `S3 answered a read of ${key} with the range ${ContentRange}`;
      throw new GoModKitError('storage_unavailable', message);
    }
    const delivered = resolveRange(key, size, range);
    if (ContentRange === undefined && delivered.end - delivered.start !== size) {
      const message = `the endpoint ignores ranges: it sent all of ${key}; use one that honours them`;
      throw new GoModKitError('unsupported', message, { data: { key } });
    }
    return { size, delivered };
  } catch (fault) {
    release(fault);
    throw fault;
  }
}

function cannotSign(why: string, cause: unknown): GoModKitError {
  return new GoModKitError('unsupported', `S3 storage cannot sign URLs: ${why}`, { cause });
}

/** Releases the socket of a body: a Node stream, or a web stream elsewhere. */
function destroy(body: unknown): void {
  const stream = body as { destroy?(): void; cancel?(): Promise<void>; on?(event: string, listen: () => void): void };
  // A destroyed request may still report its end; nobody is left to hear it.
  stream?.on?.('error', () => {});
  if (stream?.destroy !== undefined) stream.destroy();
  else stream?.cancel?.().catch(() => {});
}

function rangeHeader({ start, end }: { readonly start: number; readonly end: number }): string {
  return `bytes=${start}-${end === Number.POSITIVE_INFINITY ? '' : end - 1}`;
}

function infoOf(
  key: string,
  size: number,
  { ETag = '', LastModified = new Date(0) }: HeadObjectCommandOutput | GetObjectCommandOutput,
): ObjectInfo {
  return { key, size, etag: bareEtag(ETag), modified: wholeSeconds(LastModified) };
}
