// The proxy on a loopback port.
//
// Invariant: close() ends every connection, whatever hangs on it.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';
import { toNodeListener } from '@gomodkit/http-handler/node';
import type { Decider } from './outcome.ts';

/** A server that listens. */
export interface Listening {
  /** Without a trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves what `decide` decides on a free port of 127.0.0.1. */
export async function listen(decide: Decider): Promise<Listening> {
  const server = createServer((req, res) => toNodeListener(handlerFor(decide, req, res))(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => shut(server),
  };
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** A handler for one request, which can also end its connection. */
function handlerFor(decide: Decider, req: IncomingMessage, res: ServerResponse): Handler {
  return async (request) => {
    const outcome = await decide(request);
    if (outcome.type === 'answer') return outcome.response;
    if (outcome.type === 'reset') req.socket.resetAndDestroy();
    else await truncate(res, outcome.response, outcome.body);
    await gone(request);
    return nobodyReads;
  };
}

/** Sends a head and a part of its body, and closes the connection once that part is on its way. */
function truncate(res: ServerResponse, { status, headers }: HandlerResponse, part: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    res.writeHead(status, { ...headers });
    res.flushHeaders();
    res.write(part, () => {
      // Not before the part has left: destroying at once would drop it.
      res.socket?.end(() => res.destroy());
      resolve();
    });
  });
}

/** Resolves when the client is gone, in which case the adapter drops whatever it is given. */
function gone({ signal }: HandlerRequest): Promise<void> {
  return new Promise((resolve) => {
    if (signal === undefined || signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}

const nobodyReads: HandlerResponse = { status: 500, headers: {}, body: null };
