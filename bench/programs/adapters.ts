// Every adapter of @gomodkit/http-handler in the framework that it is for.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from '@gomodkit/core';
import { toExpressHandler } from '@gomodkit/http-handler/express';
import { toFastifyPlugin } from '@gomodkit/http-handler/fastify';
import { toFetch } from '@gomodkit/http-handler/fetch';
import { toHonoHandler } from '@gomodkit/http-handler/hono';
import { toKoaMiddleware } from '@gomodkit/http-handler/koa';
import { toNodeListener } from '@gomodkit/http-handler/node';
import { listen } from './listen.ts';

/** Names of {@link adapters}. */
export type Adapter = 'node' | 'express' | 'fastify' | 'koa' | 'hono' | 'fetch';

/** Starts a server for a handler. Frameworks are loaded when asked for, so that they count for nobody else. */
export const adapters: Readonly<Record<Adapter, (handler: Handler) => Promise<{ readonly port: number }>>> = {
  node: (handler) => listen(createServer(toNodeListener(handler))),
  async express(handler) {
    const { default: express } = await import('express');
    return listen(createServer(express().use(toExpressHandler(handler) as never)));
  },
  async fastify(handler) {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    await app.register(toFastifyPlugin(handler));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port };
  },
  async koa(handler) {
    const { default: Koa } = await import('koa');
    const app = new Koa();
    app.use(toKoaMiddleware(handler));
    return listen(createServer(app.callback()));
  },
  async hono(handler) {
    const [{ Hono }, { createAdaptorServer }] = await Promise.all([import('hono'), import('@hono/node-server')]);
    const app = new Hono();
    app.all('/*', toHonoHandler(handler));
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server);
  },
  async fetch(handler) {
    const { createAdaptorServer } = await import('@hono/node-server');
    return listen(createAdaptorServer({ fetch: toFetch(handler) }) as Server);
  },
};
