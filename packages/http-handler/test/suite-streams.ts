// What every adapter does with bodies that take time: back-pressure, clients that leave, failures half-way (protocol-cases row 56).

import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { aborted, echo, observed, observedBody, silentBody, text } from './bodies.ts';
import { ask, dial, exchangeText, open } from './client.ts';
import type { Setup, Start } from './setups.ts';

const MB = 1024 * 1024;
const DEADLINE = 10_000;

/** How far a server may run ahead of its client: what sockets and streams buffer on loopback, far from a whole body. */
const AHEAD = 20 * MB;

export function streams(start: Start): void {
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

export function departures(start: Start): void {
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

export function failures({ waits }: Setup, start: Start): void {
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

  it(
    'a body shorter or longer than announced closes the socket',
    async () => {
      quiet();
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

  it.runIf(waits)('a body that fails before its first byte is a 500', async () => {
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
