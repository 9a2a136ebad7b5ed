// Publishing through every framework: bodies that come whole, late, too large, cut off or not at all.

import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { createHandler, type HandlerRequest, type UploadOptions } from '@gomodkit/core/protocol';
import { createRepository } from '@gomodkit/core/repository';
import { memoryStorage } from '@gomodkit/core/storage';
import { createZip, sourceFile } from '@gomodkit/core/zip';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toNodeListener } from '../src/node/index.ts';
import { text } from './bodies.ts';
import { ask, dial, exchangeText } from './client.ts';
import { listen, type Setup, setups } from './setups.ts';

const DEADLINE = 15_000;
const MB = 1024 * 1024;
const path = 'example.com/m';
const target = `/${path}/@v/v1.0.0.zip`;

/** A module zip with an incompressible file of `size` bytes. */
async function zipOf(size: number, name = 'noise.bin'): Promise<Buffer> {
  const noise = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(noise.subarray(at, Math.min(size, at + 65_536)));
  const files = [sourceFile('go.mod', new TextEncoder().encode(`module ${path}\n`)), sourceFile(name, noise)];
  return Buffer.from(await new Response(createZip({ path, version: 'v1.0.0' }, files)).arrayBuffer());
}

interface Put {
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
  /** Sent in pieces, without an announced length. */
  readonly chunked?: boolean;
}

async function put(
  port: number,
  body: Buffer,
  { headers, agent, chunked }: Put = {},
): Promise<{ status: number; text: string; closes: boolean }> {
  const length: Record<string, string> = chunked ? {} : { 'content-length': String(body.length) };
  const type = { 'content-type': 'application/zip', ...length, ...headers };
  const sending = request({
    host: '127.0.0.1',
    port,
    path: target,
    method: 'PUT',
    headers: type,
    agent: agent ?? false,
  });
  // What is refused early may be cut off while it is sent.
  sending.on('error', () => {});
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  for (let at = 0; at < body.length; at += 100_000) sending.write(body.subarray(at, at + 100_000));
  sending.end();
  const [answer] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return {
    status: answer.statusCode ?? 0,
    text: Buffer.concat(chunks).toString(),
    closes: answer.headers.connection === 'close',
  };
}

describe.each(setups)('$name', (setup: Setup) => {
  const running: { close(): Promise<unknown> }[] = [];
  async function start(upload: Partial<UploadOptions> = {}) {
    const storage = memoryStorage();
    const repository = createRepository({ storage });
    const errors: unknown[] = [];
    const authorize: UploadOptions['authorize'] = ({ headers }) =>
      headers.get('authorization') === 'Bearer no' ? { allow: false, status: 401 } : { allow: true };
    const handler = createHandler({
      repository,
      upload: { authorize, ...upload },
      onError: (error) => errors.push(error),
    });
    const server = await setup.start(handler);
    running.push(repository, server);
    const keys = async () =>
      (await storage.list()).objects.map(({ key }) => key).filter((key) => !key.startsWith('.gomodkit/'));
    return { port: server.port, keys, errors };
  }
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each.close();
  });

  it('201, then 200 for the same and 409 for another; what is served is what was put', async () => {
    const { port } = await start();
    const zip = await zipOf(3 * MB);
    const first = await put(port, zip);
    expect([first.status, first.text]).toEqual([201, expect.stringMatching(/^example\.com\/m v1\.0\.0 h1:.*=\n/)]);
    expect((await put(port, zip, { chunked: true })).status).toBe(200);
    expect((await put(port, await zipOf(10, 'other.bin'))).status).toBe(409);
    expect((await ask(port, target)).body.equals(zip)).toBe(true);
  });

  it('takes a body in pieces of unknown length, and one after Expect: 100-continue', async () => {
    const { port } = await start();
    expect((await put(port, await zipOf(MB), { chunked: true })).status).toBe(201);
    const other = await start();
    const zip = await zipOf(1000);
    const socket = await dial(other.port);
    let received = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data;
    });
    socket.write(
      `PUT ${target} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${zip.length}\r\n\r\n`,
    );
    await vi.waitFor(() => expect(received).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\n$/));
    socket.write(zip);
    await once(socket, 'close');
    expect(received).toMatch(/\r\n\r\nHTTP\/1.1 201 /);
  });

  it('keeps a connection whose body was read', async () => {
    const { port } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const zip = await zipOf(200_000);
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const { status, closes } = await put(port, zip, { agent });
      statuses.push(status, closes);
    }
    agent.destroy();
    expect(statuses).toEqual([201, false, 200, false, 200, false]);
  });

  it(
    'refuses before the body is sent, and does not wait for it',
    async () => {
      const { port, keys, errors } = await start({ limit: 2 * MB });
      const head = (more: string) => `PUT ${target} HTTP/1.1\r\nHost: h\r\n${more}\r\n\r\n`;
      const refused: [string, number][] = [
        ['Authorization: Bearer no\r\nContent-Length: 1000000', 401],
        [`Content-Length: ${2 * MB + 1}`, 413],
        ['Content-Range: bytes 0-1/5\r\nContent-Length: 1000', 400],
      ];
      for (const [headers, status] of refused) {
        expect(await exchangeText(port, head(headers))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      }
      expect(await keys()).toEqual([]);
      expect(errors).toEqual([]);
    },
    DEADLINE,
  );

  it(
    'cuts a body off at the limit that was not announced',
    async () => {
      const { port, keys } = await start({ limit: MB });
      const socket = await dial(port);
      let received = '';
      socket.setEncoding('latin1').on('data', (data: string) => {
        received += data;
      });
      socket.write(`PUT ${target} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
      for (let i = 0; i < 24; i++) socket.write(piece);
      await vi.waitFor(() => expect(received).toMatch(/^HTTP\/1.1 413 /), { timeout: DEADLINE });
      socket.destroy();
      expect(await keys()).toEqual([]);
    },
    DEADLINE,
  );

  it(
    'nothing stays of a client that leaves half-way, or lies about the length',
    async () => {
      const { port, keys, errors } = await start();
      const zip = await zipOf(2 * MB);
      const socket = await dial(port);
      socket.write(`PUT ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${zip.length}\r\n\r\n`);
      socket.write(zip.subarray(0, MB));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
      const short = await dial(port);
      short.write(`PUT ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${zip.length + 10}\r\n\r\n`);
      short.resume().end(zip);
      await once(short, 'close');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await keys()).toEqual([]);
      expect(errors).toEqual([]);
      expect((await put(port, zip)).status).toBe(201);
    },
    DEADLINE,
  );

  it(
    'reads no faster than the handler does',
    async () => {
      let arrived: HandlerRequest | undefined;
      let answer: () => void = () => {};
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const server = await setup.start(async (incoming) => {
        arrived = incoming;
        const reader = incoming.body?.getReader();
        await reader?.read();
        await answered;
        return text('enough\n', 413);
      });
      running.push(server);
      const socket = await dial(server.port);
      const total = 64 * MB;
      socket.write(`PUT ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${total}\r\n\r\n`);
      for (let sent = 0; sent < total; sent += MB) socket.write(Buffer.alloc(MB));
      await vi.waitFor(() => expect(arrived).toBeDefined());
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(socket.bytesWritten - socket.writableLength).toBeLessThan(24 * MB);
      answer();
      socket.destroy();
    },
    DEADLINE,
  );
});

describe('a body that something else has read', () => {
  it('is said to be the mistake of the server', async () => {
    const handler = createHandler({
      repository: createRepository({ storage: memoryStorage() }),
      upload: { authorize: () => ({ allow: true }) },
    });
    const listener = toNodeListener(handler);
    const server = await listen(
      createServer(async (req, res) => {
        for await (const _ of req);
        listener(req, res);
      }),
    );
    const { status, text: said } = await put(server.port, await zipOf(10));
    await server.close();
    expect([status, said]).toEqual([501, expect.stringContaining('before body parsers')]);
  });
});
