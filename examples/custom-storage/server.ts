// A module proxy on a storage of our own: GOPROXY=http://127.0.0.1:3000

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';
import { openStorage } from './sql-storage.ts';

const { MODULES = '.', PORT = '3000', UPSTREAM = '', GOSUMDB } = process.env;

const repository = createRepository({
  storage: await openStorage({ file: 'modules.db' }, { workingDirectory: MODULES }),
  source: upstreamSource(UPSTREAM),
  // Everything is verified with sum.golang.org, through the upstream, unless that is turned off as for the go command.
  sumdb: GOSUMDB === 'off' ? 'off' : undefined,
});
const server = createServer(toNodeListener(createHandler({ repository })));

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`GOPROXY=http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
