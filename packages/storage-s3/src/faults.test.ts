// Every fault × every operation: success after a retry, or a clear typed error; and nothing half-written to be seen.

import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { isGoModKitError } from '@gomodkit/core/errors';
import { bytesSource, type Storage } from '@gomodkit/core/storage';
import { type FakeS3, startFakeS3 } from '@gomodkit/testing/s3';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type FaultTableOptions,
  objectionTo,
  printFaults,
  type Trial,
  tryFaults,
} from '../../../tools/storage-faults/fault-table.ts';
import { type S3Storage, type S3StorageOptions, s3Storage } from './index.ts';

const part = 5 * 1024 * 1024;
const small = new TextEncoder().encode('module example.com/m\n');
const big = new Uint8Array(part + 17).map((_, i) => (i * 31) % 251);

let server: FakeS3;
let storage: S3Storage;

const newClient = (endpoint: string): S3Client =>
  new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'tester', secretAccessKey: 'tester-secret' },
    maxAttempts: 2,
  });

beforeEach(async () => {
  server = await startFakeS3({ buckets: ['modules'] });
  storage = open(server.endpoint);
  await storage.create('warm', bytesSource(small));
});
afterEach(() => server.close());

const open = (endpoint: string, options: Partial<S3StorageOptions> = {}): S3Storage =>
  s3Storage({ bucket: 'modules', client: newClient(endpoint), partSize: part, probe: false, ...options });

const read = async (from: Storage, key: string): Promise<Uint8Array | undefined> => {
  const object = await from.get(key);
  return object && new Uint8Array(await new Response(object.body).arrayBuffer());
};

const listByTwos = async (from: Storage): Promise<string[]> => {
  const keys: string[] = [];
  for (let more = true; more; ) {
    const page = await from.list({ limit: 2, after: keys.at(-1) });
    keys.push(...page.objects.map(({ key }) => key));
    more = page.more && keys.length < 100;
  }
  return keys;
};

/** A source that breaks off in its second part. */
const failing = {
  size: big.length,
  stream: () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(big.subarray(0, part + 5)),
      pull: (controller) => controller.error(new Error('disk gone')),
    }),
};

/** Why the source failed; what is wrong with the storage is thrown on. */
const reasonOf = (error: unknown): string => {
  if (isGoModKitError(error)) throw error;
  return (error as Error).message;
};

const created = { created: true };
const createBig = (to: Storage): Promise<unknown> => to.create('key', bytesSource(big));

const table: FaultTableOptions = {
  start: () => startFakeS3({ buckets: ['modules'] }),
  open: (server, timeout) => open(server.endpoint, { timeout }),
  rows: {
    PutObject: { kind: 'upload', work: (to) => to.create('key', bytesSource(small)), right: created },
    CreateMultipartUpload: { kind: 'control', work: createBig, right: created },
    UploadPart: { kind: 'upload', work: createBig, right: created },
    CompleteMultipartUpload: { kind: 'control', work: createBig, right: created },
    AbortMultipartUpload: {
      kind: 'control',
      work: (to) => to.create('key', failing).catch(reasonOf),
      right: 'disk gone',
      bestEffort: true,
    },
    ListMultipartUploads: {
      kind: 'control',
      work: async (from) => from.sweep?.({ olderThan: new Date() }),
      right: 0,
    },
    GetObject: { kind: 'download', work: async (from) => [...((await read(from, 'warm/a')) ?? [])], right: [...small] },
    HeadObject: { kind: 'look', work: async (from) => (await from.head('warm/a'))?.size, right: small.length },
    ListObjectsV2: { kind: 'list', work: listByTwos, right: ['warm/a', 'warm/b', 'warm/c'] },
    DeleteObject: { kind: 'delete', work: async (from) => from.delete?.('warm/a'), right: undefined },
  },
  present: { 'warm/a': small, 'warm/b': small, 'warm/c': small },
  wanted: [small, big],
  atOnce: 30,
};

describe('every fault at every operation', () => {
  let trials: readonly Trial[] = [];
  beforeAll(async () => {
    trials = await tryFaults(table);
    console.log(printFaults('S3', trials));
  }, 120_000);

  it.each(Object.keys(table.rows))('%s succeeds or fails clearly, and leaves nothing half-written', (operation) => {
    const tried = trials.filter((trial) => trial.operation === operation);
    expect(tried.length).toBeGreaterThan(15);
    expect(tried.map((trial) => objectionTo(trial, table.rows)).filter(Boolean)).toEqual([]);
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
    const impatient = open(server.endpoint, { timeout: 'freeze' in effect ? 500 : 30_000 });
    server.faults.set([{ operation: 'GetObject', ...effect }]);
    expect(await outcome(read(impatient, 'key'))).toEqual({ fault: 'storage_unavailable, transient' });
  });

  it('whose connection breaks before anybody reads it fails when it is read, and ends no process', async () => {
    server.faults.set([{ operation: 'GetObject', freeze: 5 }]);
    const object = await storage.get('warm');
    await server.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const reading = new Response(object?.body).arrayBuffer();
    expect(await outcome(reading)).toEqual({ fault: 'storage_unavailable, transient' });
  });
});

it('takes a refused condition for a lost race also where S3 began its answer with 200', async () => {
  server.faults.set([{ operation: 'CompleteMultipartUpload', status: 200, code: 'PreconditionFailed' }]);
  expect(await createBig(storage)).toEqual({ created: false });
  expect(server.openUploads('modules')).toBe(0);
});

describe('what is refused for good', () => {
  it.each([
    [403, 'AccessDenied'],
    [400, 'InvalidRequest'],
  ])('(%i) is no transient fault', async (status, code) => {
    for (const [operation, { work, bestEffort }] of Object.entries(table.rows)) {
      if (bestEffort) continue;
      server.faults.set([{ operation, status, code }]);
      expect([operation, await outcome(work(storage))]).toEqual([operation, { fault: 'storage_unavailable' }]);
    }
  });
});

describe('an endpoint without conditions', () => {
  it.each(['PutObject', 'CompleteMultipartUpload'])('on %s is found out and refused', async (operation) => {
    server.createBucket('modules');
    server.faults.set([{ operation, unconditional: true }]);
    const fresh = s3Storage({ bucket: 'modules', client: newClient(server.endpoint) });
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

describe('a listing', () => {
  it('follows a page of nothing to where the objects are', async () => {
    server.faults.set([{ operation: 'ListObjectsV2', page: 'empty', times: 1 }]);
    expect((await storage.list()).objects.map(({ key }) => key)).toEqual(['warm']);
  });
});

it('hands storage class and encryption to uploads of both kinds', async () => {
  const special = open(server.endpoint, {
    storageClass: 'STANDARD_IA',
    serverSideEncryption: 'aws:kms',
    kmsKeyId: 'the-key',
  });
  await special.create('small', bytesSource(small), { contentType: 'application/zip' });
  await special.create('big', bytesSource(big));
  for (const key of ['small', 'big'])
    expect(server.attributes('modules', key)).toMatchObject({
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'the-key',
    });
});

describe('an upload that fails midway', () => {
  it('leaves nothing to see and no open upload', async () => {
    await expect(storage.create('key', failing)).rejects.toThrow('disk gone');
    expect(await storage.head('key')).toBeUndefined();
    expect(server.openUploads('modules')).toBe(0);
  });

  it('leaves no timer behind that would hold up the end of the process', async () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const clearTimer = vi.spyOn(globalThis, 'clearTimeout');
    await outcome(storage.create('key', failing).catch(() => {}));
    const set = setTimer.mock.results.filter((_, i) => Number(setTimer.mock.calls[i]?.[1]) >= 500);
    const cleared = new Set(clearTimer.mock.calls.map(([timer]) => timer));
    vi.restoreAllMocks();
    const left = set.map(({ value }) => value as NodeJS.Timeout).filter((timer) => !cleared.has(timer));
    expect(set.length).toBeGreaterThan(0);
    expect(left.filter((timer) => timer.hasRef())).toEqual([]);
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

describe('sweep()', () => {
  const later = () => new Date(Date.now() + 60_000);
  const begin = (key: string) =>
    newClient(server.endpoint).send(new CreateMultipartUploadCommand({ Bucket: 'modules', Key: key }));

  it('leaves uploads of names alone that are no keys: somebody else has begun them', async () => {
    for (const name of ['some/modules/a.zip', 'some/modules/Other Program/a', 'some/modules-2/a.zip', 'a.zip'])
      await begin(name);
    const own = open(server.endpoint, { prefix: 'some/modules/' });
    expect(await own.sweep({ olderThan: later() })).toBe(1);
    expect(server.openUploads('modules')).toBe(3);
  });

  it('ends where a listing of uploads does not move on', async () => {
    server.faults.set([{ operation: 'ListMultipartUploads', page: 'stale' }]);
    await begin('a.zip');
    expect(await outcome(storage.sweep({ olderThan: later() }))).toEqual({ fault: 'storage_unavailable, transient' });
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
