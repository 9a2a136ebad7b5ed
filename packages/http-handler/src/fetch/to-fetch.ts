// Fetch: Workers, Bun, Deno, and whatever else speaks Request and Response.

import type { Handler } from '@gomodkit/core/protocol';
import { outsidePrefix } from '../shared/answer.ts';
import type { AdapterOptions } from '../shared/options.ts';
import { parsePrefix, stripPrefix } from '../shared/prefix.ts';
import { respond } from './respond.ts';

/**
 * A function from `Request` to `Response` that answers with `handler`.
 *
 * The runtime's `Request` has already collapsed `..` and `%2e%2e` in the URL, so that refusals of those cannot be seen here; what
 * is left is refused or answered as any other path. When the client leaves, the runtime cancels the body stream and, where it
 * supports that, aborts `request.signal`.
 *
 * @throws GoModKitError `invalid_argument` for a `prefix` that no request can have.
 *
 * @example
 * ```ts
 * import type { Handler } from '@gomodkit/core';
 * import { toFetch } from '@gomodkit/http-handler/fetch';
 *
 * // A Worker: `export default worker(handler)`. Bun: `Bun.serve({ fetch })`. Deno: `Deno.serve(fetch)`.
 * export function worker(handler: Handler): { fetch(request: Request): Promise<Response> } {
 *   return { fetch: toFetch(handler) };
 * }
 * ```
 */
export function toFetch(handler: Handler, options: AdapterOptions = {}): (request: Request) => Promise<Response> {
  const prefix = parsePrefix(options.prefix);
  const outside: Handler = async ({ method }) => outsidePrefix(method, prefix);
  return (request) => {
    const url = stripPrefix(request.url, prefix);
    return url === undefined
      ? respond(outside, request, request.url, options)
      : respond(handler, request, url, options);
  };
}
