// Google Cloud Storage for the length of a test: in memory, on a loopback port, with faults.

import { Bucket } from '../buckets/bucket.ts';
import type { ObjectFault } from '../buckets/object-fault.ts';
import { type ObjectServer, serveObjects } from '../buckets/object-server.ts';
import { type GcsCall, gcsError, json } from './answers.ts';
import { objectOperations } from './objects.ts';
import { gcsOperationOf, placeOf } from './operation.ts';
import { uploadOperations } from './uploads.ts';

/** Options of {@link startFakeGcs}. */
export interface FakeGcsOptions {
  /** Buckets that are there from the start. */
  readonly buckets?: readonly string[] | undefined;
  readonly faults?: readonly ObjectFault[] | undefined;
}

/** A running fake. */
export interface FakeGcs extends ObjectServer {
  /** Makes a bucket, empty. */
  createBucket(name: string): void;
  /** Names of the objects of a bucket, in order. */
  keys(bucket: string): readonly string[];
  /** What an object was stored with: storage class, encryption key, …; undefined where it is not there. */
  attributes(bucket: string, key: string): Readonly<Record<string, string>> | undefined;
  /** How many resumable uploads of a bucket are open. */
  openUploads(bucket: string): number;
}

const operations: Readonly<Record<string, (call: GcsCall) => ReturnType<typeof json>>> = {
  ...objectOperations,
  ...uploadOperations,
};

/**
 * Starts a fake of Google Cloud Storage, for any credentials: the JSON API with generations and their conditions, multipart and resumable
 * uploads, ranges, listings, CRC32C and MD5, and what else may happen through `faults`. It keeps everything in memory.
 *
 * Operations are named `objects.insert`, `objects.get`, `objects.download`, `objects.list`, `objects.delete`, `resumable.begin`,
 * `resumable.send`, `resumable.status`, `resumable.cancel`, `buckets.insert` and `buckets.get`.
 *
 * @example
 * ```ts
 * import { startFakeGcs } from '@gomodkit/testing/gcs';
 *
 * const gcs = await startFakeGcs({ buckets: ['modules'], faults: [{ operation: 'resumable.send', status: 503, times: 1 }] });
 * try {
 *   console.log(gcs.endpoint); // for `new Storage({ apiEndpoint: gcs.endpoint, projectId: 'test' })`
 * } finally {
 *   await gcs.close();
 * }
 * ```
 */
export async function startFakeGcs({ buckets = [], faults }: FakeGcsOptions = {}): Promise<FakeGcs> {
  const all = new Map(buckets.map((name) => [name, new Bucket()]));
  const server = await serveObjects(
    {
      operationOf: gcsOperationOf,
      error: gcsError,
      checksumHeaders: ['x-goog-hash'],
      answer(operation, request, faults) {
        if (operation === 'buckets.insert') return insertBucket(all, request.body);
        const { bucketName, key } = placeOf(request);
        const bucket = all.get(bucketName);
        if (bucket === undefined) return gcsError(404, 'notFound');
        if (operation === 'buckets.get') return json({ kind: 'storage#bucket', id: bucketName, name: bucketName });
        const call = { request, bucket, bucketName, key, ...faults };
        return operations[operation]?.(call) ?? gcsError(501, 'notImplemented');
      },
    },
    faults,
  );
  return {
    ...server,
    createBucket: (name) => void all.set(name, new Bucket()),
    keys: (bucket) => all.get(bucket)?.keys('') ?? [],
    attributes: (bucket, key) => all.get(bucket)?.objects.get(key)?.attributes,
    openUploads: (bucket) => all.get(bucket)?.uploads.size ?? 0,
  };
}

function insertBucket(all: Map<string, Bucket>, body: Uint8Array): ReturnType<typeof json> {
  const { name = '' } = JSON.parse(Buffer.from(body).toString() || '{}') as { name?: string };
  if (all.has(name)) return gcsError(409, 'conflict');
  all.set(name, new Bucket());
  return json({ kind: 'storage#bucket', id: name, name });
}
