// Every framework, started for real on a free loopback port, with the handler mounted under a path or at the root.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from '@gomodkit/core/protocol';
import { createAdaptorServer } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { toExpressHandler } from '../src/express/index.ts';
import { toFastifyPlugin } from '../src/fastify/index.ts';
import { toFetch } from '../src/fetch/index.ts';
import { toHonoHandler } from '../src/hono/index.ts';
import type { AdapterOptions } from '../src/index.ts';
import { toKoaMiddleware } from '../src/koa/index.ts';
import { toNodeListener } from '../src/node/index.ts';

export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

export interface Setup {
  readonly name: string;
  /** What the handler gets to see: the target as it is on the wire, its URL (dots collapsed), or a path decoded and encoded again. */
  readonly sees: 'target' | 'url' | 'path';
  /** Whether the head waits for the first byte of the body. */
  readonly waits: boolean;
  /** Serves `handler`, below `mount` if given. */
  start(handler: Handler, mount?: string, options?: AdapterOptions): Promise<Running>;
}

/** Starts a setup for one test; resolves to its port. */
export type Start = (handler: Handler, mount?: string) => Promise<number>;

/** Listens on a free port. */
export async function listen(server: Server): Promise<Running> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface ExpressLike {
  use(...args: unknown[]): unknown;
}
type FastifyLike = typeof fastify;

function expressSetup(name: string, create: () => ExpressLike): Setup {
  return {
    name,
    sees: 'target',
    waits: true,
    start(handler, mount, options) {
      const app = create();
      if (mount === undefined) app.use(toExpressHandler(handler, options));
      else app.use(mount, toExpressHandler(handler, options));
      return listen(createServer(app as never));
    },
  };
}

function fastifySetup(name: string, create: FastifyLike): Setup {
  return {
    name,
    sees: 'target',
    waits: true,
    async start(handler, mount, options) {
      const app = create({ forceCloseConnections: true });
      await app.register(toFastifyPlugin(handler, options), mount === undefined ? {} : { prefix: mount });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return {
        port: (app.server.address() as AddressInfo).port,
        close: () => app.close(),
      };
    },
  };
}

function koaSetup(name: string, Application: typeof Koa): Setup {
  return {
    name,
    sees: 'target',
    waits: true,
    start(handler, mount, options) {
      const app = new Application();
      app.silent = true;
      app.use(toKoaMiddleware(handler, { ...options, prefix: mount }));
      return listen(createServer(app.callback()));
    },
  };
}

function honoSetup(name: string, HonoClass: typeof Hono, adaptor: typeof createAdaptorServer): Setup {
  return {
    name,
    sees: 'target',
    waits: false,
    start(handler, mount, options) {
      const app = new HonoClass();
      app.all(`${mount ?? ''}/*`, toHonoHandler(handler, { ...options, prefix: mount }));
      return listen(adaptor({ fetch: app.fetch }) as Server);
    },
  };
}

const nodeSetup: Setup = {
  name: 'node:http',
  sees: 'target',
  waits: true,
  start: (handler, mount, options) => listen(createServer(toNodeListener(handler, { ...options, prefix: mount }))),
};

const fetchSetup: Setup = {
  name: 'fetch',
  sees: 'url',
  waits: false,
  start: (handler, mount, options) =>
    listen(createAdaptorServer({ fetch: toFetch(handler, { ...options, prefix: mount }) }) as Server),
};

const honoMountSetup: Setup = {
  name: 'hono 4, app.mount',
  sees: 'path',
  waits: false,
  start(handler, mount, options) {
    const app = new Hono();
    app.mount(mount ?? '/', toFetch(handler, options));
    return listen(createAdaptorServer({ fetch: app.fetch }) as Server);
  },
};

export const setups: readonly Setup[] = [
  nodeSetup,
  expressSetup('express 5', express as never),
  fastifySetup('fastify 5', fastify),
  koaSetup('koa 3', Koa),
  honoSetup('hono 4', Hono, createAdaptorServer),
  honoMountSetup,
  fetchSetup,
];

/** The majors before, which many still run, where they are installed under these names. */
export const previousMajors: readonly { readonly name: string; load(): Promise<Setup> }[] = [
  { name: 'express 4', load: async () => expressSetup('express 4', (await load('express4')).default as never) },
  { name: 'fastify 4', load: async () => fastifySetup('fastify 4', (await load('fastify4')).default as never) },
  { name: 'koa 2', load: async () => koaSetup('koa 2', (await load('koa2')).default as never) },
];

function load(name: string): Promise<Record<string, unknown>> {
  return import(/* @vite-ignore */ name);
}
