// One Request answered with one Response.
//
// Invariants:
// - Back-pressure and cancel reach the handler's own stream; a body of another length than announced fails.
// - Never rejects.

import type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';
import { answer, discard, internalError, report } from '../shared/answer.ts';
import type { AdapterOptions } from '../shared/options.ts';
import { bodyReadBefore } from '../shared/read-body.ts';
import { exactBody } from './exact-body.ts';

/** Asks `handler` for the answer to `request`, whose target below the mount point is `url`. */
export async function respond(
  handler: Handler,
  incoming: Request,
  url: string,
  options: AdapterOptions,
): Promise<Response> {
  const { method, headers, signal } = incoming;
  const request: HandlerRequest = {
    method,
    url,
    headers,
    signal,
    // Some runtimes make the stream when it is looked at.
    get body() {
      return incoming.bodyUsed ? bodyReadBefore() : incoming.body;
    },
  };
  const answered = await answer(handler, request, options);
  try {
    return toResponse(answered, (error) => report(options, error, request));
  } catch (error) {
    // Fetch refuses some statuses and header values that a handler may come up with.
    report(options, error, request);
    discard(answered.body, error);
    return toResponse(internalError(method), () => {});
  }
}

function toResponse({ status, headers, body }: HandlerResponse, failed: (error: unknown) => void): Response {
  const sent = body instanceof ReadableStream ? exactBody(body, headers['content-length'], failed) : body;
  return new Response(sent as ConstructorParameters<typeof Response>[0], { status, headers });
}
