// Rows of the protocol cases that need a connection, with core's handler behind every adapter.

import { createHandler, type HandlerRequest } from '@gomodkit/core/protocol';
import { createRepository } from '@gomodkit/core/repository';
import { type ModuleSource, memorySource } from '@gomodkit/core/source';
import { memoryStorage, type Storage } from '@gomodkit/core/storage';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aborted } from './bodies.ts';
import { ask, dial, exchangeText, open } from './client.ts';
import { type Setup, setups } from './setups.ts';

const DEADLINE = 15_000;
const MB = 1024 * 1024;
const base = '/example.com/a/@v';
const getRoutes = [
  `${base}/list`,
  '/example.com/a/@latest',
  `${base}/v1.0.0.info`,
  `${base}/v1.0.0.mod`,
  `${base}/v1.0.0.zip`,
];
const refusedRoutes = ['/', '/example.com/b/@v/list', `${base}/v1.0.0.foo`, '/healthz', '/readyz'];

interface Serving {
  readonly port: number;
  /** What reached the handler, in order. */
  readonly requests: readonly HandlerRequest[];
}

/** Incompressible, and different in every place: xorshift. */
function noise(size: number): Uint8Array {
  const words = new Uint32Array(size / 4);
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}

function moduleOf(files: Record<string, string | Uint8Array> = {}): ModuleSource {
  return memorySource({ 'example.com/a@v1.0.0': { files: { 'go.mod': 'module example.com/a\n', ...files } } });
}

// Captured once, by whichever adapter comes first.
const large = memoryStorage();
const largeModule = moduleOf({ 'noise.bin': noise(48 * MB) });

describe.each(setups)('$name', (setup: Setup) => {
  const running: { close(): Promise<unknown> }[] = [];
  async function start(source: ModuleSource, storage: Storage = memoryStorage()): Promise<Serving> {
    const repository = createRepository({ storage, source });
    const handler = createHandler({ repository });
    const requests: HandlerRequest[] = [];
    const server = await setup.start((request) => {
      requests.push(request);
      return handler(request);
    });
    running.push(repository, server);
    return { port: server.port, requests };
  }
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each.close();
  });

  it('row 2: HEAD of any route has the status and headers of GET and no body', async () => {
    const { port } = await start(moduleOf());
    for (const target of [...getRoutes, ...refusedRoutes]) {
      const get = await ask(port, target);
      const head = await ask(port, target, { method: 'HEAD' });
      const { date: _, ...headers } = get.headers;
      expect([target, head.status, head.body.length]).toEqual([target, get.status, 0]);
      expect({ target, ...head.headers }).toMatchObject({ target, ...headers });
      expect(headers['content-length']).toBe(String(get.body.length));
    }
  });

  it('row 3: other methods are 405 with Allow', async () => {
    const { port } = await start(moduleOf());
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers } = await ask(port, `${base}/list`, { method });
      expect([status, headers.allow, headers['cache-control']]).toEqual([405, 'GET, HEAD', 'no-store']);
    }
  });

  it(
    'row 35: a request with a body is 400, and its connection closed',
    async () => {
      const { port } = await start(moduleOf());
      const bodies = ['Content-Length: 4\r\n\r\nbody', 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'];
      for (const body of bodies) {
        const received = await exchangeText(port, `GET ${base}/list HTTP/1.1\r\nHost: h\r\n${body}`);
        expect(received).toMatch(/^HTTP\/1.1 400 /);
        expect(received.toLowerCase()).toContain('\r\nconnection: close\r\n');
        expect(received).not.toContain('v1.0.0');
      }
    },
    DEADLINE,
  );

  it(
    'row 51: when the first client leaves, the others still get it',
    async () => {
      const { source, asked, release } = held();
      const { port, requests } = await start(source);
      const first = await dial(port);
      first.write(`GET ${base}/v1.0.0.info HTTP/1.1\r\nHost: h\r\n\r\n`);
      const signal = await asked;
      const others = [ask(port, `${base}/v1.0.0.info`), ask(port, `${base}/v1.0.0.info`)];
      await vi.waitFor(() => expect(requests).toHaveLength(3));
      const left = aborted(requests[0]?.signal);
      first.destroy();
      await left;
      expect(signal?.aborted).not.toBe(true);
      release();
      expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200]);
    },
    DEADLINE,
  );

  it(
    'row 51: when all clients leave, the fetch is aborted',
    async () => {
      const { source, asked } = held();
      const { port } = await start(source);
      const clients = await Promise.all([dial(port), dial(port)]);
      for (const client of clients) client.write(`GET ${base}/v1.0.0.info HTTP/1.1\r\nHost: h\r\n\r\n`);
      const left = aborted(await asked);
      for (const client of clients) client.destroy();
      await left;
    },
    DEADLINE,
  );

  it('row 56: a slow client on a large zip keeps memory flat, harms nobody, and frees its storage when it leaves', async () => {
    const { storage, zips } = watched(large);
    const { port } = await start(largeModule, storage);
    const size = Number((await ask(port, `${base}/v1.0.0.zip`, { method: 'HEAD' })).headers['content-length']);
    expect(size).toBeGreaterThan(48 * MB);
    zips.length = 0;
    const slow = await open(port, `${base}/v1.0.0.zip`);
    slow.pause();
    await vi.waitFor(() => expect(zips).toHaveLength(1));
    expect((await ask(port, `${base}/v1.0.0.mod`)).status).toBe(200);
    expect((await ask(port, `${base}/v1.0.0.zip`)).body.length).toBe(size);
    expect(zips[0]?.delivered()).toBeLessThan(24 * MB);
    slow.destroy();
    await zips[0]?.cancelled;
  }, 60_000);
});

/** A source that answers `.info` once it is released. */
function held(): { source: ModuleSource; asked: Promise<AbortSignal | undefined>; release: () => void } {
  const source = moduleOf();
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let tell: (signal: AbortSignal | undefined) => void;
  const asked = new Promise<AbortSignal | undefined>((resolve) => {
    tell = resolve;
  });
  const resolve: ModuleSource['resolve'] = async (path, query, options = {}) => {
    tell(options.signal);
    await Promise.race([released, aborted(options.signal)]);
    options.signal?.throwIfAborted();
    return source.resolve(path, query, options);
  };
  return { source: { ...source, resolve }, asked, release };
}

interface WatchedBody {
  readonly delivered: () => number;
  readonly cancelled: Promise<void>;
}

/** A storage that shows how the bodies of zips are read. */
function watched(storage: Storage): { storage: Storage; zips: WatchedBody[] } {
  const zips: WatchedBody[] = [];
  const get: Storage['get'] = async (key, options) => {
    const object = await storage.get(key, options);
    if (object === undefined || !key.endsWith('.zip')) return object;
    let delivered = 0;
    let cancel: () => void;
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    zips.push({ delivered: () => delivered, cancelled });
    const reader = object.body.getReader();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          delivered += value.length;
          controller.enqueue(value);
        },
        cancel(reason) {
          cancel();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return { ...object, body };
  };
  const methods: Storage = {
    get,
    head: (key, options) => storage.head(key, options),
    create: (key, source, options) => storage.create(key, source, options),
    list: (options) => storage.list(options),
  };
  return { storage: methods, zips };
}
