// Instants with microseconds, as the index feed prints them (formats.md §3).
//
// Invariants:
// - A Micros is a whole number of microseconds since 1970, exact up to the year 2255.
// - Text is RFC 3339 in UTC with six digits, so that text order is time order.

/** Microseconds since 1970-01-01T00:00:00Z. */
export type Micros = number;

/** `2026-01-02T03:04:05.123456Z`. */
export function formatMicros(time: Micros): string {
  const millis = Math.floor(time / 1000);
  const rest = String(time - millis * 1000).padStart(3, '0');
  return new Date(millis).toISOString().replace('Z', `${rest}Z`);
}

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * An RFC 3339 instant in microseconds, rounded up, so that "at or after" keeps its meaning for finer instants; undefined when
 * `text` is none.
 */
export function parseMicros(text: string): Micros | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, day = '', clock = '', fraction = '', zone = ''] = match;
  const seconds = Date.parse(`${day}T${clock}${zone.toUpperCase()}`) * 1000;
  // Date.parse takes 31 February for 3 March.
  if (Number.isNaN(seconds) || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) return undefined;
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
  return seconds + micros + (/[1-9]/.test(fraction.slice(6)) ? 1 : 0);
}
