// Credentials for upstreams (spec §10.20).
//
// Invariants:
// - Credentials belong to a URL prefix and match it whole or at a `/`: those of `example.com/a` are not for `example.com/ab`.
// - They are for https, and for plain http only to this very machine, where nobody listens in between.

import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import type { CallOptions } from '../storage/storage.ts';
import { addressKind } from './addresses.ts';
import { parseNetrc } from './netrc.ts';

/** Request headers by name. */
export type CredentialHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * Says which headers a request to `url` shall carry: the idea of `GOAUTH`. Asked before every request, so that short-lived tokens
 * can be renewed; undefined when there is nothing to say. A redirect to another origin never gets the headers, and is not asked for.
 *
 * @example
 * ```ts
 * import { upstreamSource } from '@gomodkit/core';
 *
 * upstreamSource('https://goproxy.example', {
 *   credentials: async () => ({ Authorization: `Bearer ${process.env.PROXY_TOKEN}` }),
 * });
 * ```
 */
export type Credentials = (
  url: URL,
  options: CallOptions,
) => CredentialHeaders | undefined | Promise<CredentialHeaders | undefined>;

/** Credentials from the text of a netrc file. */
export function netrcCredentials(text: string): Credentials {
  const headers = new Map<string, CredentialHeaders>();
  // Backwards: where a machine is named twice, the first entry wins.
  for (const { machine, login, password } of [...parseNetrc(text)].reverse()) {
    headers.set(prefixKey(machine), { Authorization: basic(login, password) });
  }
  return (url) => {
    const prefix = findPrefix(url, (key) => headers.has(key));
    return prefix === undefined ? undefined : headers.get(prefix);
  };
}

/** The longest stored prefix a URL lies below; undefined when there is none. */
export function findPrefix(url: URL, isStored: (prefix: string) => boolean): string | undefined {
  let prefix = prefixKey(`${url.host}${url.pathname}`);
  while (!isStored(prefix)) {
    const slash = prefix.lastIndexOf('/');
    if (slash === -1) return undefined;
    prefix = prefix.slice(0, slash);
  }
  return prefix;
}

/** The value of an Authorization header for a user and password. */
export function basic(user: string, password: string): string {
  let binary = '';
  for (const byte of encodeUtf8(`${user}:${password}`)) binary += String.fromCharCode(byte);
  return `Basic ${btoa(binary)}`;
}

/** What must not be shown of a header value: itself, what follows its scheme (`Bearer`), and the password inside of Basic. */
export function secretsIn(value: string): readonly string[] {
  const bare = value.replace(/^\S+\s+/, '');
  return /^basic\s/i.test(value) ? [value, bare, passwordIn(bare)] : [value, bare];
}

/** Where there is no password the user name is the secret; empty for what is no Basic. */
function passwordIn(base64: string): string {
  try {
    const text = decodeUtf8(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))) ?? '';
    const colon = text.indexOf(':');
    return text.slice(colon + 1) || text.slice(0, colon);
  } catch {
    return '';
  }
}

/** Whether credentials may travel to a URL. */
export function mayCarryCredentials(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

/** Whether a URL's host is this machine by its very name. */
export function isLoopbackHost(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host) || addressKind(host) === 'loopback';
}

/** The form in which URL prefixes are kept. */
export function prefixKey(prefix: string): string {
  return prefix.replace(/^https:\/\//, '').replace(/\/$/, '');
}
