// A module proxy below /go of a Fastify application, with JSON beside it: GOPROXY=http://127.0.0.1:3000/go

import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toFastifyPlugin } from '@gomodkit/http-handler/fastify';
import { directoryStorage } from '@gomodkit/storage-fs';
import fastify from 'fastify';

const { MODULES = './modules', PORT = '3000', UPSTREAM = '', GOSUMDB } = process.env;

const repository = createRepository({
  storage: directoryStorage(MODULES),
  source: upstreamSource(UPSTREAM),
  // Everything is verified with sum.golang.org, through the upstream, unless that is turned off as for the go command.
  sumdb: GOSUMDB === 'off' ? 'off' : undefined,
});
const app = fastify();
await app.register(toFastifyPlugin(createHandler({ repository })), { prefix: '/go' });

// The repository works without HTTP as well: /api/versions?module=example.com/m
app.get<{ Querystring: { module: string } }>('/api/versions', ({ query }) => repository.versions(query.module));

console.log(`GOPROXY=${await app.listen({ port: Number(PORT), host: '127.0.0.1' })}/go`);
