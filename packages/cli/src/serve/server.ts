// The HTTP server of `gomodkit serve`: one node:http server, request log, graceful shutdown.
//
// Invariants:
// - After stop() no new connection is accepted; requests under way finish, up to the grace period, then their sockets are closed.
// - The log of a request is written when its response is over, one line each, at debug; it costs nothing at other levels.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GoModKitError, type Handler } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';
import type { Logger } from 'pino';
import type { ListenAddress } from './listen-address.ts';

/** A server that listens. */
export interface RunningServer {
  /** The address with the port that was really opened. */
  readonly address: ListenAddress;
  /** Finishes running downloads within `graceMilliseconds`; resolves when every connection is closed. */
  stop(graceMilliseconds: number): Promise<void>;
}

/** Starts a server. Rejects with `invalid_argument` when the address cannot be used. */
export async function startServer(handler: Handler, address: ListenAddress, log: Logger): Promise<RunningServer> {
  const listener = toNodeListener(handler);
  const server = createServer(log.isLevelEnabled('debug') ? logged(listener, log) : listener);
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  return { address: { ...address, port }, stop: (grace) => stop(server, grace, log) };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

function logged(listener: Listener, log: Logger): Listener {
  return (request, response) => {
    const from = performance.now();
    response.once('close', () => {
      log.debug(
        {
          method: request.method,
          // The query is nothing of the protocol's, and a place where people put secrets.
          target: request.url?.split('?', 1)[0],
          status: response.statusCode,
          milliseconds: Math.round((performance.now() - from) * 10) / 10,
          ...(response.writableFinished ? {} : { aborted: true }),
        },
        'request',
      );
    });
    listener(request, response);
  };
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'this user may not open that port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = reasons[cause.code ?? ''] ?? cause.message;
      reject(
        new GoModKitError(
          'invalid_argument',
          `cannot listen on ${host}:${port}: ${reason}; choose another with --listen`,
          {
            cause,
          },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

function stop(server: Server, grace: number, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      log.warn('closing connections that are still busy');
      server.closeAllConnections();
    }, grace);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(idle);
      resolve();
    });
    // Again and again, as connections that are busy now would idle for seconds after their answer.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.closeIdleConnections();
  });
}
