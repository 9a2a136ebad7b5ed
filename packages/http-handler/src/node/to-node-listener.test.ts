import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
  constants as http2,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Handler } from '@gomodkit/core/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aborted, echo, observed, observedBody, silentBody, text } from '../../test/bodies.ts';
import { ask, dial, exchangeText } from '../../test/client.ts';
import { listen, type Running } from '../../test/setups.ts';
import { type NodeListener, toNodeListener } from './index.ts';

const DEADLINE = 10_000;
const running: { close(): unknown }[] = [];

async function serve(listener: NodeListener): Promise<Running> {
  const server = await listen(createServer(listener));
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

describe('toNodeListener', () => {
  it('sends a small answer in one write', async () => {
    const { port } = await serve(toNodeListener(echo));
    const socket = await dial(port);
    socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/\r\n\r\ntarget \/x\n$/);
    socket.destroy();
  });

  it('keeps the connection for the next request', async () => {
    const { port } = await serve(toNodeListener(echo));
    const socket = await dial(port);
    for (const target of ['/a', '/b', '/c']) {
      socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
      expect(String((await once(socket, 'data'))[0])).toContain(`target ${target}\n`);
    }
    socket.destroy();
  });

  it(
    'a client that leaves cancels the pipelined answers that wait behind the first',
    async () => {
      const bodies = [silentBody(), silentBody(), silentBody()];
      const signals: Promise<unknown>[] = [];
      let count = 0;
      const { port } = await serve(
        toNodeListener(async ({ signal }) => {
          signals.push(aborted(signal));
          return { status: 200, headers: {}, body: bodies[count++]?.stream ?? null };
        }),
      );
      const socket = await dial(port);
      socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(3));
      await vi.waitFor(() => expect(signals).toHaveLength(3));
      socket.destroy();
      await Promise.all([...signals, ...bodies.map((body) => body.cancelled)]);
    },
    DEADLINE,
  );

  it(
    'a pipelined stream waits for its turn without filling memory, then is sent whole',
    async () => {
      let release: () => void = () => {};
      const first = new Promise<void>((resolve) => {
        release = resolve;
      });
      const size = 8 * 1024 * 1024;
      const body = observedBody(size);
      const { port } = await serve(
        toNodeListener(async ({ url }) => {
          if (url === '/stream') return { status: 200, headers: { 'content-length': String(size) }, body: body.stream };
          await first;
          return text('first');
        }),
      );
      const received = exchangeText(
        port,
        'GET /first HTTP/1.1\r\nHost: h\r\n\r\nGET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
      );
      await vi.waitFor(() => expect(body.delivered()).toBeGreaterThan(0));
      expect(body.delivered()).toBeLessThan(1024 * 1024);
      release();
      expect((await received).split('\r\n\r\n')[2]?.length).toBe(size);
    },
    DEADLINE,
  );

  it('takes its prefix off the raw target', async () => {
    const { port } = await serve(toNodeListener(echo, { prefix: '/go' }));
    expect((await ask(port, '/go/a/%2e%2e/b?c')).body.toString()).toBe('target /a/%2e%2e/b?c\n');
    const outside = await ask(port, '/golang.org/x/@v/list');
    expect([outside.status, outside.body.toString()]).toEqual([404, 'not found: nothing is served outside /go\n']);
  });

  it('passes on what is outside its prefix where somebody can take it', async () => {
    const listener = toNodeListener(echo, { prefix: '/go' });
    const { port } = await serve((req, res) => {
      listener(req, res, () => {
        res.writeHead(200, {});
        res.end(new TextEncoder().encode('somebody else'));
      });
    });
    expect((await ask(port, '/other')).body.toString()).toBe('somebody else');
    expect((await ask(port, '/go/x')).body.toString()).toBe('target /x\n');
  });

  it('tells onError of bodies that could not be sent, not of clients that leave', async () => {
    const onError = vi.fn();
    const failing = observedBody(10, { error: new Error('disk gone') });
    const { handler, arrived } = observed(async ({ url }) => ({
      status: 200,
      headers: {},
      body: url === '/fails' ? failing.stream : silentBody().stream,
    }));
    const { port } = await serve(toNodeListener(handler, { onError }));
    const socket = await dial(port);
    socket.write('GET /waits HTTP/1.1\r\nHost: h\r\n\r\n');
    const left = aborted((await arrived).signal);
    socket.destroy();
    await left;
    await expect(ask(port, '/fails')).rejects.toThrow();
    expect(onError).toHaveBeenCalledOnce();
    expect(onError).toHaveBeenCalledWith(new Error('disk gone'), expect.objectContaining({ url: '/fails' }));
  });

  it('answers a request with a body with connection: close', async () => {
    const { port } = await serve(toNodeListener(echo));
    const { status, headers } = await ask(port, '/x', { body: 'surprise', headers: { 'content-length': '8' } });
    expect([status, headers.connection]).toEqual([200, 'close']);
    const plain = await ask(port, '/x', { headers: { connection: 'keep-alive' } });
    expect(plain.headers.connection).toBe('keep-alive');
  });

  it(
    'a client that left before the request got here is noticed',
    async () => {
      const body = silentBody();
      const { handler, arrived } = observed(async () => ({ status: 200, headers: {}, body: body.stream }));
      const listener = toNodeListener(handler);
      const { port } = await serve((req, res) => res.on('close', () => setImmediate(() => listener(req, res))));
      const socket = await dial(port);
      socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
      setTimeout(() => socket.destroy(), 20);
      expect((await arrived).signal?.aborted).toBe(true);
      await body.cancelled;
    },
    DEADLINE,
  );

  it('a wrapper around the handler may spread the request', async () => {
    const rewrite: Handler = (request) => echo({ ...request, url: request.url.replace('/old', '/new') });
    const { port } = await serve(toNodeListener(rewrite));
    expect((await ask(port, '/old/x')).body.toString()).toBe('target /new/x\n');
  });
});

describe('toNodeListener over HTTP/2', () => {
  async function session(handler: Handler) {
    const server = createHttp2Server(toNodeListener(handler));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    running.push({
      close() {
        client.destroy();
        server.close();
      },
    });
    return client;
  }

  it('answers', async () => {
    const client = await session(echo);
    const stream = client.request({ ':path': '/a/%2e%2e/b' });
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).toBe(200);
    let body = '';
    for await (const chunk of stream) body += chunk;
    expect(body).toBe('target /a/%2e%2e/b\n');
  });

  it('answers a request with a body', async () => {
    const client = await session(echo);
    const stream = client.request({ ':path': '/x', ':method': 'POST', 'content-length': '4' });
    stream.end('body');
    const [headers] = await once(stream, 'response');
    expect([headers[':status'], headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('hands on a body that announces no length, as HTTP/2 allows', async () => {
    const client = await session(async ({ body }) => {
      let size = 0;
      for await (const chunk of body ?? []) size += chunk.length;
      return { status: 200, headers: {}, body: new TextEncoder().encode(`${size} bytes`) };
    });
    const answered = async (method: string, send: (stream: ClientHttp2Stream) => void): Promise<string> => {
      const stream = client.request({ ':path': '/x', ':method': method });
      send(stream);
      let text = '';
      for await (const chunk of stream) text += chunk;
      return text;
    };
    expect(await answered('PUT', (stream) => stream.end(new Uint8Array(300_000)))).toBe('300000 bytes');
    expect(await answered('GET', (stream) => stream.end())).toBe('0 bytes');
  });

  it('sends a stream whole', async () => {
    const size = 3 * 1024 * 1024;
    const client = await session(async () => ({ status: 200, headers: {}, body: observedBody(size).stream }));
    let received = 0;
    for await (const chunk of client.request({ ':path': '/x' })) received += chunk.length;
    expect(received).toBe(size);
  });

  it(
    'a body that fails resets the stream',
    async () => {
      const body = observedBody(100_000, { error: new Error('disk gone') });
      const client = await session(async () => ({ status: 200, headers: {}, body: body.stream }));
      const stream = client.request({ ':path': '/x' });
      stream.resume();
      const [error] = await once(stream, 'error').catch((reason) => [reason]);
      expect(error.message).toContain('NGHTTP2_INTERNAL_ERROR');
    },
    DEADLINE,
  );

  it(
    'a client that leaves cancels the body',
    async () => {
      const body = silentBody();
      const { handler, arrived } = observed(async () => ({ status: 200, headers: {}, body: body.stream }));
      const client = await session(handler);
      const stream = client.request({ ':path': '/x' });
      stream.on('error', () => {});
      await arrived;
      stream.close(http2.NGHTTP2_CANCEL);
      await body.cancelled;
    },
    DEADLINE,
  );
});
