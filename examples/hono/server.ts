// A module proxy below /go of a Hono application: GOPROXY=http://127.0.0.1:3000/go

import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toHonoHandler } from '@gomodkit/http-handler/hono';
import { directoryStorage } from '@gomodkit/storage-fs';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const { MODULES = './modules', PORT = '3000', UPSTREAM = '', GOSUMDB } = process.env;

const repository = createRepository({
  storage: directoryStorage(MODULES),
  source: upstreamSource(UPSTREAM),
  // Everything is verified with sum.golang.org, through the upstream, unless that is turned off as for the go command.
  sumdb: GOSUMDB === 'off' ? 'off' : undefined,
});
const app = new Hono();
app.all('/go/*', toHonoHandler(createHandler({ repository }), { prefix: '/go' }));
app.get('/', (context) => context.text('Our modules are below /go.\n'));

serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`GOPROXY=http://127.0.0.1:${port}/go`);
});
