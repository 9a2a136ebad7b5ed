import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { minio, minioCredentials, startMinio } from '../../../tools/real-servers/minio.ts';
import type { RealServer } from '../../../tools/real-servers/program.ts';
import { s3Storage } from './index.ts';

describe.skipIf(minio === undefined)('with MinIO', () => {
  let server: RealServer;
  let buckets = 0;
  const names = new WeakMap<Storage, string>();
  const client = (): S3Client =>
    new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: minioCredentials,
    });
  const open = (bucket: string): Storage => {
    const storage = s3Storage({ bucket, client: client(), prefix: 'some/modules/', partSize: 5 * 1024 * 1024 });
    names.set(storage, bucket);
    return storage;
  };

  beforeAll(async () => {
    server = await startMinio(minio ?? '');
  });
  afterAll(() => server.stop());

  describeStorage(
    'S3',
    {
      async open() {
        const name = `bucket-${++buckets}`;
        await client().send(new CreateBucketCommand({ Bucket: name }));
        return open(name);
      },
      again: (storage) => open(names.get(storage) ?? ''),
      limits: { bigBytes: 11 * 1024 * 1024, partSize: 5 * 1024 * 1024 },
    },
    { describe, it },
  );
});
