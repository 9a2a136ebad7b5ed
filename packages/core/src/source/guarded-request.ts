// One request to a host that somebody else may have named, and the redirects behind it.
//
// Invariants:
// - Each hop is judged by the network guard before anything is sent to it; https never becomes http; at most 9 redirects (spec §10.2).
// - Only a host that is the user's own word may lead to its neighbours on a private network: others are not asked where they live, as
//   their name servers may say one thing now and another later.
// - Credentials go to the origin they were made for, and not over plain http except to this machine (spec §10.20, §10.22).
// - An answer ends within its time and size limits, and its body is watched until it is read or cancelled.
// - What carries a body is not sent twice: only a GET is redirected.

import { raceAbort } from '../async/abort.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';
import { type Credentials, mayCarryCredentials } from './credentials.ts';
import { guardedStream } from './http-body.ts';
import { discard } from './http-exchange.ts';
import { connectionError } from './http-failure.ts';
import { createGuard, type Guard } from './http-guard.ts';
import { maxRedirects, redirectStatuses, redirectTarget } from './http-redirect.ts';
import type { FetchFunction } from './http-settings.ts';
import type { NetworkGuard } from './network-guard.ts';

/** How a request is sent, and what it may cost. Times in milliseconds. */
export interface RequestSettings {
  readonly network: NetworkGuard;
  /** Default: the global `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  readonly credentials?: Credentials | undefined;
  /** Until the headers of the last hop have come. Default 60,000. */
  readonly headers?: number | undefined;
  /** Between two chunks of the body. Default 60,000. */
  readonly idle?: number | undefined;
  /** For the whole answer. Default: no limit of its own. */
  readonly total?: number | undefined;
}

/** What is asked for. */
export interface GuardedRequest extends CallOptions {
  readonly url: URL;
  /** What it is, for messages. */
  readonly what: string;
  /** At most this many bytes of answer. */
  readonly limit: number;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
  /** The host of `url` is the user's own word: it may be anywhere. */
  readonly trusted?: boolean | undefined;
}

/** An answer. Read `body` to its end or cancel it. */
export interface GuardedResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from in the end. */
  readonly url: URL;
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * Sends a request. Rejects with `upstream_invalid` where it would go where it must not, `upstream_unavailable` and `upstream_timeout`
 * where it does not get there, and `limit_exceeded` where more than the limit is announced; the body fails in the same ways. Any
 * status is an answer.
 */
export async function guardedRequest(settings: RequestSettings, request: GuardedRequest): Promise<GuardedResponse> {
  const guard = createGuard(request.url.host, request.signal, () => {});
  if (settings.total !== undefined) guard.deadline(settings.total, `no whole answer for ${request.what}`);
  try {
    const stop = guard.deadline(settings.headers ?? 60_000, `no answer for ${request.what}`);
    const { response, url } = await follow(settings, request, guard);
    stop();
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (announced > request.limit) {
      discard(response);
      throw overLimit(request);
    }
    return {
      status: response.status,
      headers: response.headers,
      url,
      body: watched(settings, request, response, guard),
    };
  } catch (error) {
    guard.close();
    throw error;
  }
}

async function follow(
  settings: RequestSettings,
  request: GuardedRequest,
  guard: Guard,
): Promise<{ readonly response: Response; readonly url: URL }> {
  let { url } = request;
  let trusted = request.trusted === true;
  if (!trusted) await admit(settings, url, {}, request, guard);
  let credentials = await credentialsFor(settings, url, guard);
  for (let redirects = 0; ; redirects++) {
    const response = await send(settings, request, url, credentials, guard);
    if (response.type === 'opaqueredirect') {
      throw new GoModKitError('unsupported', `${url.host} redirects, which this runtime does not let us follow`);
    }
    if (!redirectStatuses.has(response.status)) return { response, url };
    discard(response);
    if (request.body !== undefined) throw refuse(url, `redirects ${request.what}, which is not sent twice`);
    if (redirects === maxRedirects) throw refuse(url, `redirects more than ${maxRedirects} times for ${request.what}`);
    const next = redirectTarget(url.host, url, response.headers.get('location'));
    await admit(settings, next, { redirects: url, from: trusted ? url : undefined }, request, guard);
    if (next.origin !== url.origin) credentials = new Headers();
    trusted &&= next.hostname === url.hostname;
    url = next;
  }
}

async function admit(
  settings: RequestSettings,
  url: URL,
  { redirects, from }: { readonly redirects?: URL; readonly from?: URL | undefined },
  { what }: GuardedRequest,
  { signal }: Guard,
): Promise<void> {
  try {
    await raceAbort(settings.network.check(url, { from, signal }), signal);
  } catch (error) {
    if (!isGoModKitError(error, 'upstream_invalid')) throw error;
    const how = redirects === undefined ? `${what} would be asked of` : `${redirects.host} redirects to`;
    const message = `${how} ${error.message}`;
    throw new GoModKitError('upstream_invalid', message, { data: error.data });
  }
}

async function credentialsFor(settings: RequestSettings, url: URL, { signal }: Guard): Promise<Headers> {
  const headers = new Headers();
  if (!mayCarryCredentials(url)) return headers;
  const given = await askCredentials(settings, url, signal);
  for (const [name, values] of Object.entries(given ?? {})) {
    for (const value of [values].flat()) {
      try {
        headers.append(name, value);
      } catch {
        // The error of Headers would show the secret.
        throw new GoModKitError('invalid_argument', `the credentials for ${url.host} are not a valid HTTP header`);
      }
    }
  }
  return headers;
}

async function askCredentials({ credentials }: RequestSettings, url: URL, signal: AbortSignal) {
  try {
    return await raceAbort(Promise.resolve(credentials?.(new URL(url.href), { signal })), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isGoModKitError(error)) throw error;
    const message = `${url.host}: the credentials for it could not be obtained`;
    throw new GoModKitError('upstream_unavailable', message, { cause: error, data: { upstream: url.host } });
  }
}

async function send(
  settings: RequestSettings,
  { method = 'GET', body, headers: own = {}, what }: GuardedRequest,
  url: URL,
  credentials: Headers,
  { signal }: Guard,
): Promise<Response> {
  const headers = new Headers(credentials);
  headers.set('user-agent', 'gomodkit');
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  const init: RequestInit = { method, headers, redirect: 'manual', signal };
  if (body !== undefined) init.body = body as Uint8Array<ArrayBuffer>;
  const send = settings.fetch ?? ((target, options) => globalThis.fetch(target, options));
  const sent = Promise.resolve(url.href).then((href) => send(href, init));
  try {
    return await raceAbort(sent, signal);
  } catch (error) {
    sent.then(discard, () => {});
    if (signal.aborted) throw signal.reason;
    throw connectionError(url.host, url.host, what, error);
  }
}

/** The body, cut off at its limit, and its guard closed however it ends. */
function watched(
  settings: RequestSettings,
  request: GuardedRequest,
  response: Response,
  guard: Guard,
): ReadableStream<Uint8Array> {
  const reader = response.body?.getReader();
  let left = request.limit;
  const next = async (): Promise<Uint8Array | undefined> => {
    const stop = guard.deadline(settings.idle ?? 60_000, `${request.what} stopped in the middle: nothing more came`);
    try {
      const chunk = (await raceAbort(reader?.read() ?? Promise.resolve(undefined), guard.signal))?.value;
      left -= chunk?.length ?? 0;
      if (left < 0) throw overLimit(request);
      return chunk;
    } catch (error) {
      if (guard.signal.aborted) throw guard.signal.reason;
      throw isGoModKitError(error) ? error : connectionError(request.url.host, request.url.host, request.what, error);
    } finally {
      stop();
    }
  };
  return guardedStream(reader, next, guard);
}

function overLimit({ url, what, limit }: GuardedRequest): GoModKitError {
  return new GoModKitError('limit_exceeded', `${url.host}: ${what} is over the limit of ${limit} bytes`, {
    data: { limit },
  });
}

function refuse({ host }: URL, reason: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `${host} ${reason}`, { data: { host } });
}
