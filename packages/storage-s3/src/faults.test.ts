// Every fault × every operation: success after a retry, or a clear typed error; and nothing half-written to be seen.

import { S3Client } from '@aws-sdk/client-s3';
import { isGoModKitError } from '@gomodkit/core/errors';
import { bytesSource } from '@gomodkit/core/storage';
import { type FakeS3, type ObjectFault, type ObjectFaultEffect, startFakeS3 } from '@gomodkit/testing/s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type S3Storage, s3Storage } from './index.ts';

const part = 5 * 1024 * 1024;
const small = new TextEncoder().encode('module example.com/m\n');
const big = new Uint8Array(2 * part + 17).map((_, i) => (i * 31) % 251);

let server: FakeS3;
let storage: S3Storage;

const newClient = (): S3Client =>
  new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'tester', secretAccessKey: 'tester-secret' },
    maxAttempts: 2,
  });

/** A storage that waits long, except for what never comes. */
const open = (effect: ObjectFaultEffect | Record<never, never>): S3Storage => {
  const timeout = 'stall' in effect || 'freeze' in effect ? 500 : 30_000;
  return s3Storage({ bucket: 'modules', client: newClient(), timeout, partSize: part, probe: false });
};

beforeEach(async () => {
  server = await startFakeS3({ buckets: ['modules'] });
  storage = open({});
  await storage.create('warm', bytesSource(small));
});
afterEach(() => server.close());

const read = async (key: string): Promise<Uint8Array | undefined> => {
  const object = await storage.get(key);
  return object && new Uint8Array(await new Response(object.body).arrayBuffer());
};

/** What is tried, with the operation that is hit. */
const calls: Readonly<Record<string, { readonly work: () => Promise<unknown>; readonly right: unknown }>> = {
  PutObject: { work: () => storage.create('key', bytesSource(small)), right: { created: true } },
  CreateMultipartUpload: { work: () => storage.create('key', bytesSource(big)), right: { created: true } },
  UploadPart: { work: () => storage.create('key', bytesSource(big)), right: { created: true } },
  CompleteMultipartUpload: { work: () => storage.create('key', bytesSource(big)), right: { created: true } },
  GetObject: { work: () => read('warm'), right: small },
  HeadObject: { work: async () => (await storage.head('warm'))?.size, right: small.length },
  ListObjectsV2: { work: async () => (await storage.list()).objects.map(({ key }) => key), right: ['warm'] },
  DeleteObject: { work: () => storage.delete('warm'), right: undefined },
};

const effects: Readonly<Record<string, ObjectFaultEffect>> = {
  'answers 503': { status: 503, code: 'SlowDown' },
  'answers 500': { status: 500, code: 'InternalError' },
  'resets the connection': { reset: true },
  'loses the answer': { lost: true },
  stalls: { stall: true },
};

describe.each(Object.keys(calls))('%s', (operation) => {
  const { work, right } = calls[operation] ?? { work: async () => {}, right: undefined };

  it.each(Object.entries(effects))('that %s once succeeds, or fails with a transient fault', async (_, effect) => {
    storage = open(effect);
    server.faults.set([{ operation, times: 1, ...effect } as ObjectFault]);
    const end = await outcome(work());
    if ('fault' in end) expect(end.fault).toBe('storage_unavailable, transient');
    // A lost answer of our own create looks like a race that was lost.
    else if ('lost' in effect && operation !== 'GetObject')
      expect([right, { created: false }]).toContainEqual(end.value);
    else expect(end.value).toEqual(right);
    await expectWhole();
  });

  it.each(Object.entries(effects))('that always %s fails with a transient fault', async (_, effect) => {
    storage = open(effect);
    server.faults.set([{ operation, ...effect } as ObjectFault]);
    const end = await outcome(work());
    // The work was done each time, so the second attempt finds the key taken or the object gone.
    if (!('lost' in effect)) expect(end).toEqual({ fault: 'storage_unavailable, transient' });
    await expectWhole();
  });
});

describe('a conflict with another write', () => {
  it.each(['PutObject', 'CompleteMultipartUpload'])('at %s is tried again', async (operation) => {
    server.faults.set([{ operation, status: 409, code: 'ConditionalRequestConflict', times: 1 }]);
    const source = bytesSource(operation === 'PutObject' ? small : big);
    expect(await storage.create('key', source)).toEqual({ created: true });
    expect(server.openUploads('modules')).toBe(0);
  });

  it('that does not end is a transient fault', { timeout: 20_000 }, async () => {
    server.faults.set([{ operation: 'PutObject', status: 409, code: 'ConditionalRequestConflict' }]);
    expect(await outcome(storage.create('key', bytesSource(small)))).toEqual({
      fault: 'storage_unavailable, transient',
    });
  });
});

describe('a body', () => {
  it.each([
    ['is cut off', big, { truncate: 1000 }],
    ['stalls', big, { freeze: 1000 }],
    ['is damaged', small, { corrupt: true }],
  ] as const)('that %s is never taken for whole', async (_, bytes, effect) => {
    await storage.create('key', bytesSource(bytes));
    storage = open(effect);
    server.faults.set([{ operation: 'GetObject', ...effect }]);
    expect(await outcome(read('key'))).toEqual({ fault: 'storage_unavailable, transient' });
  });
});

describe('what is refused for good', () => {
  it.each([
    [403, 'AccessDenied'],
    [400, 'InvalidRequest'],
  ])('(%i) is no transient fault', async (status, code) => {
    for (const [operation, { work }] of Object.entries(calls)) {
      server.faults.set([{ operation, status, code }]);
      expect([operation, await outcome(work())]).toEqual([operation, { fault: 'storage_unavailable' }]);
    }
  });
});

describe('an endpoint without conditions', () => {
  it.each(['PutObject', 'CompleteMultipartUpload'])('on %s is found out and refused', async (operation) => {
    server.createBucket('modules');
    server.faults.set([{ operation, unconditional: true }]);
    const fresh = s3Storage({ bucket: 'modules', client: newClient() });
    expect(await outcome(fresh.create('key', bytesSource(small)))).toEqual({ fault: 'unsupported' });
    expect(server.keys('modules').filter((key) => key === 'key')).toEqual([]);
    expect(server.openUploads('modules')).toBe(0);
  });

  it('is not probed where the embedder says so', async () => {
    const before = server.operations.length;
    await storage.create('key', bytesSource(small));
    expect(server.operations.slice(before)).toEqual(['PutObject']);
  });
});

describe('an upload that fails midway', () => {
  it('leaves nothing to see and no open upload', async () => {
    const failing = {
      size: big.length,
      stream: () =>
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(big.subarray(0, part + 5)),
          pull: (controller) => controller.error(new Error('disk gone')),
        }),
    };
    await expect(storage.create('key', failing)).rejects.toThrow('disk gone');
    expect(await storage.head('key')).toBeUndefined();
    expect(server.openUploads('modules')).toBe(0);
  });

  it('whose abort fails is reclaimed by sweep()', async () => {
    server.faults.set([
      { operation: 'UploadPart', status: 403, code: 'AccessDenied' },
      { operation: 'AbortMultipartUpload', status: 403, code: 'AccessDenied' },
    ]);
    await outcome(storage.create('key', bytesSource(big)));
    expect(server.openUploads('modules')).toBe(1);
    server.faults.set([]);
    expect(await storage.sweep({ olderThan: new Date(Date.now() - 60_000) })).toBe(0);
    expect(await storage.sweep({ olderThan: new Date(Date.now() + 60_000) })).toBe(1);
    expect(server.openUploads('modules')).toBe(0);
  });
});

type Outcome = { readonly value: unknown } | { readonly fault: string };

async function outcome(work: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await work };
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return { fault: error.data.transient === true ? `${error.code}, transient` : error.code };
  }
}

/** Every object that is there is one of the whole ones. */
async function expectWhole(): Promise<void> {
  server.faults.set([]);
  for (const { key, size } of (await storage.list()).objects) {
    expect([small.length, big.length]).toContain(size);
    expect((await read(key))?.length).toBe(size);
  }
}
