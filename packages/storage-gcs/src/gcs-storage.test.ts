import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { type FakeGcs, startFakeGcs } from '@gomodkit/testing/gcs';
import { Storage as GoogleStorage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { gcsStorage } from './index.ts';

describe('with the fake', () => {
  let server: FakeGcs;
  let buckets = 0;
  const names = new WeakMap<Storage, string>();
  const open = (name: string): Storage => {
    const bucket = new GoogleStorage({ apiEndpoint: server.endpoint, projectId: 'test' }).bucket(name);
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
    },
    { describe, it },
  );
});
