// Requests and answers for tests of the handler.

import { readAll } from '../../bytes/source.ts';
import type { Handler, HandlerRequest, HandlerResponse } from '../handler.ts';

/** A request with a raw target, as a Node adapter makes it. */
export function request(
  target: string,
  headers: Readonly<Record<string, string>> = {},
  more: { readonly method?: string; readonly signal?: AbortSignal } = {},
): HandlerRequest {
  return {
    method: more.method ?? 'GET',
    url: target,
    headers: { get: (name) => headers[name] ?? null },
    ...(more.signal === undefined ? {} : { signal: more.signal }),
  };
}

/** An answer with its body read. */
export interface Read extends HandlerResponse {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Asks and reads. */
export async function ask(handler: Handler, asked: HandlerRequest | string): Promise<Read> {
  const response = await handler(typeof asked === 'string' ? request(asked) : asked);
  return read(response);
}

/** Reads the body of an answer. */
export async function read(response: HandlerResponse): Promise<Read> {
  const { body } = response;
  const bytes = body === null ? new Uint8Array(0) : body instanceof Uint8Array ? body : await readAll(body);
  return { ...response, bytes, text: new TextDecoder().decode(bytes) };
}
