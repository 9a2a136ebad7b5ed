// Koa 2 and 3.
//
// Koa's own way of sending (`ctx.body`) ends a response cleanly or leaves it hanging when a stream fails, so the answer goes over
// `ctx.res` with `ctx.respond = false`. Headers that earlier middleware set are kept; later steps see `ctx.status`.

import type { Handler } from '@gomodkit/core/protocol';
import { exchangeWith, type Next } from '../node/exchange.ts';
import type { NodeRequest, NodeResponse } from '../node/message.ts';
import type { MountOptions } from '../shared/options.ts';

/** What is needed of Koa's `Context`. */
export interface KoaContext {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly originalUrl: string;
  respond?: boolean | undefined;
}

/** A middleware for `app.use` and `mount`. It resolves when the whole answer is handed over. */
export type KoaMiddleware = (ctx: KoaContext, next: Next) => Promise<void>;

/**
 * A Koa middleware that answers with `handler`: every request, or those below `prefix`, passing the others on. With `koa-mount`,
 * which strips the path itself, leave `prefix` out; for a handler made with a base path of its own, say `originalUrl: true`.
 *
 * @throws GoModKitError `invalid_argument` for a `prefix` that no request can have.
 *
 * @example
 * ```ts
 * import type { Handler } from '@gomodkit/core';
 * import { toKoaMiddleware } from '@gomodkit/http-handler/koa';
 * import Koa from 'koa';
 *
 * export function listen(handler: Handler): void {
 *   const app = new Koa();
 *   app.use(toKoaMiddleware(handler, { prefix: '/go' })); // GOPROXY=http://127.0.0.1:3000/go
 *   app.listen(3000, '127.0.0.1');
 * }
 * ```
 */
export function toKoaMiddleware(handler: Handler, options: MountOptions = {}): KoaMiddleware {
  const exchange = exchangeWith(handler, options);
  return (ctx, next) => {
    const target = (options.originalUrl ? ctx.originalUrl : ctx.req.url) ?? '/';
    ctx.respond = false;
    return exchange(ctx.req, ctx.res, target, () => {
      ctx.respond = true;
      return next();
    });
  };
}
