import { createServer } from 'node:http';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import { echo, observedBody } from '../../test/bodies.ts';
import { ask } from '../../test/client.ts';
import { listen, type Running } from '../../test/setups.ts';
import { toKoaMiddleware } from './index.ts';

const running: Running[] = [];

async function serve(app: Koa): Promise<number> {
  const server = await listen(createServer(app.callback()));
  running.push(server);
  return server.port;
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

describe('toKoaMiddleware', () => {
  it('passes on what is outside its prefix, as if it were not there', async () => {
    const app = new Koa();
    app.use(toKoaMiddleware(echo, { prefix: '/go' }));
    app.use((ctx) => {
      if (ctx.path === '/other') ctx.body = 'somebody else';
    });
    const port = await serve(app);
    expect((await ask(port, '/go/x')).body.toString()).toBe('target /x\n');
    expect((await ask(port, '/other')).body.toString()).toBe('somebody else');
    const missing = await ask(port, '/missing');
    expect([missing.status, missing.body.toString()]).toEqual([404, 'Not Found']);
  });

  it('shows a handler with a base path of its own the whole target, whatever cut ctx.path', async () => {
    const app = new Koa();
    // What koa-mount does.
    app.use((ctx, next) => {
      ctx.path = ctx.path.replace('/go', '');
      return next();
    });
    app.use(async (ctx, next) => {
      await toKoaMiddleware(echo, { originalUrl: ctx.path.endsWith('/whole') })(ctx, next);
    });
    const port = await serve(app);
    expect((await ask(port, '/go/x/%2e%2e/whole')).body.toString()).toBe('target /go/x/%2e%2e/whole\n');
    expect((await ask(port, '/go/x/%2e%2e/list?a=b')).body.toString()).toBe('target /x/%2e%2e/list?a=b\n');
  });

  it('keeps the headers of middleware before it, which sees the status once all is sent', async () => {
    const seen: unknown[] = [];
    const app = new Koa();
    app.use(async (ctx, next) => {
      ctx.set('x-request-id', '7');
      await next();
      seen.push(ctx.status, ctx.res.writableEnded);
    });
    app.use(toKoaMiddleware(async () => ({ status: 203, headers: {}, body: observedBody(1_000_000).stream })));
    const port = await serve(app);
    const { status, headers, body } = await ask(port, '/x');
    expect([status, headers['x-request-id'], body.length]).toEqual([203, '7', 1_000_000]);
    expect(seen).toEqual([203, true]);
  });
});
