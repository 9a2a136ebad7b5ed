// One request answered over Node's own request and response: the core of every adapter that runs on node:http or node:http2.
//
// Invariants:
// - The handler sees the raw target; no Request, Response or URL is built (they cost four fifths of the throughput of warm hits).
// - A small answer is one end(): head and body leave in one write.
// - A body is read only as fast as the client takes it, and is cancelled when the client leaves.
// - A body that fails, or has another length than announced, ends the connection: a clean end would make a truncated body look
//   whole. One that fails before its first byte is a 500.
// - A body is read only if the handler reads it. Where that is not to its end the answer says `connection: close`, so that what is left
//   of it is never taken for the next request.
// - Nothing here rejects or throws.

import type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';
import { answer, discard, internalError, outsidePrefix, report } from '../shared/answer.ts';
import type { AdapterOptions } from '../shared/options.ts';
import { parsePrefix, stripPrefix } from '../shared/prefix.ts';
import { type Client, watchClient } from './client.ts';
import type { NodeRequest, NodeResponse } from './message.ts';
import { requestBody } from './request-body.ts';
import { type Head, sendStream } from './send-stream.ts';

/** Answers a request whose target, as far as the framework has not cut it already, is `target`. Never rejects. */
export type Exchange = (req: NodeRequest, res: NodeResponse, target: string, next?: Next) => Promise<void>;

/** Passes a request on to whoever comes next. */
export type Next = () => unknown;

const HTTP2_INTERNAL_ERROR = 2;

/** What answers with `handler`, below `options.prefix` if there is one. */
export function exchangeWith(handler: Handler, options: AdapterOptions): Exchange {
  const prefix = parsePrefix(options.prefix);
  return async (req, res, target, next) => {
    const url = stripPrefix(target, prefix);
    if (url !== undefined) return exchange(handler, req, res, url, options);
    if (next !== undefined) await next();
    else await exchange(async ({ method }) => outsidePrefix(method, prefix), req, res, target, options);
  };
}

async function exchange(
  handler: Handler,
  req: NodeRequest,
  res: NodeResponse,
  url: string,
  options: AdapterOptions,
): Promise<void> {
  const client = watchClient(req, res);
  const request = toHandlerRequest(req, url, client);
  const { status, headers, body } = await answer(handler, request, options);
  const unread = announcesBody(req) && req.readableEnded !== true;
  // Dropped as it comes, so that a client which sends before it reads gets to read.
  if (unread) req.resume();
  try {
    if (client.left) return discard(body, client.signal.reason);
    const head = { status, headers: connectionHeaders(headers, unread, req.httpVersionMajor) };
    if (body instanceof ReadableStream) await sendStream(res, head, body.getReader(), client);
    else sendBytes(res, head, body);
  } catch (error) {
    report(options, error, request);
    discard(body, error);
    giveUp(res, request.method);
  }
}

function toHandlerRequest(req: NodeRequest, url: string, client: Client): HandlerRequest {
  const { method = 'GET', headers } = req;
  let body: ReadableStream<Uint8Array> | undefined;
  return {
    method,
    url,
    headers: {
      get(name) {
        const value = headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : (value ?? null);
      },
    },
    get signal() {
      return client.signal;
    },
    get body() {
      if (!announcesBody(req)) return null;
      body ??= requestBody(req, client);
      return body;
    },
  };
}

function announcesBody({ headers, stream }: NodeRequest): boolean {
  if (stream?.endAfterHeaders !== undefined) return !stream.endAfterHeaders;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** HTTP/2 has no `connection` header: its streams end one by one. */
function connectionHeaders(
  headers: HandlerResponse['headers'],
  close: boolean,
  version: number,
): Record<string, string> {
  const { connection, ...others } = headers;
  if (version > 1) return others;
  if (close) return { ...others, connection: 'close' };
  return connection === undefined ? others : { ...others, connection };
}

function sendBytes(res: NodeResponse, { status, headers }: Head, body: Uint8Array | null): void {
  res.writeHead(status, headers);
  if (body === null) res.end();
  else res.end(body);
}

/** Ends a response that cannot be given as promised. */
function giveUp(res: NodeResponse, method: string): void {
  if (!res.headersSent) {
    const { status, headers, body } = internalError(method);
    sendBytes(res, { status, headers: { ...headers } }, body as Uint8Array | null);
  } else if (res.stream === undefined) {
    res.destroy();
  } else {
    res.stream.close(HTTP2_INTERNAL_ERROR);
  }
}
