// S3 for the length of a test: in memory, on a loopback port, with faults.

import { Bucket } from '../buckets/bucket.ts';
import type { ObjectFault } from '../buckets/object-fault.ts';
import { type ObjectServer, serveObjects } from '../buckets/object-server.ts';
import { operations, s3Error, s3OperationOf } from './operations.ts';

/** Options of {@link startFakeS3}. */
export interface FakeS3Options {
  /** Buckets that are there from the start. */
  readonly buckets?: readonly string[] | undefined;
  readonly faults?: readonly ObjectFault[] | undefined;
}

/** A running fake. */
export interface FakeS3 extends ObjectServer {
  /** Makes a bucket, empty. */
  createBucket(name: string): void;
  /** Keys of the objects of a bucket, in order. */
  keys(bucket: string): readonly string[];
  /** What an object was stored with: storage class, encryption, …, as headers; undefined where it is not there. */
  attributes(bucket: string, key: string): Readonly<Record<string, string>> | undefined;
  /** How many multipart uploads of a bucket are open. */
  openUploads(bucket: string): number;
}

/**
 * Starts a fake of S3, path-style, for any credentials and region: conditional writes, ranges, multipart uploads and CRC32 checksums as S3
 * has them, and what else may happen through `faults`. It keeps everything in memory and checks no signatures.
 *
 * @example
 * ```ts
 * import { startFakeS3 } from '@gomodkit/testing/s3';
 *
 * const s3 = await startFakeS3({ buckets: ['modules'], faults: [{ operation: 'GetObject', truncate: 100, times: 1 }] });
 * try {
 *   console.log(s3.endpoint); // for `new S3Client({ endpoint, forcePathStyle: true, … })`
 * } finally {
 *   await s3.close();
 * }
 * ```
 */
export async function startFakeS3({ buckets = [], faults }: FakeS3Options = {}): Promise<FakeS3> {
  const all = new Map(buckets.map((name) => [name, new Bucket()]));
  const server = await serveObjects(
    {
      operationOf: s3OperationOf,
      error: s3Error,
      checksumHeaders: ['x-amz-checksum-crc32'],
      answer(operation, request, faults) {
        const [bucketName = '', ...rest] = request.path.split('/');
        if (operation === 'CreateBucket') {
          all.set(bucketName, all.get(bucketName) ?? new Bucket());
          return { status: 200 };
        }
        const bucket = all.get(bucketName);
        if (bucket === undefined) return s3Error(404, 'NoSuchBucket');
        const call = { request, bucket, bucketName, key: rest.join('/'), ...faults };
        return operations[operation]?.(call) ?? s3Error(501, 'NotImplemented');
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
