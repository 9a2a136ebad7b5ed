import { S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { type FakeS3, startFakeS3 } from '@gomodkit/testing/s3';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { s3Storage } from './index.ts';

describe('with the fake', () => {
  let server: FakeS3;
  let buckets = 0;
  const names = new WeakMap<Storage, string>();
  const open = (bucket: string): Storage => {
    const client = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'tester', secretAccessKey: 'tester-secret' },
    });
    const storage = s3Storage({ bucket, client, prefix: 'some/modules/', partSize: 5 * 1024 * 1024 });
    names.set(storage, bucket);
    return storage;
  };

  beforeAll(async () => {
    server = await startFakeS3();
  });
  afterAll(() => server.close());

  describeStorage(
    'S3',
    {
      open() {
        const name = `bucket-${++buckets}`;
        server.createBucket(name);
        return open(name);
      },
      again: (storage) => open(names.get(storage) ?? ''),
      held: () => server.connections(),
      limits: { bigBytes: 11 * 1024 * 1024, partSize: 5 * 1024 * 1024 },
    },
    { describe, it },
  );
});
