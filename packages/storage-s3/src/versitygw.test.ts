import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { RealServer } from '../../../tools/real-servers/program.ts';
import { startVersitygw, versitygw, versitygwCredentials } from '../../../tools/real-servers/versitygw.ts';
import { s3Storage } from './index.ts';

describe.skipIf(versitygw === undefined)('with versitygw', () => {
  let server: RealServer;
  let buckets = 0;
  const names = new WeakMap<Storage, string>();
  const open = (bucket: string): Storage => {
    const client = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: versitygwCredentials,
    });
    const storage = s3Storage({ bucket, client, prefix: 'some/modules/', partSize: 5 * 1024 * 1024 });
    names.set(storage, bucket);
    return storage;
  };

  beforeAll(async () => {
    server = await startVersitygw(versitygw ?? '');
  });
  afterAll(() => server.stop());

  describeStorage(
    'S3',
    {
      async open() {
        const name = `bucket-${++buckets}`;
        await mkdir(join(server.directory, name));
        return open(name);
      },
      again: (storage) => open(names.get(storage) ?? ''),
      limits: { bigBytes: 11 * 1024 * 1024, partSize: 5 * 1024 * 1024 },
    },
    { describe, it },
  );
});
