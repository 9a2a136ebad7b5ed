import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { echo } from '../../test/bodies.ts';
import { ask } from '../../test/client.ts';
import { toFastifyPlugin } from './index.ts';

const running: FastifyInstance[] = [];

async function serve(app: FastifyInstance): Promise<number> {
  running.push(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function target(port: number, path: string): Promise<string> {
  return (await ask(port, path)).body.toString().trim().replace('target ', '');
}

describe('toFastifyPlugin', () => {
  it('shows the handler what is below the prefix it is registered with, parameters included', async () => {
    const app = fastify();
    await app.register(toFastifyPlugin(echo), { prefix: '/go' });
    await app.register(toFastifyPlugin(echo), { prefix: '/tenants/:tenant/go' });
    const port = await serve(app);
    expect(await target(port, '/go/x/@v/list')).toBe('/x/@v/list');
    expect(await target(port, '/go/')).toBe('/');
    expect(await target(port, '/tenants/acme/go/x/%2e%2e/@v/list')).toBe('/x/%2e%2e/@v/list');
  });

  it('shows a handler with a base path of its own the whole target', async () => {
    const app = fastify();
    await app.register(toFastifyPlugin(echo, { originalUrl: true }), { prefix: '/go' });
    expect(await target(await serve(app), '/go/x/%2e%2e/@v/list')).toBe('/go/x/%2e%2e/@v/list');
  });

  it.each([true, false])('answers HEAD itself, with exposeHeadRoutes %s', async (exposeHeadRoutes) => {
    const app = fastify({ exposeHeadRoutes });
    await app.register(toFastifyPlugin(echo), { prefix: '/go' });
    const { status, headers } = await ask(await serve(app), '/go/x', { method: 'HEAD' });
    expect([status, headers['content-length']]).toEqual([200, '10']);
  });

  it('leaves the rest of the application as it was', async () => {
    const app = fastify();
    await app.register(toFastifyPlugin(echo), { prefix: '/go' });
    app.post('/echo', async (request) => request.body);
    const port = await serve(app);
    const json = {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', 'content-length': '7' },
    };
    expect((await ask(port, '/echo', json)).body.toString()).toBe('{"a":1}');
    expect((await ask(port, '/missing')).headers['content-type']).toContain('application/json');
    expect((await ask(port, '/go/x', json)).status).toBe(405);
  });

  it('keeps headers that hooks have set, and runs the hooks after the answer', async () => {
    const app = fastify();
    const seen: number[] = [];
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-request-id', '7');
    });
    app.addHook('onResponse', async (_request, reply) => {
      seen.push(reply.raw.statusCode);
    });
    await app.register(toFastifyPlugin(echo));
    const port = await serve(app);
    expect((await ask(port, '/x')).headers['x-request-id']).toBe('7');
    await ask(port, '/y');
    expect(seen[0]).toBe(200);
  });

  it('serves module paths of any length', async () => {
    const app = fastify();
    await app.register(toFastifyPlugin(echo));
    const long = `/example.com/${'a'.repeat(150)}/${'b'.repeat(150)}/@v/v1.0.0.info`;
    expect(await target(await serve(app), long)).toBe(long);
  });

  it('can be asked by inject, without a socket', async () => {
    const app = fastify();
    await app.register(toFastifyPlugin(echo), { prefix: '/go' });
    running.push(app);
    const response = await app.inject('/go/x/@v/list');
    expect([response.statusCode, response.body]).toEqual([200, 'target /x/@v/list\n']);
  });
});
