// Files as responses: validators, 304, ranges, HEAD.
//
// Invariants:
// - HEAD has the status and headers of GET and opens nothing.
// - Headers come from tables and checked values: nothing that a source said can end a header line.
// - `content-length` is always known and always true.

import type { GetOptions, StoredObject } from '../storage/storage.ts';
import { type CacheClass, type CacheScope, type HeaderBag, setCacheHeaders } from './cache-control.ts';
import { allowsRange, isNotModified, quoteEtag, type Validators } from './conditional.ts';
import type { HandlerRequest, HandlerResponse } from './handler.ts';
import { parseRange } from './range.ts';
import { respondText } from './refusal.ts';

/** What is answered, before the request's conditions are looked at. */
export interface Answer {
  readonly contentType: string;
  readonly cache: CacheClass;
  readonly size: number;
  /** Unquoted. */
  readonly etag?: string | undefined;
  readonly modified?: Date | undefined;
  /** The bytes where they are at hand, else how to open them. */
  readonly body: Uint8Array | ((options: GetOptions) => Promise<StoredObject>);
}

/** Answers a GET or HEAD with a file. */
export function respondFile(
  answer: Answer,
  request: HandlerRequest,
  scope: CacheScope,
): HandlerResponse | Promise<HandlerResponse> {
  const validators: Validators = {
    etag: answer.etag === undefined ? undefined : quoteEtag(answer.etag),
    lastModified: httpDate(answer.modified),
  };
  const headers: HeaderBag = {};
  setCacheHeaders(headers, scope, answer.cache);
  if (validators.etag !== undefined) headers.etag = validators.etag;
  if (validators.lastModified !== undefined) headers['last-modified'] = validators.lastModified;
  if (isNotModified(request.headers, validators)) return { status: 304, headers, body: null };
  headers['content-type'] = answer.contentType;
  headers['content-length'] = String(answer.size);
  if (typeof answer.body === 'function')
    return respondStream(answer.body, answer.size, headers, validators, request, scope);
  return { status: 200, headers, body: request.method === 'HEAD' ? null : answer.body };
}

async function respondStream(
  open: (options: GetOptions) => Promise<StoredObject>,
  size: number,
  headers: HeaderBag,
  validators: Validators,
  request: HandlerRequest,
  scope: CacheScope,
): Promise<HandlerResponse> {
  headers['accept-ranges'] = 'bytes';
  // A range is defined for GET alone (RFC 9110 §14.2).
  if (request.method === 'HEAD') return { status: 200, headers, body: null };
  const wanted = request.headers.get('range');
  const range = wanted === null || !allowsRange(request.headers, validators) ? 'whole' : parseRange(wanted, size);
  if (range === 'unsatisfiable') return unsatisfiable(size, scope);
  if (range === 'whole') return { status: 200, headers, body: await openExactly(open, 0, size, request, false) };
  headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${size}`;
  headers['content-length'] = String(range.end - range.start);
  return { status: 206, headers, body: await openExactly(open, range.start, range.end, request, true) };
}

/** Opens the bytes, and checks that the storage opened the ones that the headers announce. */
async function openExactly(
  open: (options: GetOptions) => Promise<StoredObject>,
  start: number,
  end: number,
  request: HandlerRequest,
  partial: boolean,
): Promise<ReadableStream<Uint8Array>> {
  const { body, range } = await open({ signal: request.signal, range: partial ? { start, end } : undefined });
  if (range.start === start && range.end === end) return body;
  await body.cancel();
  throw new Error(`storage opened bytes ${range.start}-${range.end} of a zip where ${start}-${end} was announced`);
}

function unsatisfiable(size: number, scope: CacheScope): HandlerResponse {
  return respondText(
    {
      status: 416,
      text: `range not satisfiable: the zip has ${size} bytes`,
      cache: 'no-store',
      headers: { 'content-range': `bytes */${size}` },
    },
    scope,
    false,
  );
}

function httpDate(date: Date | undefined): string | undefined {
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toUTCString();
}
