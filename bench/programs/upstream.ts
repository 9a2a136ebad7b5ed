// A GOPROXY on loopback with modules that exist nowhere else.
//
// - example.com/hung/ANYTHING: no answer, ever.
// - all other modules below example.com: `.info`, `.mod`, `@v/list` with v1.0.0, and a little `.zip`, made up when asked for;
//   the `.zip` is a file where `zips` names one.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { zip } from '@gomodkit/core';
import { answerLines } from './answer-lines.ts';
import { listen } from './listen.ts';

/** What there is. */
export interface UpstreamRequest {
  readonly op: 'serve';
  /** Files by `PATH@VERSION`. */
  readonly zips: Readonly<Record<string, string>>;
}

const request = /^\/(?<path>example\.com\/.+)\/@v\/(?:list|(?<version>v[^/]+)\.(?<kind>info|mod|zip))$/;

const small: Readonly<Record<string, (path: string, version: string) => string | Promise<Uint8Array>>> = {
  info: (_, version) => JSON.stringify({ Version: version, Time: '2024-01-02T03:04:05Z' }),
  mod: (path) => `module ${path}\n`,
  zip: smallZip,
  list: () => 'v1.0.0\n',
};

await answerLines({
  serve({ zips }: UpstreamRequest) {
    const server = createServer(async ({ url = '', method }, response) => {
      const { path = '', version = '', kind = 'list' } = request.exec(url)?.groups ?? {};
      if (path.startsWith('example.com/hung/')) return;
      const file = zips[`${path}@${version}`];
      if (kind === 'zip' && file !== undefined) return sendFile(response, file, method === 'HEAD');
      const body = path === '' ? undefined : await small[kind]?.(path, version);
      if (body === undefined) return response.writeHead(404).end('not found: no such module\n');
      response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
    });
    return listen(server);
  },
});

async function smallZip(path: string, version: string): Promise<Uint8Array> {
  const goMod = new TextEncoder().encode(`module ${path}\n`);
  const source = new TextEncoder().encode('package m\n');
  const files = [zip.sourceFile('go.mod', goMod), zip.sourceFile('m.go', source)];
  return new Uint8Array(await new Response(zip.createZip({ path, version }, files)).arrayBuffer());
}

async function sendFile(response: ServerResponse, file: string, headOnly: boolean): Promise<void> {
  const { size } = await stat(file);
  response.writeHead(200, { 'content-type': 'application/zip', 'content-length': size });
  if (headOnly) response.end();
  else createReadStream(file, { highWaterMark: 256 * 1024 }).pipe(response);
}
