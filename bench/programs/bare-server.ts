// A server that knows nothing: it answers one path with the bytes and headers that it was given. What no proxy in this runtime can beat.

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { answerLines } from './answer-lines.ts';
import { listen } from './listen.ts';

/** What to answer. */
export interface BareRequest {
  readonly op: 'serve';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The file with the bytes. */
  readonly file: string;
  /** Where the bytes are at each request. */
  readonly from: 'memory' | 'disk';
}

await answerLines({
  async serve({ path, headers, file, from }: BareRequest) {
    const bytes = await readFile(file);
    const server = createServer(async (request, response) => {
      if (request.url !== path) return response.writeHead(404).end();
      if (from === 'memory') return response.writeHead(200, headers).end(bytes);
      // What a careful static server does: the length comes from the file of this request.
      const { size } = await stat(file);
      response.writeHead(200, { ...headers, 'content-length': String(size) });
      return createReadStream(file).pipe(response);
    });
    return listen(server);
  },
});
