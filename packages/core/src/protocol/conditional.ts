// Has the client got it already? RFC 9110 §13, as far as reading immutable files needs it.
//
// Invariants:
// - `If-None-Match` is compared weakly and, when present, silences `If-Modified-Since`.
// - `If-Range` is compared strongly: a range of other bytes must never be glued to what the client has.
// - Times are compared in whole seconds, the resolution of HTTP dates.

/** What a stored answer is recognised by. */
export interface Validators {
  /** Quoted, as in the header; undefined where the answer has none. */
  readonly etag: string | undefined;
  /** As in the header; undefined where the answer has no date. */
  readonly lastModified: string | undefined;
}

interface RequestHeaders {
  get(name: string): string | null;
}

/** The header value for an unquoted validator, or undefined when it cannot be one (RFC 9110 §8.8.3). */
export function quoteEtag(etag: string): string | undefined {
  if (etag === '') return undefined;
  for (let i = 0; i < etag.length; i++) {
    const unit = etag.charCodeAt(i);
    if (unit < 0x21 || unit > 0x7e || unit === 0x22) return undefined;
  }
  return `"${etag}"`;
}

/** Whether the answer is what the client has: 304. */
export function isNotModified(headers: RequestHeaders, validators: Validators): boolean {
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== null) return matchesAny(noneMatch, validators.etag);
  if (validators.lastModified === undefined) return false;
  const since = headers.get('if-modified-since');
  if (since === null) return false;
  // A date that does not parse is NaN, and every comparison with it is false.
  return since === validators.lastModified || Date.parse(validators.lastModified) <= Date.parse(since);
}

/** Whether a range may be served: no `If-Range`, or one that names exactly these bytes. */
export function allowsRange(headers: RequestHeaders, validators: Validators): boolean {
  const condition = headers.get('if-range');
  if (condition === null) return true;
  const value = condition.trim();
  return value === validators.etag || value === validators.lastModified;
}

const entityTag = /^[\t ,]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?:,|$)/;

/** Weak comparison of an `If-None-Match` list; a list that is malformed matches as far as it can be read. */
function matchesAny(list: string, etag: string | undefined): boolean {
  if (list === etag) return true;
  if (list.trim() === '*') return true;
  if (etag === undefined) return false;
  let rest = list;
  while (rest !== '') {
    const match = entityTag.exec(rest);
    if (match === null) return false;
    if (match[1] === etag) return true;
    rest = rest.slice(match[0].length);
  }
  return false;
}
