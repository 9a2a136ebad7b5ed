import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { isGoModKitError } from '@gomodkit/core/errors';
import { verifyZip } from '@gomodkit/core/zip';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestProxy, type TestProxy, type TestProxyOptions } from './test-proxy.ts';

const DEADLINE = 10_000;
const modules = {
  'example.com/a@v1.0.0': { 'go.mod': 'module example.com/a\n', 'a.go': 'package a\n' },
  'example.com/a@v1.1.0': {
    files: { 'go.mod': 'module example.com/a\n', 'a.go': 'package a\n\nconst B = 1\n' },
    time: '2024-05-01T12:00:00Z',
    branches: ['main'],
    origin: { VCS: 'git', URL: 'https://example.com/a', Hash: 'f'.repeat(40) },
  },
};
const zip = '/example.com/a/@v/v1.0.0.zip';
const list = '/example.com/a/@v/list';
const running: TestProxy[] = [];

async function start(options: TestProxyOptions = { modules }): Promise<TestProxy> {
  const proxy = await startTestProxy({ modules, ...options });
  running.push(proxy);
  return proxy;
}

afterEach(async () => {
  for (const proxy of running.splice(0)) await proxy.close();
});

/** Through the port, and through `fetch` without one. */
const doors = [
  ['port', (proxy: TestProxy) => (target: string, init?: RequestInit) => fetch(proxy.url + target, init)],
  ['fetch', (proxy: TestProxy) => proxy.fetch],
] as const;

describe.each(doors)('a test proxy, asked through %s', (_, door) => {
  it('answers the protocol', async () => {
    const ask = door(await start());
    expect(await (await ask(list)).text()).toBe('v1.0.0\nv1.1.0\n');
    expect(await (await ask('/example.com/a/@latest')).json()).toEqual({
      Version: 'v1.1.0',
      Time: '2024-05-01T12:00:00Z',
      Origin: { VCS: 'git', URL: 'https://example.com/a', Hash: 'f'.repeat(40) },
    });
    expect(await (await ask('/example.com/a/@v/main.info')).json()).toMatchObject({ Version: 'v1.1.0' });
    expect(await (await ask('/example.com/a/@v/v1.0.0.mod')).text()).toBe('module example.com/a\n');
    const blob = await (await ask(zip)).blob();
    expect((await verifyZip({ path: 'example.com/a', version: 'v1.0.0' }, blob)).h1).toMatch(/^h1:/);
    const missing = await ask('/example.com/b/@v/list');
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('example.com/b')]);
  });

  it('logs requests with what became of them', async () => {
    const proxy = await start({ faults: [{ match: { kind: 'zip' }, status: 503, name: 'outage' }] });
    const ask = door(proxy);
    await ask(list);
    await ask(zip, { method: 'HEAD' });
    const described = [...proxy.requests].map(({ method, kind, status, fault }) => [method, kind, status, fault]);
    expect(described).toEqual([
      ['GET', 'list', 200, undefined],
      ['HEAD', 'zip', 503, 'outage'],
    ]);
  });

  it('status: another answer, for as many requests as wanted', async () => {
    const headers = { 'retry-after': '7' };
    const ask = door(
      await start({ faults: [{ match: { kind: 'list' }, status: 503, body: 'maintenance\n', headers, times: 1 }] }),
    );
    const first = await ask(list);
    expect([first.status, first.headers.get('retry-after'), await first.text()]).toEqual([503, '7', 'maintenance\n']);
    expect((await ask(list)).status).toBe(200);
  });

  it('bytes: other bytes under the right headers', async () => {
    const flip = (right: Uint8Array) => right.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
    const proxy = await start({
      faults: [
        { match: { kind: 'mod' }, bytes: 'module example.com/evil\n' },
        { match: { kind: 'zip' }, bytes: flip },
      ],
    });
    const ask = door(proxy);
    const mod = await ask('/example.com/a/@v/v1.0.0.mod');
    expect([mod.status, mod.headers.get('content-length'), await mod.text()]).toEqual([
      200,
      '24',
      'module example.com/evil\n',
    ]);
    const wrong = Buffer.from(await (await ask(zip)).arrayBuffer());
    proxy.faults.clear();
    const right = Buffer.from(await (await ask(zip)).arrayBuffer());
    expect([wrong.length, wrong.equals(right), wrong.subarray(41).equals(right.subarray(41))]).toEqual([
      right.length,
      false,
      true,
    ]);
  });

  it.each([0, 1, 100])(
    'truncate: %d bytes of the body, then the connection ends',
    async (truncate) => {
      const ask = door(await start({ faults: [{ match: { kind: 'zip' }, truncate }] }));
      const response = await ask(zip);
      expect(response.status).toBe(200);
      expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
      let received = 0;
      const reading = (async () => {
        for await (const chunk of response.body ?? []) received += chunk.length;
      })();
      await expect(reading).rejects.toThrow();
      expect(received).toBe(truncate);
    },
    DEADLINE,
  );

  it(
    'reset: no answer at all',
    async () => {
      const ask = door(await start({ faults: [{ match: { kind: 'list' }, reset: true }] }));
      await expect(ask(list)).rejects.toThrow(
        expect.objectContaining({ cause: expect.objectContaining({ code: 'ECONNRESET' }) }),
      );
      expect((await ask('/example.com/a/@latest')).status).toBe(200);
    },
    DEADLINE,
  );

  it(
    'hang: no answer until the client gives up',
    async () => {
      const proxy = await start({ faults: [{ match: { kind: 'list' }, hang: true }] });
      const controller = new AbortController();
      const hanging = door(proxy)(list, { signal: controller.signal });
      await proxy.requests.waitFor({ kind: 'list' });
      expect((await door(proxy)('/example.com/a/@latest')).status).toBe(200);
      controller.abort(new Error('enough'));
      await expect(hanging).rejects.toThrow('enough');
    },
    DEADLINE,
  );

  it(
    'hang: close() ends it',
    async () => {
      const proxy = await start({ faults: [{ hang: true }] });
      const hanging = door(proxy)(list);
      await proxy.requests.waitFor({});
      await Promise.all([proxy.close(), expect(hanging).rejects.toThrow()]);
    },
    DEADLINE,
  );

  it(
    'latency: later, and before another effect',
    async () => {
      const proxy = await start({
        faults: [
          { match: { kind: 'list' }, latency: 30 },
          { latency: 30, status: 500 },
        ],
      });
      const order: string[] = [];
      const slow = door(proxy)(list).then(() => order.push('slow'));
      await proxy.requests.waitFor({ kind: 'list' });
      proxy.faults.clear();
      await door(proxy)('/example.com/a/@latest').then(() => order.push('quick'));
      await slow;
      expect(order).toContain('slow');
      proxy.faults.add({ latency: 1, status: 500 });
      expect((await door(proxy)(list)).status).toBe(500);
    },
    DEADLINE,
  );

  it('a fault that throws is a 500 that says why', async () => {
    const bytes = () => {
      throw new Error('typo');
    };
    const response = await door(await start({ faults: [{ bytes }] }))(list);
    expect([response.status, await response.text()]).toEqual([500, 'test proxy: a fault failed: typo\n']);
  });
});

describe('startTestProxy', () => {
  it('sees raw targets through the port and through fetch', async () => {
    const proxy = await start();
    const target = '/example.com/%2e%2e/a/@v/list';
    const status = await new Promise((resolve) => {
      request(proxy.url, { path: target }, (message) => resolve(message.resume().statusCode)).end();
    });
    expect([status, (await proxy.fetch(target)).status]).toEqual([404, 404]);
    expect(proxy.requests.list().map((each) => each.target)).toEqual([target, target]);
    expect((await proxy.fetch(new URL(list, proxy.url))).status).toBe(200);
  });

  it('serves updates of its modules from the next request on', async () => {
    const proxy = await start();
    const sum = async () => Buffer.from(await (await proxy.fetch(zip)).arrayBuffer()).toString('base64');
    const before = await sum();
    proxy.update({ 'example.com/a@v1.2.0': '-- go.mod --\nmodule example.com/a\n', 'example.com/a@v1.1.0': undefined });
    expect(await (await proxy.fetch(list)).text()).toBe('v1.0.0\nv1.2.0\n');
    expect(await sum()).toBe(before);
    proxy.update({ 'example.com/a@v1.0.0': { 'go.mod': 'module example.com/a\n', 'moved.go': 'package a\n' } });
    expect(await sum()).not.toBe(before);
    expect(() => proxy.update({ 'example.com/a': {} })).toThrow();
    expect(await (await proxy.fetch(list)).text()).toBe('v1.0.0\nv1.2.0\n');
  });

  it('refuses fixtures that no proxy could serve', async () => {
    await expect(startTestProxy({ modules: { 'example.com/a@v2.0.0': {} } })).rejects.toSatisfy((error) =>
      isGoModKitError(error, 'invalid_version'),
    );
    await expect(startTestProxy({ modules: { 'UPPER/a@v1.0.0': {} } })).rejects.toSatisfy((error) =>
      isGoModKitError(error, 'invalid_path'),
    );
  });

  it('makes directories when env is first read, and removes them with close()', async () => {
    const proxy = await start({ env: { GOFLAGS: '-mod=readonly' } });
    const { env } = proxy;
    expect(env).toMatchObject({
      GOPROXY: proxy.url,
      GOSUMDB: 'off',
      GOENV: 'off',
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-mod=readonly',
    });
    expect(proxy.env).toBe(env);
    expect(existsSync(env.HOME ?? '')).toBe(true);
    await proxy.close();
    await proxy.close();
    expect(existsSync(env.HOME ?? '')).toBe(false);
    expect(() => proxy.env).toThrow('closed');
    await expect(fetch(proxy.url)).rejects.toThrow('fetch failed');
    await expect(proxy.fetch(list)).rejects.toThrow('closed');
    await expect(proxy.go(['version'])).rejects.toThrow('closed');
  });
});
