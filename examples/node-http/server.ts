// A module proxy on node:http alone: GOPROXY=http://127.0.0.1:3000

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';
import { directoryStorage } from '@gomodkit/storage-fs';

const { MODULES = './modules', PORT = '3000', UPSTREAM = '' } = process.env;

const repository = createRepository({ storage: directoryStorage(MODULES), source: upstreamSource(UPSTREAM) });
const server = createServer(toNodeListener(createHandler({ repository })));

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`GOPROXY=http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
