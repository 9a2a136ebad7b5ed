import { createServer } from 'node:http';
import express, { type Express } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { echo } from '../../test/bodies.ts';
import { ask } from '../../test/client.ts';
import { listen, type Running } from '../../test/setups.ts';
import { toExpressHandler } from './index.ts';

const running: Running[] = [];

async function serve(app: Express): Promise<number> {
  const server = await listen(createServer(app));
  running.push(server);
  return server.port;
}

async function target(port: number, path: string): Promise<string> {
  return (await ask(port, path)).body.toString().trim().replace('target ', '');
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

describe('toExpressHandler', () => {
  it('shows the handler what is below the mount path', async () => {
    const app = express();
    app.use('/go', toExpressHandler(echo));
    app.use('/:tenant/proxy', toExpressHandler(echo));
    const port = await serve(app);
    expect(await target(port, '/go/x/@v/list')).toBe('/x/@v/list');
    expect(await target(port, '/GO/x/@v/list')).toBe('/x/@v/list');
    expect(await target(port, '/acme/proxy/x/@v/list')).toBe('/x/@v/list');
    expect(await target(port, '/go')).toBe('/');
  });

  it('shows a handler with a base path of its own the whole target', async () => {
    const app = express();
    app.use('/go', toExpressHandler(echo, { originalUrl: true }));
    app.use(toExpressHandler(echo));
    const port = await serve(app);
    expect(await target(port, '/go/x/%2e%2e/@v/list')).toBe('/go/x/%2e%2e/@v/list');
    expect(await target(port, '/other')).toBe('/other');
  });

  it('works on a router and passes on what is outside its prefix', async () => {
    const app = express();
    const router = express.Router();
    router.use(toExpressHandler(echo, { prefix: '/modules' }));
    router.use((_req, res) => {
      res.send('somebody else');
    });
    app.use('/go', router);
    const port = await serve(app);
    expect(await target(port, '/go/modules/x')).toBe('/x');
    expect(await target(port, '/go/x')).toBe('somebody else');
  });

  it('keeps the headers of middleware before it, and answers where a body parser has read the body', async () => {
    const app = express();
    app.use(express.json());
    app.use((_req, res, next) => {
      res.set('x-request-id', '7');
      next();
    });
    app.use(toExpressHandler(echo));
    const port = await serve(app);
    expect((await ask(port, '/x')).headers['x-request-id']).toBe('7');
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'content-length': '2' } };
    expect((await ask(port, '/x', json)).status).toBe(405);
  });
});
