import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { echo } from '../../test/bodies.ts';
import { ask } from '../../test/client.ts';
import { listen, type Running } from '../../test/setups.ts';
import { toFetch } from '../fetch/index.ts';
import { toHonoHandler } from './index.ts';

const running: Running[] = [];

async function serve(app: Hono): Promise<number> {
  const server = await listen(createAdaptorServer({ fetch: app.fetch }) as Server);
  running.push(server);
  return server.port;
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

describe('toHonoHandler', () => {
  it('needs no server', async () => {
    const app = new Hono();
    app.all('/go/*', toHonoHandler(echo, { prefix: '/go' }));
    expect(await (await app.request('/go/x/@v/list')).text()).toBe('target /x/@v/list\n');
    const head = await app.request('/go/x/@v/list', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, '18', null]);
    expect((await app.request('/go/x', { method: 'POST' })).status).toBe(405);
  });

  it('works as middleware that passes on what is outside its prefix', async () => {
    const app = new Hono();
    app.use(toHonoHandler(echo, { prefix: '/go' }));
    app.get('/other', (c) => c.text('somebody else'));
    expect(await (await app.request('/go/x')).text()).toBe('target /x\n');
    expect(await (await app.request('/other')).text()).toBe('somebody else');
    expect((await app.request('/missing')).status).toBe(404);
  });

  it('works in an application that another one routes to, and lets middleware add headers', async () => {
    const modules = new Hono();
    modules.all('/*', toHonoHandler(echo, { prefix: '/go' }));
    const app = new Hono();
    app.use(async (c, next) => {
      await next();
      c.header('x-request-id', '7');
    });
    app.route('/go', modules);
    const response = await app.request('/go/x');
    expect([response.headers.get('x-request-id'), await response.text()]).toEqual(['7', 'target /x\n']);
  });

  it('sees the raw target on the Node server', async () => {
    const app = new Hono();
    app.all('/go/*', toHonoHandler(echo, { prefix: '/go' }));
    const port = await serve(app);
    expect((await ask(port, '/go/x/%2e%2e/y//%21z?a')).body.toString()).toBe('target /x/%2e%2e/y//%21z?a\n');
  });

  it('sees what is below the mount of a parent, on the Node server too', async () => {
    const inner = new Hono();
    inner.all('/*', toHonoHandler(echo));
    const app = new Hono();
    app.mount('/inner', inner.fetch);
    app.mount('/plain', toFetch(echo));
    const port = await serve(app);
    expect((await ask(port, '/inner/x/y/@v/list')).body.toString()).toMatch(
      /^target http:\/\/[^/]+\/x\/y\/@v\/list\n$/,
    );
    expect((await ask(port, '/plain/x/y/@v/list')).body.toString()).toMatch(
      /^target http:\/\/[^/]+\/x\/y\/@v\/list\n$/,
    );
  });
});
