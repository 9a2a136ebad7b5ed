// Upstreams that misbehave, over real sockets (protocol cases rows 27, 52 and 58).

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startServer } from '../../test/http-server.ts';
import { readAll } from '../bytes/source.ts';
import type { UpstreamOptions } from './http-settings.ts';
import { upstreamSource } from './upstream.ts';

const infoText = '{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z"}';

/** Options whose waits take no time; `slept` is what was asked for. */
function impatient(options: UpstreamOptions = {}) {
  const slept: number[] = [];
  const clock = {
    random: () => 0.5,
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds);
    },
  };
  return { slept, options: { clock, ...options } };
}

const single = { retry: { attempts: 1 } };

describe('trying again', () => {
  it('takes 429 and 503 for passing, with growing, jittered delays', async () => {
    const server = await startServer((_, response) => {
      if (server.requests.length < 4) response.writeHead(server.requests.length % 2 ? 429 : 503).end('busy');
      else response.end(infoText);
    });
    const { slept, options } = impatient();
    const info = await upstreamSource(server.url, options).resolve('example.com/m', 'v1.0.0');
    expect(info.version).toBe('v1.0.0');
    expect(slept).toEqual([125, 250, 500]);
  });

  it('waits as long as Retry-After asks, up to a bound, and gives up beyond it', async () => {
    let after = '7';
    const server = await startServer((_, response) => {
      if (server.requests.length === 1 || after !== '7') response.writeHead(503, { 'retry-after': after }).end();
      else response.end(infoText);
    });
    const { slept, options } = impatient();
    const source = upstreamSource(server.url, options);
    await source.resolve('example.com/m', 'v1.0.0');
    expect(slept).toEqual([7000]);
    after = '3600';
    await expect(source.resolve('example.com/m', 'v1.0.0')).rejects.toMatchObject({ data: { retryAfter: 3600 } });
    expect(server.requests).toHaveLength(3);
  });

  it('backs off also where Retry-After says 0', async () => {
    const server = await startServer((_, response) => response.writeHead(503, { 'retry-after': '0' }).end());
    const { slept, options } = impatient();
    await expect(upstreamSource(server.url, options).versions('example.com/m')).rejects.toThrow('(tried 4 times)');
    expect(slept).toEqual([125, 250, 500]);
  });

  it('stops at its budget', async () => {
    const server = await startServer((_, response) => response.writeHead(503).end());
    let now = 0;
    const { options } = impatient({ clock: { now: () => (now += 60_000), random: () => 1, sleep: async () => {} } });
    await expect(upstreamSource(server.url, options).versions('example.com/m')).rejects.toThrow('(tried 2 times)');
  });

  it('takes resets and cut-off answers for passing, and says so when they stay', async () => {
    const server = await startServer((request, response) => {
      if (request.url?.endsWith('list')) request.socket.destroy();
      else if (server.requests.length === 1)
        response.writeHead(200, { 'content-length': 100 }).write('{"Ver', () => request.socket.destroy());
      else response.end(infoText);
    });
    const { slept, options } = impatient();
    const source = upstreamSource(server.url, options);
    expect((await source.resolve('example.com/m', 'v1.0.0')).version).toBe('v1.0.0');
    expect(slept).toHaveLength(1);
    const list = source.versions('example.com/m');
    await expect(list).rejects.toMatchObject({ code: 'upstream_unavailable', data: { transient: true, attempts: 4 } });
    await expect(list).rejects.toThrow(`${server.url}: reading the versions of example.com/m: connection reset`);
  });

  it('does not try again what will not change', async () => {
    const server = await startServer((_, response) => response.writeHead(404).end());
    await expect(upstreamSource(server.url).versions('example.com/m')).rejects.toMatchObject({ code: 'not_found' });
    expect(server.requests).toHaveLength(1);
  });

  it('names the host of a refused connection and nothing of the machinery', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    const { options } = impatient();
    await expect(upstreamSource(`http://127.0.0.1:${port}/base`, options).versions('example.com/m')).rejects.toThrow(
      new RegExp(
        `^http://127.0.0.1:${port}/base: reading the versions of example.com/m: connection refused \\(tried 4 times\\)$`,
      ),
    );
  });

  it('is over at once when the caller leaves while waiting', async () => {
    const server = await startServer((_, response) => response.writeHead(503).end());
    const abort = new AbortController();
    const clock = {
      random: () => 1,
      sleep: () =>
        new Promise<void>((_, reject) => abort.signal.addEventListener('abort', () => reject(abort.signal.reason))),
    };
    const answer = upstreamSource(server.url, { clock }).versions('example.com/m', { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('left')), 20);
    await expect(answer).rejects.toThrow('left');
  });
});

describe('timeouts', () => {
  it('ends a request that gets no answer', async () => {
    const server = await startServer(() => {});
    const source = upstreamSource(server.url, { ...single, timeouts: { headers: 30 } });
    const answer = source.versions('example.com/m');
    await expect(answer).rejects.toMatchObject({ code: 'upstream_timeout', data: { transient: true } });
    await expect(answer).rejects.toThrow(`${server.url}: no answer for the versions of example.com/m within 0.03 s`);
  });

  it('ends a body that stops in the middle', async () => {
    const server = await startServer((_, response) => response.write('v1.0.0\n'));
    const source = upstreamSource(server.url, { ...single, timeouts: { idle: 30 } });
    await expect(source.versions('example.com/m')).rejects.toThrow('stopped in the middle');
    const { body } = await source.zip('example.com/m', 'v1.0.0');
    await expect(readAll(body)).rejects.toMatchObject({ code: 'upstream_timeout' });
  });

  it('ends a small answer that drips', async () => {
    const server = await startServer((_, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });
    const source = upstreamSource(server.url, { ...single, timeouts: { total: 60 } });
    await expect(source.versions('example.com/m')).rejects.toThrow('no whole answer');
  });

  it('takes a refusal for what it is, also when its reason does not come', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(404, { 'content-type': 'text/plain', 'content-length': 100 }).write('not found: no su');
    });
    const source = upstreamSource(server.url, { timeouts: { idle: 30 } });
    await expect(source.versions('example.com/m')).rejects.toMatchObject({ code: 'not_found' });
    expect(server.requests).toHaveLength(1);
    const left = upstreamSource(server.url).versions('example.com/m', { signal: AbortSignal.timeout(5) });
    await expect(left).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('ends a zip that drips, and gives its slot to the next', async () => {
    const server = await startServer((request, response) => {
      if (request.url?.endsWith('list')) return response.end('v1.0.0\n');
      const drip = setInterval(() => response.write('x'), 5);
      return response.on('close', () => clearInterval(drip));
    });
    const source = upstreamSource(server.url, { ...single, concurrency: 1, timeouts: { zip: 60 } });
    const { body } = await source.zip('example.com/m', 'v1.0.0');
    await expect(readAll(body)).rejects.toThrow('no whole answer for example.com/m@v1.0.0 within 0.06 s');
    expect(await source.versions('example.com/m')).toEqual(['v1.0.0']);
  });

  it('takes a time that no timer knows for no limit', async () => {
    const server = await startServer((_, response) => setTimeout(() => response.end('v1.0.0\n'), 20));
    const forever = Number.MAX_SAFE_INTEGER;
    const source = upstreamSource(server.url, {
      ...single,
      timeouts: { headers: forever, idle: forever, total: 2 ** 31 },
    });
    expect(await source.versions('example.com/m')).toEqual(['v1.0.0']);
  });

  it('does not blame the upstream for a slow reader', async () => {
    const server = await startServer((_, response) => response.end('x'.repeat(10)));
    const { body } = await upstreamSource(server.url, { timeouts: { idle: 250 } }).zip('example.com/m', 'v1.0.0');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await readAll(body)).toHaveLength(10);
  });
});

describe('limits (protocol cases row 58)', () => {
  const limits = { info: 1000, latest: 1001, list: 1002, mod: 1003, zip: 1004, sumdb: 1005 };
  const calls = {
    info: (url: string) => upstreamSource(url, { limits }).resolve('example.com/m', 'v1.0.0'),
    latest: (url: string) => upstreamSource(url, { limits }).resolve('example.com/m', 'latest'),
    list: (url: string) => upstreamSource(url, { limits }).versions('example.com/m'),
    mod: (url: string) => upstreamSource(url, { limits }).goMod('example.com/m', 'v1.0.0'),
    zip: async (url: string) => readAll((await upstreamSource(url, { limits }).zip('example.com/m', 'v1.0.0')).body),
    sumdb: (url: string) => upstreamSource(url, { limits }).sumdb('sum.golang.org', 'latest'),
  };
  const kinds = Object.keys(calls) as (keyof typeof calls)[];

  it.each(kinds)('cuts an endless %s off', async (kind) => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const server = await startServer((_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(500)));
      };
      response.on('drain', pour);
      response.on('close', () => closed());
      pour();
    });
    const answer = calls[kind](server.url);
    await expect(answer).rejects.toMatchObject({ code: 'limit_exceeded', data: { limit: limits[kind] } });
    await expect(answer).rejects.toThrow(`limit of ${limits[kind]} bytes`);
    await gone;
  });

  it.each(kinds)('cuts a compression bomb of a %s off', async (kind) => {
    const bomb = gzipSync(Buffer.alloc(50 << 20));
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    await expect(calls[kind](server.url)).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  it.each(kinds)('refuses a %s that announces too much, before its body', async (kind) => {
    const server = await startServer((_, response) =>
      response.writeHead(200, { 'content-length': 5000 }).flushHeaders(),
    );
    await expect(calls[kind](server.url)).rejects.toThrow('5000 bytes are announced');
  });

  it('reads no more of an endless refusal than it can show', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(404, { 'content-type': 'text/plain' });
      const pour = () => {
        while (!response.destroyed && response.write(`${'no '.repeat(20)}\n`));
      };
      response.on('drain', pour);
      pour();
    });
    const error = await upstreamSource(server.url)
      .versions('example.com/m')
      .catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'not_found' });
    expect((error as Error).message.length).toBeLessThan(700);
  });

  it('keeps the pace of the reader: nothing piles up in memory', async () => {
    let written = 0;
    const server = await startServer((_, response) => {
      const chunk = Buffer.alloc(64 << 10);
      const pour = () => {
        while (!response.destroyed && written < 200 << 20) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', pour);
      pour();
    });
    const { body } = await upstreamSource(server.url).zip('example.com/m', 'v1.0.0');
    const reader = body.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(32 << 20);
    await reader.cancel();
  });
});

describe('damaged answers', () => {
  it('notices a go.mod that was cut off, which compression would hide', async () => {
    const goMod = `module example.com/m\n${'// x\n'.repeat(500)}`;
    const server = await startServer((request, response) => {
      const gzip = /gzip/.test(String(request.headers['accept-encoding']));
      const body = gzip ? gzipSync(goMod) : Buffer.from(goMod);
      // A relay that lost the end and says what it still has of compressed answers.
      const kept = body.subarray(0, -20);
      response.writeHead(200, gzip ? { 'content-encoding': 'gzip' } : { 'content-length': body.length });
      response.write(kept, () => (gzip ? response.end() : request.socket.destroy()));
    });
    await expect(upstreamSource(server.url, single).goMod('example.com/m', 'v1.0.0')).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });

  it('refuses compression that is none', async () => {
    const server = await startServer((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip'),
    );
    const answer = upstreamSource(server.url).versions('example.com/m');
    await expect(answer).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(answer).rejects.toThrow('compression of the answer is damaged');
  });

  it('refuses what is no HTTP', async () => {
    const server = await startServer((request) => request.socket.end('SSH-2.0-x\r\n'));
    await expect(upstreamSource(server.url).versions('example.com/m')).rejects.toThrow('no HTTP');
  });

  it('fails a zip that is cut off, in the stream', async () => {
    const server = await startServer((request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x'.repeat(50), () => request.socket.destroy());
    });
    const { size, body } = await upstreamSource(server.url).zip('example.com/m', 'v1.0.0');
    expect(size).toBe(100);
    await expect(readAll(body)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('checks the length also where fetch does not', async () => {
    const headers = { 'content-length': '100' };
    const source = upstreamSource('https://192.0.2.1', { fetch: async () => new Response('short', { headers }) });
    const { body } = await source.zip('example.com/m', 'v1.0.0');
    await expect(readAll(body)).rejects.toThrow('cut off after 5 of 100 bytes');
  });
});

describe('concurrency', () => {
  it('lets a streaming body hold its slot, and gives it back on cancel', async () => {
    const server = await startServer((request, response) => {
      if (request.url?.endsWith('.zip')) response.write('x');
      else response.end('v1.0.0\n');
    });
    const source = upstreamSource(server.url, { concurrency: 1 });
    const zip = await source.zip('example.com/m', 'v1.0.0');
    const list = source.versions('example.com/m');
    const impatientCaller = new AbortController();
    const left = source.versions('example.com/m', { signal: impatientCaller.signal });
    impatientCaller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    expect(server.requests).toHaveLength(1);
    await zip.body.cancel();
    expect(await list).toEqual(['v1.0.0']);
    expect(server.requests).toHaveLength(2);
  });

  it.each(['read to its end', 'aborted', 'failed'])('gives the slot of a body back that is %s', async (how) => {
    const server = await startServer((request, response) => {
      if (!request.url?.endsWith('.zip')) response.end('v1.0.0\n');
      else if (how === 'read to its end') response.end('x');
      else response.write('x', () => (how === 'failed' ? request.socket.destroy() : undefined));
    });
    const source = upstreamSource(server.url, { concurrency: 1 });
    const abort = new AbortController();
    const zip = await source.zip('example.com/m', 'v1.0.0', { signal: abort.signal });
    if (how === 'aborted') abort.abort(new Error('left'));
    const outcome = await readAll(zip.body).catch((error: Error) => error);
    if (how === 'aborted') expect(outcome).toMatchObject({ message: 'left' });
    expect(await source.versions('example.com/m')).toEqual(['v1.0.0']);
  });

  it('never has more requests under way than allowed, and serves all', async () => {
    let now = 0;
    let most = 0;
    const server = await startServer((_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end('v1.0.0\n');
      }, 3);
    });
    const source = upstreamSource(server.url, { concurrency: 3 });
    await Promise.all(Array.from({ length: 30 }, () => source.versions('example.com/m')));
    expect(most).toBe(3);
    expect(server.requests).toHaveLength(30);
  });

  it('closes the connection when the caller leaves', async () => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const server = await startServer((request) => request.socket.on('close', () => closed()));
    const abort = new AbortController();
    const answer = upstreamSource(server.url).versions('example.com/m', { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('left')), 20);
    await expect(answer).rejects.toThrow('left');
    await gone;
  });
});

describe('a fetch that does not mind its signal', () => {
  it('still lets the caller go', async () => {
    const abort = new AbortController();
    const source = upstreamSource('https://192.0.2.1', { fetch: () => new Promise(() => {}) });
    const answer = source.versions('example.com/m', { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('left')), 5);
    await expect(answer).rejects.toThrow('left');
  });
});
