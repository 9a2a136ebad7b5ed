// Fastify 4 and 5.
//
// The reply is hijacked and answered over `reply.raw`: Fastify's own sending cannot say that a stream failed after the head. What
// hooks have set with `reply.header` is kept. The plugin is encapsulated: its content type parsers (none, so that a body is neither
// read nor refused before the handler refuses it) do not touch the rest of the application.

import type { Handler } from '@gomodkit/core/protocol';
import { exchangeWith } from '../node/exchange.ts';
import type { NodeRequest, NodeResponse } from '../node/message.ts';
import type { MountOptions } from '../shared/options.ts';
import { stripElements } from '../shared/prefix.ts';

/** What is needed of Fastify's `FastifyInstance`. */
export interface FastifyScope {
  readonly prefix: string;
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: '*',
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
  all(url: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<void>): unknown;
}

/** What is needed of Fastify's `FastifyRequest`. */
export interface FastifyRequest {
  readonly raw: NodeRequest;
  readonly originalUrl: string;
}

/** What is needed of Fastify's `FastifyReply`. */
export interface FastifyReply {
  readonly raw: NodeResponse & { setHeader(name: string, value: number | string | readonly string[]): unknown };
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
  hijack(): unknown;
}

/** A plugin for `app.register(plugin, { prefix })`. */
export type FastifyPlugin = (scope: FastifyScope, options: unknown, done: () => void) => void;

/**
 * A Fastify plugin that answers with `handler`, below the `prefix` that it is registered with. For a handler made with a base path
 * of its own, say `originalUrl: true`.
 *
 * Some requests never reach the handler: Fastify itself answers 404 for methods it does not route, and 400 for a target with a
 * broken percent escape (the handler would say 404 with the reason).
 *
 * @throws GoModKitError `invalid_argument` for a `prefix` that no request can have.
 *
 * @example
 * ```ts
 * import type { Handler } from '@gomodkit/core';
 * import { toFastifyPlugin } from '@gomodkit/http-handler/fastify';
 * import fastify from 'fastify';
 *
 * export async function listen(handler: Handler): Promise<void> {
 *   const app = fastify();
 *   await app.register(toFastifyPlugin(handler), { prefix: '/go' }); // GOPROXY=http://127.0.0.1:3000/go
 *   await app.listen({ port: 3000, host: '127.0.0.1' });
 * }
 * ```
 */
export function toFastifyPlugin(handler: Handler, options: MountOptions = {}): FastifyPlugin {
  const exchange = exchangeWith(handler, options);
  return (scope, _, done) => {
    // The mount path may have parameters (`/:tenant/go`), so it is cut off by its number of elements.
    const elements = scope.prefix.split('/').filter((element) => element !== '').length;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    scope.all('/*', async (request, reply) => {
      const { url = '/' } = request.raw;
      const target = options.originalUrl ? request.originalUrl : (stripElements(url, elements) ?? url);
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      reply.hijack();
      await exchange(request.raw, reply.raw, target);
    });
    done();
  };
}
