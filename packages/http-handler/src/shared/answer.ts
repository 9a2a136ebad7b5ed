// What goes over the wire for what a handler answered: the part that is the same for every server.
//
// Invariants:
// - HEAD, 204 and 304 have no body, whatever the handler gave; a stream that is not sent is cancelled.
// - A body of known length is announced with that length, and one that is absent with 0: a keep-alive client never waits for bytes
//   that do not come.
// - Texts of errors never leave.

import type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';
import type { AdapterOptions } from './options.ts';

/** Asks `handler` and makes its answer fit for the wire. A handler that rejects all the same becomes a 500. */
export async function answer(
  handler: Handler,
  request: HandlerRequest,
  options: AdapterOptions,
): Promise<HandlerResponse> {
  try {
    return wire(request.method, await handler(request));
  } catch (error) {
    report(options, error, request);
    return internalError(request.method);
  }
}

/** The answer to a request outside the mount path where nobody else can take it. */
export function outsidePrefix(method: string, prefix: string): HandlerResponse {
  return wire(method, plainText(404, `not found: nothing is served outside ${prefix}\n`));
}

/** The answer where something failed that should not be able to. */
export function internalError(method: string): HandlerResponse {
  return wire(method, plainText(500, 'internal error\n'));
}

/** Tells `onError`, whose own failures must not become ours. */
export function report(options: AdapterOptions, error: unknown, request: HandlerRequest): void {
  try {
    options.onError?.(error, request);
  } catch {
    // An error handler that fails has nobody left to tell.
  }
}

/** Cancels a body that nobody reads. */
export function discard(body: HandlerResponse['body'], reason: unknown): void {
  // The stream may refuse (locked, failed); there is nothing left to release then.
  if (body instanceof ReadableStream) body.cancel(reason).catch(() => {});
}

function wire(method: string, response: HandlerResponse): HandlerResponse {
  const { status, headers, body } = response;
  if (method === 'HEAD' || status === 204 || status === 304) {
    discard(body, 'the answer has no body');
    const length =
      body instanceof Uint8Array && status !== 204 ? (headers['content-length'] ?? body.length) : undefined;
    return { status, headers: withLength(headers, length), body: null };
  }
  if (body instanceof ReadableStream) return response;
  return { status, headers: withLength(headers, body === null ? 0 : body.length), body };
}

function withLength(
  headers: HandlerResponse['headers'],
  length: number | string | undefined,
): HandlerResponse['headers'] {
  const text = length === undefined ? headers['content-length'] : String(length);
  if (headers['content-length'] === text || text === undefined) return headers;
  return { ...headers, 'content-length': text };
}

function plainText(status: number, text: string): HandlerResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return { status, headers, body: new TextEncoder().encode(text) };
}
