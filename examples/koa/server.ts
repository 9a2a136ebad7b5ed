// A module proxy below /go of a Koa application: GOPROXY=http://127.0.0.1:3000/go

import type { AddressInfo } from 'node:net';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toKoaMiddleware } from '@gomodkit/http-handler/koa';
import { directoryStorage } from '@gomodkit/storage-fs';
import Koa from 'koa';

const { MODULES = './modules', PORT = '3000', UPSTREAM = '', GOSUMDB } = process.env;

const repository = createRepository({
  storage: directoryStorage(MODULES),
  source: upstreamSource(UPSTREAM),
  // Everything is verified with sum.golang.org, through the upstream, unless that is turned off as for the go command.
  sumdb: GOSUMDB === 'off' ? 'off' : undefined,
});
const app = new Koa();
app.use(toKoaMiddleware(createHandler({ repository }), { prefix: '/go' }));
app.use((ctx) => {
  ctx.body = 'Our modules are below /go.\n';
});

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`GOPROXY=http://127.0.0.1:${(server.address() as AddressInfo).port}/go`);
});
