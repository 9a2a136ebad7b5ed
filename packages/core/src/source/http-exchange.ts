// One request and the redirects behind it, up to the headers of the answer.
//
// Invariants:
// - Redirects are followed by hand, so that each target is judged before anything is sent to it.
// - Credentials go to the origin they were made for. Once a redirect leaves it they are dropped, and stay dropped.
// - A body that nobody reads is cancelled.

import { raceAbort } from '../async/abort.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { mayCarryCredentials, secretsIn } from './credentials.ts';
import { connectionError } from './http-failure.ts';
import type { Guard } from './http-guard.ts';
import { followRedirect, maxRedirects, redirectStatuses } from './http-redirect.ts';
import type { HttpSettings } from './http-settings.ts';
import type { FetchKind, FetchRequest } from './transport.ts';

/** An answer whose body is still to come. */
export interface Exchange {
  readonly response: Response;
  /** Where it came from, in the end. */
  readonly host: string;
  /** What was sent and must not be shown. */
  readonly secrets: readonly string[];
}

/** Sends a request and follows redirects. */
export async function exchange(settings: HttpSettings, request: FetchRequest, guard: Guard): Promise<Exchange> {
  let url = targetUrl(settings.base, request.target);
  const { headers: credentials, secrets } = await credentialHeaders(settings, url, guard);
  let headers = plainHeaders(request, credentials);
  for (let redirects = 0; ; redirects++) {
    const response = await send(settings, request, url, headers, guard);
    if (response.type === 'opaqueredirect') {
      throw new GoModKitError('unsupported', `${settings.name} redirects, which this runtime does not let us follow`);
    }
    if (!redirectStatuses.has(response.status)) return { response, host: url.host, secrets };
    discard(response);
    if (redirects === maxRedirects) {
      const message = `${settings.name} redirects more than ${maxRedirects} times for ${request.what}`;
      throw new GoModKitError('upstream_invalid', message, { data: { upstream: settings.name } });
    }
    const next = await raceAbort(
      followRedirect(settings, url, response.headers.get('location'), request.what),
      guard.signal,
    );
    if (next.origin !== url.origin) headers = plainHeaders(request, undefined);
    url = next;
  }
}

/** The URL of a file, percent-encoded as the go command does it (spec §1.19). */
export function targetUrl(base: URL, target: string): URL {
  const url = new URL(base.href);
  const encoded = encodeURIComponent(target)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(2F|24|26|2B|3D|3A|40)/g, (hex) => decodeURIComponent(hex));
  url.pathname = `${base.pathname.replace(/\/$/, '')}/${encoded}`;
  return url;
}

/** Lets go of an answer that is not read. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}

async function send(
  settings: HttpSettings,
  request: FetchRequest,
  url: URL,
  headers: Headers,
  guard: Guard,
): Promise<Response> {
  guard.signal.throwIfAborted();
  const init: RequestInit = { method: 'GET', headers, redirect: 'manual', signal: guard.signal };
  // A fetch that throws at once is as good as one that rejects.
  const sent = Promise.resolve(url.href).then((href) => settings.fetch(href, init));
  try {
    return await raceAbort(sent, guard.signal);
  } catch (error) {
    // A fetch that does not mind its signal may still answer.
    sent.then(discard, () => {});
    if (guard.signal.aborted) throw guard.signal.reason;
    // A fetch of ours that refuses says why.
    if (isGoModKitError(error)) throw error;
    throw connectionError(settings.name, url.host, request.what, error);
  }
}

/**
 * Asked for as they are, because fetch takes compression that was cut off for compression that ended: without it the length can be
 * checked. Other answers are checked by their content, or asked for again in a minute.
 */
const uncompressed: ReadonlySet<FetchKind> = new Set(['mod', 'zip']);

function plainHeaders(request: FetchRequest, credentials: Headers | undefined): Headers {
  const headers = new Headers(credentials);
  headers.set('user-agent', 'gomodkit');
  if (uncompressed.has(request.kind)) headers.set('accept-encoding', 'identity');
  return headers;
}

async function credentialHeaders(
  settings: HttpSettings,
  url: URL,
  guard: Guard,
): Promise<{ readonly headers: Headers | undefined; readonly secrets: readonly string[] }> {
  if (!mayCarryCredentials(url)) return { headers: undefined, secrets: [] };
  const given = await askCredentials(settings, url, guard);
  const headers = new Headers();
  const secrets = [...settings.secrets];
  for (const [name, values] of Object.entries(given ?? {})) {
    for (const value of [values].flat()) {
      secrets.push(...secretsIn(value));
      append(settings, headers, name, value);
    }
  }
  if (settings.authorization !== undefined && !headers.has('authorization')) {
    headers.set('authorization', settings.authorization);
  }
  return { headers, secrets };
}

async function askCredentials(settings: HttpSettings, url: URL, guard: Guard) {
  try {
    return await raceAbort(
      Promise.resolve(settings.credentials?.(new URL(url.href), { signal: guard.signal })),
      guard.signal,
    );
  } catch (error) {
    if (guard.signal.aborted) throw guard.signal.reason;
    if (isGoModKitError(error)) throw error;
    const message = `${settings.name}: the credentials for it could not be obtained`;
    throw new GoModKitError('upstream_unavailable', message, { cause: error, data: { upstream: settings.name } });
  }
}

/** Headers quotes a bad value in its error, which would show the secret. */
function append(settings: HttpSettings, headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    throw new GoModKitError('invalid_argument', `${settings.name}: its credentials are not a valid HTTP header`);
  }
}
