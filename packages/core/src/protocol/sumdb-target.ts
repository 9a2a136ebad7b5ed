// Requests to a checksum database that come through this server (spec §10.24–10.28, §12.8).
//
// Invariants:
// - What is passed on has the shape of the protocol: a database name, a lookup of a valid module and version, a canonical tile path.
// - The lookup is passed on as it came, decoded once: `!azure` stays escaped, `%21azure` became `!azure`.

import { quote } from '../gotext/quote.ts';
import { tryUnescapePath, tryUnescapeVersion } from '../module/escape.ts';
import type { CacheClass } from './cache-control.ts';
import { whyNotPinned } from './pinned.ts';
import { type Refusal, refused } from './refusal.ts';

/** A request to a checksum database. */
export interface SumdbTarget {
  readonly kind: 'sumdb';
  /** May contain `/`. */
  readonly database: string;
  /** `supported`, `latest`, `lookup/…` or `tile/…`, escaped. */
  readonly path: string;
  readonly contentType: string;
  readonly cache: CacheClass;
  /** Of a lookup, unescaped. */
  readonly module?: string | undefined;
  readonly version?: string | undefined;
}

const text = 'text/plain; charset=UTF-8';
const binary = 'application/octet-stream';

/** Parses what follows `/sumdb/`, already percent-decoded. */
export function parseSumdbTarget(rest: string): SumdbTarget | Refusal {
  const cut = endpointStart(rest);
  if (cut === undefined) {
    return refused('unknown checksum database endpoint: expected supported, latest, lookup/… or tile/…');
  }
  const database = rest.slice(0, cut);
  const path = rest.slice(cut + 1);
  if (!isDatabaseName(database)) return refused(`malformed checksum database name ${quote(database)}`, 400);
  if (path.startsWith('lookup/')) return parseLookup(database, path);
  if (path.startsWith('tile/')) return parseTile(database, path);
  return { kind: 'sumdb', database, path, contentType: text, cache: 'short' };
}

/** Where the database name ends. Names may contain `/`, so the first endpoint that takes arguments counts, else the last element. */
function endpointStart(rest: string): number | undefined {
  const starts = [rest.indexOf('/lookup/'), rest.indexOf('/tile/')].filter((at) => at >= 0);
  if (starts.length > 0) return Math.min(...starts);
  const last = rest.lastIndexOf('/');
  const endpoint = rest.slice(last + 1);
  return last >= 0 && (endpoint === 'supported' || endpoint === 'latest') ? last : undefined;
}

/** `host[/path]` (spec §10.29), in characters that need no escaping anywhere. */
function isDatabaseName(name: string): boolean {
  return name.length <= 255 && /^[a-zA-Z0-9][\w.~:-]*(?:\/[\w~:-][\w.~:-]*)*$/.test(name);
}

const lookup = /^([^@]+)@(v[0-9]+\.[0-9]+\.[0-9]+(?:-[^@]*)?(?:\+incompatible)?)$/;

function parseLookup(database: string, path: string): SumdbTarget | Refusal {
  const match = lookup.exec(path.slice('lookup/'.length));
  const module = tryUnescapePath(match?.[1] ?? '').value;
  const version = tryUnescapeVersion(match?.[2] ?? '').value;
  if (module === undefined || version === undefined) {
    return refused('malformed lookup: expected lookup/MODULE@VERSION, both escaped', 400);
  }
  const reason = whyNotPinned(module, version);
  if (reason !== undefined) return refused(`${module}@${version} has no checksum record: ${reason}`);
  return { kind: 'sumdb', database, path, contentType: text, cache: 'immutable', module, version };
}

/** `tile/H/L/N[.p/W]`: no leading zeros in H, L and W, N in groups of three digits with no needless group (spec §12.7). */
const tile = /^tile\/([1-9]\d?)\/(data|0|[1-9]\d{0,17})\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,9}))?$/;
const maxHeight = 30;
const maxNumber = 2n ** 63n - 1n;

function parseTile(database: string, path: string): SumdbTarget | Refusal {
  const match = tile.exec(path);
  if (match === null || !isTile(match)) return refused('malformed tile: expected the canonical tile/H/L/N[.p/W]', 400);
  return {
    kind: 'sumdb',
    database,
    path,
    contentType: match[2] === 'data' ? text : binary,
    cache: match[4] === undefined ? 'immutable' : 'short',
  };
}

function isTile([, h = '', , n = '', w]: RegExpExecArray): boolean {
  const height = Number(h);
  if (height > maxHeight || n.startsWith('x000/') || n.length > 34) return false;
  if (BigInt(n.replaceAll(/[x/]/g, '')) > maxNumber) return false;
  return w === undefined || Number(w) < 2 ** height;
}
