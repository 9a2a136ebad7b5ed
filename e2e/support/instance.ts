// One of several server processes on one storage: PLACE UPSTREAM. It says its URL and serves modules and the index; what tests want done by this very
// process is asked for below `/-/`: `POST /-/capture?wanted=MODULE@VERSION`, `POST /-/withdraw?module=MODULE@VERSION`.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';
import { openPlace, parsePlace } from './storage-place.ts';

const [place = '', upstream = ''] = process.argv.slice(2);
const storage = await openPlace(parsePlace(place));
const repository = createRepository({ storage, source: upstreamSource(upstream), sumdb: 'off' });
// Answers do not say what is behind a fault.
const onError = (error: unknown): void => console.error(inspect(error, { depth: 6 }));
const listener = toNodeListener(createHandler({ repository, onError }));

async function capture(wanted: string): Promise<unknown> {
  for await (const event of repository.capture(wanted)) if (event.type === 'done') return event.report;
  throw new Error('a capture ended without a report');
}

async function withdraw(module: string): Promise<unknown> {
  const [path = '', version = ''] = module.split('@');
  return repository.withdraw({ path, version, status: 'block', reason: 'a test', author: 'a test' });
}

async function control({ url = '' }: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  if (pathname === '/-/capture') return capture(searchParams.get('wanted') ?? '');
  if (pathname === '/-/withdraw') return withdraw(searchParams.get('module') ?? '');
  throw new Error(`nothing is at ${pathname}`);
}

const server = createServer((request, response) => {
  if (request.url?.startsWith('/-/') !== true) return listener(request, response);
  control(request).then(
    (answer) => response.end(JSON.stringify(answer)),
    (error: unknown) => {
      onError(error);
      response.statusCode = 500;
      response.end(String(error));
    },
  );
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`instance at http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
