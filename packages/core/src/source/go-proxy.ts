// The GOPROXY list (spec §10.15).
//
// Invariants:
// - Entries stay as they were written, but for spaces around them and `https://` in front of a bare host.
// - `off` and `direct` end the list. Messages show no password.

import { GoModKitError } from '../errors/error.ts';

/** An entry of a GOPROXY list. */
export interface GoProxyEntry {
  /** A URL, `direct` or `off`. May hold credentials. */
  readonly url: string;
  /** Whether `|` follows: any failure leads to the next entry. */
  readonly fallBackOnError: boolean;
}

/**
 * Takes a GOPROXY list apart. Throws `invalid_argument` for a list without entries and for URLs that are not https, http or file.
 *
 * @example
 * ```ts
 * import { parseGoProxy } from '@gomodkit/core';
 *
 * parseGoProxy('goproxy.corp.example|https://goproxy.example,direct');
 * ```
 */
export function parseGoProxy(list: string): readonly GoProxyEntry[] {
  const entries: GoProxyEntry[] = [];
  for (const [, text = '', separator] of list.matchAll(/([^,|]*)([,|]|$)/g)) {
    const url = text.trim();
    if (url === '') continue;
    if (url === 'off' || url === 'direct') {
      entries.push({ url, fallBackOnError: false });
      return entries;
    }
    entries.push({ url: withScheme(url), fallBackOnError: separator === '|' });
  }
  if (entries.length > 0) return entries;
  throw invalid('GOPROXY list is not the empty string, but contains no entries');
}

/** Single words are reserved, whole URLs and absolute paths stay; anything else is a host. */
function withScheme(text: string): string {
  const isHost = /[.:/]/.test(text) && !text.includes(':/') && !text.startsWith('/');
  const url = isHost ? `https://${text}` : text;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();
  // What does not parse may have its password anywhere before the last @, slashes in it included.
  const shown = url.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/*)?.*@/s, '$1');
  if (scheme === undefined) throw invalid(`invalid proxy URL missing scheme: ${shown}`);
  if (!['https', 'http', 'file'].includes(scheme)) {
    throw invalid(`invalid proxy URL scheme (must be https, http, file): ${shown}`);
  }
  if (!isUrl(url)) throw invalid(`invalid proxy URL: ${shown}`);
  return url;
}

function isUrl(text: string): boolean {
  try {
    new URL(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}
