// Has the client got it already? RFC 9110 §13, as far as reading immutable files needs it.
//
// Invariants:
// - `If-None-Match` is compared weakly and, when present, silences `If-Modified-Since`.
// - `If-Match` and `If-Range` are compared strongly: a range of other bytes must never be glued to what the client has.
// - `If-Match`, when present, silences `If-Unmodified-Since`.
// - Times are compared in whole seconds, the resolution of HTTP dates; what is no HTTP date says nothing.

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

/** Whether the client wants only bytes that these are not: 412. */
export function isOther(headers: RequestHeaders, validators: Validators): boolean {
  const match = headers.get('if-match');
  if (match !== null) return !matchesAny(match, validators.etag, strongTag);
  return isAfter(validators.lastModified, headers.get('if-unmodified-since')) === true;
}

/** Whether the answer is what the client has: 304. */
export function isNotModified(headers: RequestHeaders, validators: Validators): boolean {
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== null) return matchesAny(noneMatch, validators.etag, anyTag);
  return isAfter(validators.lastModified, headers.get('if-modified-since')) === false;
}

/** Whether a range may be served: no `If-Range`, or one that names exactly these bytes. */
export function allowsRange(headers: RequestHeaders, validators: Validators): boolean {
  const condition = headers.get('if-range');
  if (condition === null) return true;
  const value = condition.trim();
  return value === validators.etag || value === validators.lastModified;
}

/** Tags as a weak comparison sees them, without their `W/`. */
const anyTag = /^[\t ,]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?:,|$)/;
/** Tags as a strong comparison sees them: a weak one keeps its `W/`, so that it equals none of ours. */
const strongTag = /^[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?:,|$)/;

/** Whether a list of tags has `etag` or is `*`; a list that is malformed matches as far as it can be read. */
function matchesAny(list: string, etag: string | undefined, tag: RegExp): boolean {
  if (list === etag) return true;
  if (list.trim() === '*') return true;
  if (etag === undefined) return false;
  let rest = list;
  while (rest !== '') {
    const match = tag.exec(rest);
    if (match === null) return false;
    if (match[1] === etag) return true;
    rest = rest.slice(match[0].length);
  }
  return false;
}

/** Whether one HTTP date is after another; undefined when one of them is missing or none. */
function isAfter(date: string | undefined, since: string | null): boolean | undefined {
  if (date === undefined || since === null) return undefined;
  if (date === since) return false;
  const [time, limit] = [parseHttpDate(date), parseHttpDate(since)];
  return time === undefined || limit === undefined ? undefined : time > limit;
}

/** The three forms of RFC 9110 §5.6.7; the last one names no zone and means GMT. */
const httpDate =
  /^[A-Z][a-z]+(?:, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT| [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})$/;

function parseHttpDate(text: string): number | undefined {
  if (!httpDate.test(text)) return undefined;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
