// What every adapter does, whatever the framework. Run by adapters.test.ts and previous-majors.test.ts.

import { Agent } from 'node:http';
import type { Handler } from '@gomodkit/core/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { echo, silentBody, text } from './bodies.ts';
import { ask, exchangeText } from './client.ts';
import type { Running, Setup, Start } from './setups.ts';
import { departures, failures, streams } from './suite-streams.ts';

const DEADLINE = 10_000;

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
        `${post(smuggled.length, smuggled)}GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
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
