// Express 4 and 5.
//
// `app.use('/go', …)` takes `/go` off `req.url` and keeps the whole target in `req.originalUrl`; both stay raw.

import type { Handler } from '@gomodkit/core/protocol';
import { exchangeWith, type Next } from '../node/exchange.ts';
import type { NodeRequest, NodeResponse } from '../node/message.ts';
import type { MountOptions } from '../shared/options.ts';

/** What is needed of Express's `Request`. */
export interface ExpressRequest extends NodeRequest {
  readonly originalUrl: string;
  /** The mount path as it was matched. */
  readonly baseUrl: string;
}

/** A request handler for `app.use` and `router.use`. */
export type ExpressHandler = (req: ExpressRequest, res: NodeResponse, next: Next) => void;

/**
 * An Express handler that answers with `handler`. Mounted under a path it needs no option, as Express strips the path; for a
 * handler made with a base path of its own, say `originalUrl: true`. Use it before body parsers, and not inside `compression`:
 * module zips are compressed already.
 *
 * @throws GoModKitError `invalid_argument` for a `prefix` that no request can have.
 *
 * @example
 * ```ts
 * import type { Handler } from '@gomodkit/core';
 * import { toExpressHandler } from '@gomodkit/http-handler/express';
 * import express from 'express';
 *
 * export function listen(handler: Handler): void {
 *   const app = express();
 *   app.use('/go', toExpressHandler(handler)); // GOPROXY=http://127.0.0.1:3000/go
 *   app.listen(3000, '127.0.0.1');
 * }
 * ```
 */
export function toExpressHandler(handler: Handler, options: MountOptions = {}): ExpressHandler {
  const exchange = exchangeWith(handler, options);
  return (req, res, next) => {
    void exchange(req, res, options.originalUrl ? req.originalUrl : belowMount(req), next);
  };
}

/** Express 4 takes `/go/` off `/go//x`; the handler is to see, and to refuse, `//x`. */
function belowMount({ originalUrl, baseUrl, url = '/' }: ExpressRequest): string {
  return originalUrl === `${baseUrl}/${url}` ? `/${url}` : url;
}
