// A module proxy on node:http alone: GOPROXY=http://127.0.0.1:3000

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';
import { directoryStorage } from '@gomodkit/storage-fs';

const { MODULES = './modules', PORT = '3000', UPSTREAM = '', GOSUMDB } = process.env;

const repository = createRepository({
  storage: directoryStorage(MODULES),
  source: upstreamSource(UPSTREAM),
  // Everything is verified with sum.golang.org, through the upstream, unless that is turned off as for the go command.
  sumdb: GOSUMDB === 'off' ? 'off' : undefined,
});
const server = createServer(toNodeListener(createHandler({ repository })));

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`GOPROXY=http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
