// node:http, node:https and node:http2 (its compatibility layer), and everything that takes (req, res, next) functions.

import type { Handler } from '@gomodkit/core/protocol';
import type { AdapterOptions } from '../shared/options.ts';
import { exchangeWith, type Next } from './exchange.ts';
import type { NodeRequest, NodeResponse } from './message.ts';

/** A `request` listener; called with a third argument (connect style), it passes on what is outside its prefix. */
export type NodeListener = (req: NodeRequest, res: NodeResponse, next?: Next) => void;

/**
 * A listener for `http.createServer` that answers with `handler`.
 *
 * The handler sees the raw request target. `request.signal` aborts, and a body that is being sent is cancelled, when the client
 * leaves. A body that fails half-way closes the connection. Requests with a body are answered and their connection is closed.
 *
 * @throws GoModKitError `invalid_argument` for a `prefix` that no request can have.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import type { Handler } from '@gomodkit/core';
 * import { toNodeListener } from '@gomodkit/http-handler/node';
 *
 * export function listen(handler: Handler): void {
 *   createServer(toNodeListener(handler)).listen(3000, '127.0.0.1');
 * }
 * ```
 */
export function toNodeListener(handler: Handler, options: AdapterOptions = {}): NodeListener {
  const exchange = exchangeWith(handler, options);
  return (req, res, next) => {
    void exchange(req, res, req.url ?? '/', next);
  };
}
