// Files as responses: validators, 304, 412, ranges, HEAD.
//
// Invariants:
// - HEAD has the status and headers of a GET that is not redirected, and opens nothing.
// - Headers come from tables and checked values: nothing that a source said can end a header line.
// - `content-length` is always known and always true.

import type { ZipFile } from '../repository/repository.ts';
import type { GetOptions, StoredObject } from '../storage/storage.ts';
import { type CacheClass, type CacheScope, type HeaderBag, setCacheHeaders } from './cache-control.ts';
import { allowsRange, isNotModified, isOther, quoteEtag, type Validators } from './conditional.ts';
import type { HandlerRequest, HandlerResponse } from './handler.ts';
import { type ByteRange, parseRange, type RangeRequest } from './range.ts';
import { respondText, type TextAnswer } from './refusal.ts';
import { respondRedirect } from './zip-redirect.ts';

/** What is answered, before the request's conditions are looked at. */
export interface Answer {
  readonly contentType: string;
  readonly cache: CacheClass;
  readonly size: number;
  /** Unquoted. */
  readonly etag?: string | undefined;
  readonly modified?: Date | undefined;
  /** Further headers, of checked values. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The bytes where they are at hand, else how to open them. */
  readonly body: Uint8Array | ((options: GetOptions) => Promise<StoredObject>);
  /** The zip that this is. */
  readonly zip?: ZipFile | undefined;
  /** Where a GET may be sent for the bytes; undefined: nowhere. Does not reject. */
  readonly redirect?: (() => Promise<string | undefined>) | undefined;
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
  const headers: HeaderBag = { ...answer.headers };
  setCacheHeaders(headers, scope, answer.cache);
  if (validators.etag !== undefined) headers.etag = validators.etag;
  if (validators.lastModified !== undefined) headers['last-modified'] = validators.lastModified;
  if (isOther(request.headers, validators)) return respondText(otherBytes, scope, request.method === 'HEAD');
  if (isNotModified(request.headers, validators)) return { status: 304, headers, body: null };
  headers['content-type'] = answer.contentType;
  headers['content-length'] = String(answer.size);
  const { body, size } = answer;
  if (typeof body === 'function') headers['accept-ranges'] = 'bytes';
  if (request.method === 'HEAD') return { status: 200, headers, body: null };
  if (typeof body !== 'function') return { status: 200, headers, body };
  const range = rangeOf(request, validators, size);
  if (range === 'unsatisfiable') return unsatisfiable(size, scope);
  const stream = () => respondStream(body, range, size, headers, request.signal);
  return answer.redirect === undefined ? stream() : respondElsewhere(answer.redirect, stream);
}

/** A signed URL is good for GET alone, so HEAD is answered here. */
async function respondElsewhere(
  redirect: NonNullable<Answer['redirect']>,
  stream: () => Promise<HandlerResponse>,
): Promise<HandlerResponse> {
  const location = await redirect();
  return location === undefined ? stream() : respondRedirect(location);
}

const otherBytes: TextAnswer = {
  status: 412,
  text: 'precondition failed: these are other bytes than the request names; ask without If-Match',
  cache: 'no-store',
};

/** A range is defined for GET alone (RFC 9110 §14.2). */
function rangeOf({ headers }: HandlerRequest, validators: Validators, size: number): RangeRequest {
  const wanted = headers.get('range');
  return wanted === null || !allowsRange(headers, validators) ? 'whole' : parseRange(wanted, size);
}

/** Opens the bytes, and checks that the storage opened the ones that the headers announce. */
async function respondStream(
  open: (options: GetOptions) => Promise<StoredObject>,
  wanted: ByteRange | 'whole',
  size: number,
  headers: HeaderBag,
  signal: AbortSignal | undefined,
): Promise<HandlerResponse> {
  const range = wanted === 'whole' ? undefined : wanted;
  const { start, end } = range ?? { start: 0, end: size };
  const opened = await open({ signal, range });
  if (opened.range.start !== start || opened.range.end !== end) {
    await opened.body.cancel();
    throw new Error(`bytes ${start}-${end} of a zip were announced, storage opened ${JSON.stringify(opened.range)}`);
  }
  if (range === undefined) return { status: 200, headers, body: opened.body };
  headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  headers['content-length'] = String(end - start);
  return { status: 206, headers, body: opened.body };
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
