// Every fault × every operation: success after a retry, or a clear typed error; and nothing half-written to be seen.

import { inspect } from 'node:util';
import { isGoModKitError } from '@gomodkit/core/errors';
import { type ByteSource, bytesSource, type Storage } from '@gomodkit/core/storage';
import { type FakeGcs, startFakeGcs } from '@gomodkit/testing/gcs';
import { Storage as GoogleStorage } from '@google-cloud/storage';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type FaultTableOptions,
  objectionTo,
  printFaults,
  type Trial,
  tryFaults,
} from '../../../tools/storage-faults/fault-table.ts';
import { type GcsStorage, type GcsStorageOptions, gcsStorage } from './index.ts';

const chunk = 256 * 1024;
const small = new TextEncoder().encode('module example.com/m\n');
const big = new Uint8Array(2 * chunk + 17).map((_, i) => (i * 31) % 251);

const open = (endpoint: string, options: Partial<GcsStorageOptions> = {}): GcsStorage => {
  // One retry, as early as the SDK does it.
  const retryOptions = { maxRetries: 1, maxRetryDelay: 1 };
  const service = new GoogleStorage({ apiEndpoint: endpoint, projectId: 'test', retryOptions });
  return gcsStorage({ bucket: service.bucket('modules'), chunkSize: chunk, ...options });
};

/** A source that is whole when it is read for its checksum; when it is read to be sent it breaks off after a chunk. */
const breaking = (end: (controller: ReadableStreamDefaultController<Uint8Array>) => Promise<void>): ByteSource => {
  let opened = 0;
  const stream = (): ReadableStream<Uint8Array> =>
    opened++ === 0
      ? bytesSource(big).stream()
      : new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(big.subarray(0, chunk + 5)),
          pull: end,
        });
  return { size: big.length, stream };
};
const failing = (): ByteSource => breaking(async (controller) => controller.error(new Error('disk gone')));
const hanging = (): ByteSource => breaking(() => new Promise<void>(() => {}));

const read = async (storage: Storage, key: string): Promise<number[] | undefined> => {
  const object = await storage.get(key);
  return object && [...new Uint8Array(await new Response(object.body).arrayBuffer())];
};

const listByTwos = async (storage: Storage): Promise<string[]> => {
  const keys: string[] = [];
  for (let more = true; more; ) {
    const page = await storage.list({ limit: 2, after: keys.at(-1) });
    keys.push(...page.objects.map(({ key }) => key));
    more = page.more && keys.length < 100;
  }
  return keys;
};

/** Why the source failed; what is wrong with the storage is thrown on. */
const reasonOf = (error: unknown): string => {
  if (isGoModKitError(error)) throw error;
  return (error as Error).message;
};

const created = { created: true };
const createBig = (storage: Storage) => storage.create('key', bytesSource(big));

const table: FaultTableOptions = {
  start: () => startFakeGcs({ buckets: ['modules'] }),
  open: (server, timeout) => open(server.endpoint, { timeout }),
  rows: {
    'objects.insert': {
      kind: 'upload',
      work: (storage) => storage.create('key', bytesSource(small)),
      right: created,
    },
    'resumable.begin': { kind: 'control', work: createBig, right: created },
    'resumable.send': { kind: 'upload', work: createBig, right: created },
    'resumable.status': {
      kind: 'control',
      work: createBig,
      right: created,
      before: [{ operation: 'resumable.send', status: 503, skip: 1, times: 1 }],
    },
    'resumable.cancel': {
      kind: 'control',
      work: (storage) => storage.create('key', failing()).catch(reasonOf),
      right: 'disk gone',
      bestEffort: true,
    },
    'objects.download': { kind: 'download', work: (storage) => read(storage, 'warm/a'), right: [...small] },
    'objects.get': { kind: 'look', work: async (storage) => (await storage.head('warm/a'))?.size, right: small.length },
    'objects.list': { kind: 'list', work: listByTwos, right: ['warm/a', 'warm/b', 'warm/c'] },
    'objects.delete': { kind: 'delete', work: async (storage) => storage.delete?.('warm/a'), right: undefined },
  },
  present: { 'warm/a': small, 'warm/b': small, 'warm/c': small },
  wanted: [small, big],
  atOnce: 150,
};

describe('every fault at every operation', () => {
  let trials: readonly Trial[] = [];
  beforeAll(async () => {
    trials = await tryFaults(table);
    console.log(printFaults('Google Cloud Storage', trials));
  }, 120_000);

  it.each(Object.keys(table.rows))('%s succeeds or fails clearly, and leaves nothing half-written', (operation) => {
    const tried = trials.filter((trial) => trial.operation === operation);
    expect(tried.length).toBeGreaterThan(15);
    expect(tried.map((trial) => objectionTo(trial, table.rows)).filter(Boolean)).toEqual([]);
  });
});

describe('with a fake of its own', () => {
  let server: FakeGcs;
  let storage: GcsStorage;
  beforeEach(async () => {
    server = await startFakeGcs({ buckets: ['modules'] });
    storage = open(server.endpoint);
  });
  afterEach(() => server.close());

  describe('an upload that fails midway', () => {
    it('leaves nothing to see and no open session', async () => {
      await expect(storage.create('key', failing())).rejects.toThrow('disk gone');
      expect(await storage.head('key')).toBeUndefined();
      expect(server.openUploads('modules')).toBe(0);
    });

    it('leaves no open session when it is cancelled', async () => {
      const stop = new AbortController();
      const creating = storage.create('key', hanging(), { signal: stop.signal });
      creating.catch(() => {});
      await vi.waitFor(() => expect(server.operations).toContain('resumable.send'));
      stop.abort(new Error('enough'));
      await expect(creating).rejects.toThrow('enough');
      expect(server.openUploads('modules')).toBe(0);
    });

    it('closes a session that begins only after the caller left', async () => {
      server.faults.set([{ operation: 'resumable.begin', status: 503, times: 1 }]);
      const stop = new AbortController();
      const creating = storage.create('key', bytesSource(big), { signal: stop.signal });
      creating.catch(() => {});
      await vi.waitFor(() => expect(server.operations).toContain('resumable.begin'));
      stop.abort(new Error('enough'));
      await expect(creating).rejects.toThrow('enough');
      await vi.waitFor(() => expect(server.operations).toContain('resumable.cancel'), 5000);
      await vi.waitFor(() => expect(server.openUploads('modules')).toBe(0));
    });
  });

  it('begins anew when the service has forgotten the session', async () => {
    server.faults.set([{ operation: 'resumable.send', status: 410, code: 'gone', skip: 1, times: 1 }]);
    expect(await createBig(storage)).toEqual(created);
    expect(await read(storage, 'key')).toEqual([...big]);
  });

  it('gives up on a service that takes everything and makes no object of it', async () => {
    server.faults.set([{ operation: 'resumable.send', status: 308, skip: 1 }]);
    const end = await createBig(storage).catch((error: unknown) => error);
    expect(isGoModKitError(end, 'storage_unavailable') && end.data.transient).toBe(true);
    expect(server.operations.filter((operation) => operation === 'resumable.begin')).toHaveLength(3);
    await vi.waitFor(() => expect(server.openUploads('modules')).toBe(0));
  });

  it('knows a large object for its own although the last answer was lost', async () => {
    server.faults.set([{ operation: 'resumable.send', lost: true, skip: 2, times: 1 }]);
    expect(await createBig(storage)).toEqual(created);
    expect(await read(storage, 'key')).toEqual([...big]);
  });

  it('loses a race that somebody wins while a large object is sent', async () => {
    await storage.create('key', bytesSource(small));
    const uncheckedBegin = { operation: 'resumable.begin', unconditional: true } as const;
    // Seen when the upload begins, or only when it ends.
    for (const faults of [[], [uncheckedBegin]]) {
      server.faults.set([...faults, { operation: 'objects.get', status: 404, code: 'notFound', times: 1 }]);
      expect(await createBig(storage)).toEqual({ created: false });
      expect(await read(storage, 'key')).toEqual([...small]);
      expect(server.openUploads('modules')).toBe(0);
    }
  });

  it('follows a page of nothing to where the objects are', async () => {
    for (const key of ['a', 'b']) await storage.create(key, bytesSource(small));
    server.faults.set([{ operation: 'objects.list', page: 'empty', times: 1 }]);
    expect((await storage.list()).objects.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('ends where pages name nothing but the key that they begin after', async () => {
    const metadata = { size: 1, generation: 1, updated: new Date(0).toISOString() };
    const bucket = new GoogleStorage({ apiEndpoint: server.endpoint, projectId: 'test' }).bucket('modules');
    const stuck = { name: 'stuck', file: bucket.file.bind(bucket), getFiles: vi.fn() };
    stuck.getFiles.mockResolvedValue([[{ name: 'a', metadata }], { pageToken: 'again' }]);
    const listing = gcsStorage({ bucket: stuck }).list({ after: 'a' });
    await expect(listing).rejects.toMatchObject({ code: 'storage_unavailable', data: { transient: true } });
  });

  it('cuts off one download and no other', async () => {
    const large = new Uint8Array(8 * 1024 * 1024);
    await storage.create('large', bytesSource(large));
    const [left, kept] = await Promise.all([storage.get('large'), storage.get('large')]);
    const reader = left?.body.getReader();
    await reader?.read();
    await reader?.cancel();
    expect((await new Response(kept?.body).arrayBuffer()).byteLength).toBe(large.length);
    expect(server.operations.filter((operation) => operation === 'objects.download')).toHaveLength(2);
  });

  it('hands storage class and encryption key to uploads of both kinds', async () => {
    const wanted = { storageClass: 'NEARLINE', kmsKeyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' };
    const special = open(server.endpoint, wanted);
    await special.create('small', bytesSource(small), { contentType: 'application/zip' });
    await special.create('big', bytesSource(big));
    for (const key of ['small', 'big']) expect(server.attributes('modules', key)).toMatchObject(wanted);
  });

  it('shows nobody the token that a refused request had', async () => {
    const service = new GoogleStorage({
      apiEndpoint: server.endpoint,
      projectId: 'test',
      useAuthWithCustomEndpoint: true,
      retryOptions: { autoRetry: false },
    });
    // As credentials do it.
    service.authClient.authorizeRequest = async (request) => ({
      ...request,
      headers: { ...request?.headers, Authorization: 'Bearer a-secret-token' },
    });
    const signed = gcsStorage({ bucket: service.bucket('modules') });
    server.faults.set([{ status: 403, code: 'forbidden' }]);
    const calls = {
      head: () => signed.head('key'),
      get: () => signed.get('key'),
      create: () => signed.create('key', bytesSource(small)),
      list: () => signed.list(),
      delete: () => signed.delete('key'),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error: unknown = await call().catch((refused: unknown) => refused);
      expect(error, name).toMatchObject({
        code: 'storage_unavailable',
        message: expect.stringMatching(/status 403; check what/),
      });
      expect(inspect(error, { depth: 50, showHidden: true }), name).not.toContain('secret');
    }
  });

  it('says of what is refused for good that it is no passing fault', async () => {
    server.faults.set([{ status: 403, code: 'forbidden' }]);
    const refused = await storage.head('key').catch((error: unknown) => error);
    expect(isGoModKitError(refused, 'storage_unavailable') && refused.data.transient).toBe(false);
  });
});
