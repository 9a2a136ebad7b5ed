import { generateKeyPairSync } from 'node:crypto';
import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { type FakeGcs, startFakeGcs } from '@gomodkit/testing/gcs';
import { Storage as GoogleStorage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { gcsStorage } from './index.ts';

/** For signed URLs, which the fake does not check. */
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const credentials = {
  client_email: 'tester@example.com',
  private_key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
};

describe('with the fake', () => {
  let server: FakeGcs;
  let buckets = 0;
  const names = new WeakMap<Storage, string>();
  const open = (name: string): Storage => {
    const service = new GoogleStorage({ apiEndpoint: server.endpoint, projectId: 'test', credentials });
    const bucket = service.bucket(name);
    const storage = gcsStorage({ bucket, prefix: 'some/modules/', chunkSize: 1024 * 1024 });
    names.set(storage, name);
    return storage;
  };

  beforeAll(async () => {
    server = await startFakeGcs();
  });
  afterAll(() => server.close());

  describeStorage(
    'Google Cloud Storage',
    {
      open() {
        const name = `bucket-${++buckets}`;
        server.createBucket(name);
        return open(name);
      },
      again: (storage) => open(names.get(storage) ?? ''),
      held: () => server.connections(),
      limits: { partSize: 1024 * 1024 },
    },
    { describe, it },
  );
});
