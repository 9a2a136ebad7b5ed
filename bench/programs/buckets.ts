// Object stores, called through a storage and through the SDK alone, and what a repository on a bucket asks of it.

import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { bytesSource, memoryStorage, type Storage } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { gcsStorage } from '@gomodkit/storage-gcs';
import { s3Storage } from '@gomodkit/storage-s3';
import { Storage as GoogleStorage } from '@google-cloud/storage';
import { answerLines, timed } from './answer-lines.ts';
import { s3ClientAt } from './buckets-client.ts';
import { countRequests } from './buckets-requests.ts';

/** A bucket, or a place for files. */
export interface BucketPlace {
  readonly kind: 's3' | 'gcs' | 'directory' | 'memory';
  /** For object stores. */
  readonly endpoint?: string | undefined;
  /** A name that nobody has, or the path of a directory. */
  readonly name: string;
}

/** Calls to be made and timed. */
export interface CallsRequest {
  readonly call: 'create' | 'get' | 'list';
  readonly place: BucketPlace;
  /** `raw`: the SDK alone. */
  readonly how: 'raw' | 'storage';
  readonly objects: number;
  readonly atOnce: number;
}

/** What can be done to a bucket. */
interface Calls {
  /** Creates an object that is not there. */
  create(key: string, bytes: Uint8Array): Promise<unknown>;
  /** Reads an object whole. */
  get(key: string): Promise<unknown>;
  /** Lists up to a thousand objects. */
  list(prefix: string): Promise<unknown>;
}

async function callsOn({ kind, endpoint = '', name }: BucketPlace, how: CallsRequest['how']): Promise<Calls> {
  if (kind === 'directory') return throughStorage(directoryStorage(name));
  if (kind === 'memory') return throughStorage(memoryStorage());
  if (kind === 's3') {
    const client = s3ClientAt(endpoint);
    await client.send(new CreateBucketCommand({ Bucket: name }));
    return how === 'raw' ? rawS3(client, name) : throughStorage(s3Storage({ bucket: name, client }));
  }
  const service = new GoogleStorage({ apiEndpoint: endpoint, projectId: 'test' });
  await service.createBucket(name);
  const bucket = service.bucket(name);
  return how === 'raw' ? rawGcs(bucket) : throughStorage(gcsStorage({ bucket }));
}

function throughStorage(storage: Storage): Calls {
  return {
    create: (key, bytes) => storage.create(key, bytesSource(bytes)),
    get: async (key) => read((await storage.get(key))?.body),
    list: (prefix) => storage.list({ prefix, limit: 1000 }),
  };
}

/** Reads a body as servers do: chunk by chunk. */
async function read(body: ReadableStream<Uint8Array> | undefined): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = body?.getReader();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) chunks.push(next.value);
  return chunks;
}

/** The same conditions, and the SDK's own checksums: what anybody would write who needs the same. */
function rawS3(client: S3Client, bucket: string): Calls {
  return {
    create: (key, bytes) =>
      client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, IfNoneMatch: '*' })),
    get: async (key) =>
      (await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).Body?.transformToByteArray(),
    list: (prefix) => client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1000 })),
  };
}

function rawGcs(bucket: ReturnType<GoogleStorage['bucket']>): Calls {
  return {
    create: (key, bytes) =>
      bucket.file(key).save(Buffer.from(bytes), { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
    get: (key) => bucket.file(key).download(),
    list: (prefix) => bucket.getFiles({ prefix, maxResults: 1000, autoPaginate: false }),
  };
}

const keyOf = (index: number): string => `example.com/m${index >> 4}/@v/v1.0.${index}.mod`;

async function all(count: number, atOnce: number, call: (index: number) => Promise<unknown>): Promise<void> {
  const left = Array.from({ length: count }, (_, index) => index)[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const index of left) await call(index);
    }),
  );
}

await answerLines({
  async calls({ call, place, how, objects, atOnce }: CallsRequest) {
    const calls = await callsOn(place, how);
    const bytes = new Uint8Array(1024).fill(0x61);
    // Connections, and the probe of the endpoint.
    await calls.create('warm-up', bytes);
    const create = (index: number) => calls.create(keyOf(index), bytes);
    if (call === 'create') return timed(() => all(objects, atOnce, create));
    await all(objects, atOnce, create);
    const ask = call === 'get' ? (index: number) => calls.get(keyOf(index)) : () => calls.list('example.com/');
    return timed(() => all(call === 'get' ? objects : 32, atOnce, ask));
  },
  requests: countRequests,
});
