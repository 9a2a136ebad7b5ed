// What every adapter does, whatever the framework. Run by adapters.test.ts and previous-majors.test.ts.

import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Handler } from '@gomodkit/core/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aborted, echo, observed, observedBody, silentBody, text } from './bodies.ts';
import { ask, dial, exchangeText, open } from './client.ts';
import type { Running, Setup } from './setups.ts';

const MB = 1024 * 1024;
const DEADLINE = 10_000;

/** How far a server may run ahead of its client: what sockets and streams buffer on loopback, far from a whole body. */
const AHEAD = 20 * MB;

export function describeAdapter(setup: Setup): void {
  describe(setup.name, () => {
    const running: Running[] = [];
    async function start(handler: Handler, mount?: string): Promise<number> {
      const server = await setup.start(handler, mount);
      running.push(server);
      return server.port;
    }
    afterEach(async () => {
      for (const server of running.splice(0)) await server.close();
    });

    describe('answers', () => answers(start));
    describe('targets', () => targets(setup, start));
    describe('streams', () => streams(start));
    describe('clients that leave', () => departures(start));
    describe('failures', () => failures(setup, start));
    describe('requests with a body', () => requestBodies(start));
  });
}

type Start = (handler: Handler, mount?: string) => Promise<number>;

function answers(start: Start): void {
  it('answers a small GET with status, headers and body of the handler', async () => {
    const port = await start(async () => text('hello\n', 203, { etag: '"1"', 'cache-control': 'no-store' }));
    const { status, headers, body } = await ask(port, '/example.com/@v/list');
    expect(status).toBe(203);
    expect(headers).toMatchObject({ etag: '"1"', 'cache-control': 'no-store', 'content-length': '6' });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body.toString()).toBe('hello\n');
  });

  it('gives HEAD the headers of GET, Content-Length included, and no body', async () => {
    const port = await start(echo);
    const get = await ask(port, '/example.com/@latest', { headers: { host: 'h' } });
    const received = await exchangeText(
      port,
      'HEAD /example.com/@latest HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    );
    expect(received).toMatch(/^HTTP\/1.1 200 /);
    expect(received.toLowerCase()).toContain(`\r\ncontent-length: ${get.headers['content-length']}\r\n`);
    expect(received.endsWith('\r\n\r\n')).toBe(true);
  });

  it(
    'gives HEAD no body when the handler gives one, and cancels a stream',
    async () => {
      const body = silentBody();
      const port = await start(async () => ({ status: 200, headers: { 'content-length': '7000' }, body: body.stream }));
      const { headers, body: received } = await ask(port, '/example.com/@v/v1.0.0.zip', { method: 'HEAD' });
      expect(headers['content-length']).toBe('7000');
      expect(received.length).toBe(0);
      await body.cancelled;
    },
    DEADLINE,
  );

  it('announces 304 without a body', async () => {
    const port = await start(async () => ({ status: 304, headers: { etag: '"x"' }, body: null }));
    const { status, headers, body } = await ask(port, '/example.com/@v/v1.0.0.mod');
    expect([status, headers.etag, body.length]).toEqual([304, '"x"', 0]);
  });

  it('ends an answer that has no body and no length', async () => {
    const port = await start(async () => ({ status: 200, headers: {}, body: null }));
    const { headers, body } = await ask(port, '/sumdb/example.com/supported');
    expect([headers['content-length'], body.length]).toEqual(['0', 0]);
  });

  it('lets the handler refuse other methods', async () => {
    const port = await start(echo);
    for (const method of ['DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask(port, '/example.com/@v/list', { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
  });

  it('shows the handler the request headers by any case', async () => {
    const port = await start(async ({ headers }) =>
      text(`${headers.get('IF-None-Match')} ${headers.get('disable-module-fetch')} ${headers.get('range')}`),
    );
    const { body } = await ask(port, '/x', {
      headers: { 'If-None-Match': '"a", "b"', 'Disable-Module-Fetch': 'true' },
    });
    expect(body.toString()).toBe('"a", "b" true null');
  });

  it('answers many at once on kept-alive connections', async () => {
    const port = await start(echo);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const targets = Array.from({ length: 200 }, (_, i) => `/example.com/m${i}/@v/list`);
    const bodies = await Promise.all(
      targets.map(async (target) => (await ask(port, target, { agent })).body.toString()),
    );
    agent.destroy();
    for (const [i, target] of targets.entries()) expect(bodies[i]).toMatch(new RegExp(`^target .*${target}\n$`));
  });

  it('answers pipelined requests in order', async () => {
    const port = await start(async (request) => {
      if (request.url.endsWith('/slow')) await new Promise((resolve) => setTimeout(resolve, 20));
      return echo(request);
    });
    const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;
    const received = await exchangeText(port, get('/slow') + get('/second') + get('/third', 'Connection: close\r\n'));
    expect([...received.matchAll(/\/(slow|second|third)\n/g)].map((match) => match[1])).toEqual([
      'slow',
      'second',
      'third',
    ]);
  });
}

function targets({ sees }: Setup, start: Start): void {
  const path = (body: Buffer): string =>
    body
      .toString()
      .replace(/^target (http:\/\/[^/]*)?/, '')
      .trim();
  const plain = [
    '//example.com/@v/list',
    '/example.com//x/@v/list',
    '/github.com/!azure/x/@v/list',
    '/x/@v/list?x=%2F',
  ];
  const escaped = ['/github.com/%21azure/x/@v/list', '/x/@v/v1.0.0%2Bincompatible.info', '/example.com/%5c/@v/list'];
  const dots = ['/a/%2e%2e/b/@v/list', '/a/../b/@v/list', '/a/%2E/b/@v/list'];
  const arriving = [...plain, ...(sees === 'path' ? [] : escaped), ...(sees === 'target' ? dots : [])];

  it.each(arriving)('%s arrives undecoded', async (target) => {
    const port = await start(echo);
    expect(path((await ask(port, target)).body)).toBe(target);
  });

  it.each(arriving)('%s arrives undecoded below a mount path', async (target) => {
    const port = await start(echo, '/go');
    expect(path((await ask(port, `/go${target}`)).body)).toBe(target);
  });

  it('serves nothing outside its mount path', async () => {
    const port = await start(echo, '/go');
    for (const target of ['/other/@v/list', '/golang.org/x/@v/list', '/']) {
      expect([target, (await ask(port, target)).status]).toEqual([target, 404]);
    }
  });
}

function streams(start: Start): void {
  it(
    'sends 50 MB without running ahead of the client',
    async () => {
      const body = observedBody(50 * MB);
      const port = await start(async () => ({
        status: 200,
        headers: { 'content-type': 'application/zip', 'content-length': String(50 * MB) },
        body: body.stream,
      }));
      const message = await open(port, '/example.com/@v/v1.0.0.zip');
      expect(message.headers['content-length']).toBe(String(50 * MB));
      let received = 0;
      let ahead = 0;
      for await (const chunk of message) {
        received += (chunk as Buffer).length;
        ahead = Math.max(ahead, body.delivered() - received);
      }
      expect(received).toBe(50 * MB);
      expect(ahead).toBeLessThan(AHEAD);
    },
    DEADLINE,
  );

  it(
    'stops reading the body while the client does not read',
    async () => {
      const body = observedBody(50 * MB);
      const headers = { 'content-length': String(50 * MB) };
      const port = await start(async ({ url }) =>
        url.endsWith('.zip') ? { status: 200, headers, body: body.stream } : text('other'),
      );
      const message = await open(port, '/example.com/@v/v1.0.0.zip');
      message.pause();
      await vi.waitFor(() => expect(body.delivered()).toBeGreaterThan(0));
      await stalled(body.delivered);
      expect(body.delivered()).toBeLessThan(AHEAD);
      expect((await ask(port, '/example.com/@v/list')).body.toString()).toBe('other');
      let received = 0;
      for await (const chunk of message) received += (chunk as Buffer).length;
      expect(received).toBe(50 * MB);
    },
    DEADLINE,
  );

  it('sends a stream of unknown length', async () => {
    const body = observedBody(300_000, { chunk: 1000 });
    const port = await start(async () => ({ status: 200, headers: {}, body: body.stream }));
    expect((await ask(port, '/x')).body.length).toBe(300_000);
  });

  it('sends a stream that is empty', async () => {
    const body = observedBody(0);
    const port = await start(async () => ({ status: 200, headers: { 'content-length': '0' }, body: body.stream }));
    expect((await ask(port, '/x')).body.length).toBe(0);
  });
}

function departures(start: Start): void {
  it(
    'a client that leaves cancels the body',
    async () => {
      const body = observedBody(500 * MB);
      const port = await start(async () => ({ status: 200, headers: {}, body: body.stream }));
      const message = await open(port, '/example.com/@v/v1.0.0.zip');
      await once(message, 'readable');
      message.destroy();
      await body.cancelled;
      expect(body.delivered()).toBeLessThan(500 * MB);
    },
    DEADLINE,
  );

  it(
    'a client that leaves cancels a body that has nothing to send',
    async () => {
      const body = silentBody();
      const { handler, arrived } = observed(async () => ({ status: 200, headers: {}, body: body.stream }));
      const port = await start(handler);
      const socket = await dial(port);
      socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
      await arrived;
      socket.destroy();
      await body.cancelled;
    },
    DEADLINE,
  );

  it(
    'a client that leaves aborts the signal of the request',
    async () => {
      let left: Promise<unknown> | undefined;
      const { handler, arrived } = observed(async ({ signal }) => {
        left = aborted(signal);
        await left;
        return text('nobody reads this');
      });
      const port = await start(handler);
      const socket = await dial(port);
      socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
      await arrived;
      socket.destroy();
      await left;
    },
    DEADLINE,
  );

  it(
    'a body that comes after the client left is cancelled',
    async () => {
      const body = silentBody();
      const { handler, arrived } = observed(async ({ signal }) => {
        await aborted(signal);
        return { status: 200, headers: {}, body: body.stream };
      });
      const port = await start(handler);
      const socket = await dial(port);
      socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
      await arrived;
      socket.destroy();
      await body.cancelled;
    },
    DEADLINE,
  );

  it('does not abort the signal of an answered request', async () => {
    const { handler, arrived } = observed(echo);
    const port = await start(handler);
    await ask(port, '/x');
    await ask(port, '/y');
    expect((await arrived).signal?.aborted).toBe(false);
  });
}

function failures({ exact }: Setup, start: Start): void {
  const get = 'GET /example.com/@v/v1.0.0.zip HTTP/1.1\r\nHost: h\r\n\r\n';

  it(
    'a body that fails half-way closes the socket',
    async () => {
      quiet();
      const body = observedBody(4 * MB, { error: new Error('disk gone') });
      const port = await start(async () => ({
        status: 200,
        headers: { 'content-length': String(5 * MB) },
        body: body.stream,
      }));
      const received = await exchangeText(port, get);
      expect(received).toMatch(/^HTTP\/1.1 200 /);
      expect(received.length).toBeLessThan(5 * MB);
      expect(received).not.toContain('disk gone');
    },
    DEADLINE,
  );

  it(
    'a body of unknown length that fails half-way is not ended cleanly',
    async () => {
      quiet();
      const body = observedBody(4 * MB, { error: new Error('disk gone') });
      const port = await start(async () => ({ status: 200, headers: {}, body: body.stream }));
      await expect(ask(port, '/x')).rejects.toThrow('aborted');
    },
    DEADLINE,
  );

  it.runIf(exact)(
    'a body shorter or longer than announced closes the socket',
    async () => {
      for (const announced of [4 * MB - 1, 4 * MB + 1]) {
        const port = await start(async () => ({
          status: 200,
          headers: { 'content-length': String(announced) },
          body: observedBody(4 * MB).stream,
        }));
        await expect(ask(port, '/x')).rejects.toThrow('aborted');
      }
    },
    DEADLINE,
  );

  it.runIf(exact)('a body that fails before its first byte is a 500', async () => {
    const body = observedBody(0, { error: new Error('disk gone') });
    const port = await start(async () => ({ status: 200, headers: { 'content-length': '2000' }, body: body.stream }));
    const { status, body: received } = await ask(port, '/x');
    expect([status, received.toString()]).toEqual([500, 'internal error\n']);
  });

  it('a handler that rejects is a 500 that says nothing', async () => {
    const port = await start(() => Promise.reject(new Error('secret')));
    const { status, headers, body } = await ask(port, '/x');
    expect([status, headers['cache-control'], body.toString()]).toEqual([500, 'no-store', 'internal error\n']);
    expect((await ask(port, '/x', { method: 'HEAD' })).status).toBe(500);
  });

  it('an answer that HTTP cannot carry is a 500', async () => {
    quiet();
    const port = await start(async () => ({ status: 200, headers: { etag: 'a\r\nb' }, body: text('x').body }));
    expect((await ask(port, '/x')).status).toBe(500);
  });

  it('keeps serving after all of that', async () => {
    quiet();
    let calls = 0;
    const port = await start(async (request) => {
      calls += 1;
      if (calls % 2 === 1) throw new Error('now and then');
      return echo(request);
    });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask(port, '/x')).status);
    expect(statuses).toEqual([500, 200, 500, 200]);
  });
}

function requestBodies(start: Start): void {
  const post = (length: number, body: string): string =>
    `POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;

  it('are answered by the handler, whatever their type', async () => {
    const port = await start(echo);
    for (const type of ['application/json', 'text/plain', 'application/x-unheard-of']) {
      const { status } = await ask(port, '/x', { method: 'POST', headers: { 'content-type': type }, body: '{"a":' });
      expect([type, status]).toEqual([type, 405]);
    }
  });

  it(
    'never leave bytes that are taken for the next request',
    async () => {
      const port = await start(echo);
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
      const received = await exchangeText(
        port,
        post(smuggled.length, smuggled) + 'GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
      );
      expect(received).toMatch(/^HTTP\/1.1 405 /);
      expect(received).not.toContain('smuggled');
    },
    DEADLINE,
  );

  it(
    'do not keep a connection waiting for a body that never comes',
    async () => {
      const port = await start(echo);
      const received = await exchangeText(port, post(1_000_000, '{'));
      expect(received).toMatch(/^HTTP\/1.1 4\d\d /);
    },
    DEADLINE,
  );
}

/** Resolves when `count` has not changed for a while. */
async function stalled(count: () => number): Promise<void> {
  let last = -1;
  for (let same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    same = count() === last ? same + 1 : 0;
    last = count();
  }
}

/** Some servers print failures of bodies. */
function quiet(): void {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(console, 'info').mockImplementation(() => {});
}
