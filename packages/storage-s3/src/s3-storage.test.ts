import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { type FakeS3, startFakeS3 } from '@gomodkit/testing/s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('an endpoint that ignores ranges', () => {
  /** Answers every read with all of ten bytes. */
  function ignoringRanges() {
    const bodies: Readable[] = [];
    const send = async () => {
      const Body = Readable.from([Buffer.from('0123456789')]);
      bodies.push(Body);
      return { Body, ContentLength: 10 };
    };
    return { storage: s3Storage({ bucket: 'modules', client: { send }, probe: false }), bodies };
  }

  it.each([{ start: 2 }, { start: 0, end: 4 }])('is refused for %j, and its body released', async (range) => {
    const { bodies, storage } = ignoringRanges();
    const refusal = { code: 'unsupported', message: expect.stringContaining('ignores ranges') };
    await expect(storage.get('a', { range })).rejects.toMatchObject(refusal);
    await expect(storage.get('a', { range: { start: 10 } })).rejects.toMatchObject({ code: 'range_not_satisfiable' });
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it('is as good as another where the range is all there is', async () => {
    const { storage } = ignoringRanges();
    const object = await storage.get('a', { range: { start: 0, end: 99 } });
    expect(await new Response(object?.body).text()).toBe('0123456789');
  });
});
