// A handler on a free port of this machine.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';

/** A handler that answers at a URL. */
export interface ServedHandler {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a handler over HTTP. */
export async function serveHandler(handler: Handler): Promise<ServedHandler> {
  const server = createServer(toNodeListener(handler));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
