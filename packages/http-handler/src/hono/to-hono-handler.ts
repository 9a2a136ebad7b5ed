// Hono 4, on any runtime.
//
// On @hono/node-server the raw request target is at hand beside the Request, whose URL has lost it; it is used where both mean the
// same request.

import type { Handler } from '@gomodkit/core/protocol';
import { respond } from '../fetch/respond.ts';
import type { Next } from '../node/exchange.ts';
import type { AdapterOptions } from '../shared/options.ts';
import { parsePrefix, stripPrefix } from '../shared/prefix.ts';

/** What is needed of Hono's `Context`. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  /** On @hono/node-server: `{ incoming, outgoing }`. */
  readonly env?: unknown;
}

/** A handler for `app.all` and `app.use`. */
export type HonoHandler = (context: HonoContext, next: Next) => Promise<Response | undefined>;

/**
 * A Hono handler that answers with `handler`. Hono keeps the whole URL, in `app.route` too, so say `prefix` where it is mounted,
 * unless the handler was made with a base path of its own. (`app.mount('/go', toFetch(handler))` works as well; it cannot see raw
 * targets.)
 *
 * @throws GoModKitError `invalid_argument` for a `prefix` that no request can have.
 *
 * @example
 * ```ts
 * import type { Handler } from '@gomodkit/core';
 * import { toHonoHandler } from '@gomodkit/http-handler/hono';
 * import { Hono } from 'hono';
 *
 * export function application(handler: Handler): Hono {
 *   const app = new Hono();
 *   app.all('/go/*', toHonoHandler(handler, { prefix: '/go' })); // GOPROXY=http://127.0.0.1:3000/go
 *   return app;
 * }
 * ```
 */
export function toHonoHandler(handler: Handler, options: AdapterOptions = {}): HonoHandler {
  const prefix = parsePrefix(options.prefix);
  return async ({ req, env }, next) => {
    const request = req.raw;
    const url = stripPrefix(rawTarget(env, request.url) ?? request.url, prefix);
    if (url !== undefined) return respond(handler, request, url, options);
    await next();
    return undefined;
  };
}

/** The target as the client sent it, if it names what `url` names: `app.mount` of a parent may have cut `url`. */
function rawTarget(env: unknown, url: string): string | undefined {
  const target = (env as { incoming?: { url?: unknown } } | undefined)?.incoming?.url;
  if (typeof target !== 'string' || !target.startsWith('/') || url.endsWith(target)) return undefined;
  const { origin, href } = new URL(url);
  return URL.canParse(origin + target) && new URL(origin + target).href === href ? target : undefined;
}
