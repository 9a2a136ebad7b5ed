import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { Storage as GoogleStorage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { fakeGcsServer, startFakeGcsServer } from '../../../tools/real-servers/fake-gcs-server.ts';
import type { RealServer } from '../../../tools/real-servers/program.ts';
import { gcsStorage } from './index.ts';

describe.skipIf(fakeGcsServer === undefined)('with fake-gcs-server', () => {
  let server: RealServer;
  let buckets = 0;
  const names = new WeakMap<Storage, string>();
  const service = (): GoogleStorage => new GoogleStorage({ apiEndpoint: server.endpoint, projectId: 'test' });
  const open = (name: string): Storage => {
    const storage = gcsStorage({ bucket: service().bucket(name), prefix: 'some/modules/', chunkSize: 1024 * 1024 });
    names.set(storage, name);
    return storage;
  };

  beforeAll(async () => {
    // Who would sign without credentials is looked for beyond this machine.
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
    server = await startFakeGcsServer(fakeGcsServer ?? '');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  describeStorage(
    'Google Cloud Storage',
    {
      async open() {
        const name = `bucket-${++buckets}`;
        // The SDK tries again after a connection that was cut off, and then finds the bucket that its first try made.
        await service()
          .createBucket(name)
          .catch((error: { code?: unknown }) => {
            if (error.code !== 409) throw error;
          });
        return open(name);
      },
      again: (storage) => open(names.get(storage) ?? ''),
    },
    { describe, it },
  );
});
