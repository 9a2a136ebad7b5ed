// An upstream with module zips that are too large for memory: they are streamed from files.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** An upstream that runs. */
export interface FileUpstream {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves modules whose zips are files, by `PATH@VERSION`; their go.mod has the `module` line alone. */
export async function startFileUpstream(zips: Readonly<Record<string, string>>): Promise<FileUpstream> {
  const server = createServer(async (request, response) => {
    const [, path = '', version = '', kind] = /^\/(.+)\/@v\/(.+)\.(info|mod|zip)$/.exec(request.url ?? '') ?? [];
    const file = zips[`${path}@${version}`];
    if (file === undefined) return response.writeHead(404).end('not found');
    if (kind === 'info') return response.end(JSON.stringify({ Version: version, Time: '2024-01-02T03:04:05Z' }));
    if (kind === 'mod') return response.end(`module ${path}\n`);
    response.setHeader('content-length', (await stat(file)).size);
    return pipeline(createReadStream(file), response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
