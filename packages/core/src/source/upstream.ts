// Another GOPROXY as a source.
//
// Invariants:
// - http, https and file URLs, nothing else (spec §10.15).
// - Credentials never show: not in `name`, not in messages, not behind a redirect to another origin.

import { GoModKitError } from '../errors/error.ts';
import { fileTransport } from './file-transport.ts';
import { httpSettings, limitsOf, type UpstreamOptions } from './http-settings.ts';
import { httpTransport } from './http-transport.ts';
import { proxyClient } from './proxy-client.ts';
import type { ModuleSource, SumdbSource } from './source.ts';
import type { Transport } from './transport.ts';

/** What {@link upstreamSource} makes. */
export interface UpstreamSource extends ModuleSource, SumdbSource {
  /** How messages call it: its URL without credentials and query, or the option `name`. */
  readonly name: string;
}

/**
 * Modules from another GOPROXY: `https://…`, `http://…`, or a file tree at `file://…`.
 *
 * Passing failures (429, 5xx, resets, timeouts) are tried again with backoff; answers over their limit are cut off; redirects are
 * followed up to nine times, never from https to anything else, and not into private networks; every answer is checked before it is
 * handed on. User info in an https URL becomes Basic authentication; over plain http it is accepted for this very machine only.
 *
 * Calls reject with `not_found` or `gone` when the module is not there (400, 404, 410), `denied` (403), `upstream_unavailable`
 * (network, 401, 429, 5xx), `upstream_timeout`, `upstream_invalid` (an answer that breaks the protocol) and `limit_exceeded`.
 * Throws `invalid_argument` for a URL that is none of the above, or credentials in a plain http URL.
 *
 * @example
 * ```ts
 * import { upstreamSource } from '@gomodkit/core';
 *
 * const source = upstreamSource('https://goproxy.example', { concurrency: 8 });
 * console.log(await source.versions('golang.org/x/mod'));
 * ```
 */
export function upstreamSource(url: string | URL, options: UpstreamOptions = {}): UpstreamSource {
  const transport = transportTo(url, options);
  return { name: transport.name, ...proxyClient(transport) };
}

/** What fetches from a URL of any of these schemes. */
export function transportTo(url: string | URL, options: UpstreamOptions): Transport {
  const parsed = parseUrl(url);
  return parsed.protocol === 'file:'
    ? fileTransport(parsed, options.name, limitsOf(options))
    : httpTransport(httpSettings(parsed, options));
}

function parseUrl(url: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // The text may hold credentials: it is not repeated.
    throw new GoModKitError(
      'invalid_argument',
      'the upstream is not a URL; it should begin with https://, http:// or file://',
    );
  }
  if (['http:', 'https:', 'file:'].includes(parsed.protocol)) return parsed;
  const message = `an upstream URL must be https, http or file, not ${parsed.protocol.slice(0, -1)}`;
  throw new GoModKitError('invalid_argument', message);
}
