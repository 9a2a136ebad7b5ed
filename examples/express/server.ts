// A module proxy below /go of an Express application: GOPROXY=http://127.0.0.1:3000/go

import type { AddressInfo } from 'node:net';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toExpressHandler } from '@gomodkit/http-handler/express';
import { directoryStorage } from '@gomodkit/storage-fs';
import express from 'express';

const { MODULES = './modules', PORT = '3000', UPSTREAM = '', GOSUMDB } = process.env;

const repository = createRepository({
  storage: directoryStorage(MODULES),
  source: upstreamSource(UPSTREAM),
  // Everything is verified with sum.golang.org, through the upstream, unless that is turned off as for the go command.
  sumdb: GOSUMDB === 'off' ? 'off' : undefined,
});
const app = express();
app.use('/go', toExpressHandler(createHandler({ repository })));
app.get('/', (_req, res) => {
  res.send('Our modules are below /go.\n');
});

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`GOPROXY=http://127.0.0.1:${(server.address() as AddressInfo).port}/go`);
});
