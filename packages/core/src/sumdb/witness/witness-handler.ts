// A witness as HTTP: neutral request in, neutral response out, no socket (C2SP tlog-witness; formats.md §5).
//
// Invariants:
// - Every refusal has the status of the protocol and a line of text; internal texts never leave.
// - A body is read up to a limit, and only where a request has one.
// - It never rejects.

import { readAll } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { type ErrorCode, GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { tell } from '../../errors/tell.ts';
import { orAborted } from '../../storage/plugin.ts';
import type { Witness } from './witness.ts';

/** What the handler needs of a request. A Fetch `Request` is one as it is. */
export interface WitnessRequest {
  readonly method: string;
  /** The raw request target, or an absolute URL. */
  readonly url: string;
  readonly body?: ReadableStream<Uint8Array> | Uint8Array | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the handler answers. Names of headers are lower case. */
export interface WitnessResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Options of {@link createWitnessHandler}. */
export interface WitnessHandlerOptions {
  readonly witness: Witness;
  /** What stands before `/add-checkpoint`, such as `/witness`. Default: nothing. */
  readonly basePath?: string | undefined;
  /** The most bytes of a request. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
  /** Told of failures that the client is told little of. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Status and, where it is not the error's own, what is said. */
const answers: Readonly<Partial<Record<ErrorCode, number>>> = {
  bad_request: 400,
  denied: 403,
  not_found: 404,
  conflict: 409,
  limit_exceeded: 413,
  invalid_log: 422,
};

/**
 * Serves `POST /add-checkpoint`, and `GET /SHA-256-OF-ORIGIN/checkpoint` for monitors.
 *
 * @example
 * ```ts
 * import { createWitnessHandler, type Witness } from '@gomodkit/core/sumdb';
 *
 * declare const witness: Witness;
 * const handle = createWitnessHandler({ witness, basePath: '/witness' });
 * const answer = async (request: Request): Promise<Response> => {
 *   const { status, headers, body } = await handle(request);
 *   return new Response(new Uint8Array(body), { status, headers });
 * };
 * ```
 */
export function createWitnessHandler(
  options: WitnessHandlerOptions,
): (request: WitnessRequest) => Promise<WitnessResponse> {
  return async (request) => {
    try {
      return await route(request, options);
    } catch (error) {
      return refusal(error, options.onError);
    }
  };
}

async function route(request: WitnessRequest, options: WitnessHandlerOptions): Promise<WitnessResponse> {
  const { witness, basePath = '', maxBytes = 256 * 1024 } = options;
  const { method, signal } = request;
  const path = pathOf(request.url);
  const rest = path.startsWith(`${basePath}/`) ? path.slice(basePath.length + 1) : '';
  if (rest === 'add-checkpoint') {
    if (method !== 'POST') return text(405, 'add-checkpoint is asked with POST\n', { allow: 'POST' });
    const body = await bodyOf(request, maxBytes);
    return text(200, await witness.addCheckpoint(body, { signal }));
  }
  const [, hash] = /^([0-9a-f]{64})\/checkpoint$/.exec(rest) ?? [];
  if (hash === undefined) return text(404, 'a witness: POST add-checkpoint, GET SHA-256-OF-ORIGIN/checkpoint\n');
  if (method !== 'GET' && method !== 'HEAD')
    return text(405, 'checkpoints are read with GET\n', { allow: 'GET, HEAD' });
  const checkpoint = await witness.checkpoint(hash, { signal });
  if (checkpoint === undefined) return text(404, 'no checkpoint of such a log was cosigned here\n');
  const answer = text(200, checkpoint, { 'cache-control': 'no-cache' });
  return method === 'HEAD' ? { ...answer, body: new Uint8Array(0) } : answer;
}

/** The path of a request target or URL, as it is, without its query. */
function pathOf(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
}

async function bodyOf({ body, signal }: WitnessRequest, limit: number): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (!(body instanceof Uint8Array)) return orAborted(readAll(body, limit), signal);
  if (body.length <= limit) return body;
  throw new GoModKitError('limit_exceeded', `more than ${limit} bytes`, { data: { limit } });
}

function refusal(error: unknown, onError: ((error: unknown) => void) | undefined): WitnessResponse {
  if (isGoModKitError(error, 'conflict')) {
    return text(409, `${String(error.data.size)}\n`, { 'content-type': 'text/x.tlog.size' });
  }
  const status = isGoModKitError(error) ? answers[error.code] : undefined;
  if (status !== undefined) return text(status, `${(error as Error).message}\n`);
  tell(onError, error);
  return text(503, 'the witness cannot answer now; nothing was cosigned\n', { 'retry-after': '5' });
}

function text(status: number, content: string, headers: Readonly<Record<string, string>> = {}): WitnessResponse {
  const body = encodeUtf8(content);
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(body.length), ...headers },
    body,
  };
}
