import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatMicros, parseMicros } from './time.ts';

it('round-trips every microsecond, in text order', () => {
  const micros = fc.nat(Date.parse('2200-01-01T00:00:00Z') * 1000);
  fc.assert(
    fc.property(micros, micros, (a, b) => {
      expect(parseMicros(formatMicros(a))).toBe(a);
      expect(formatMicros(a) < formatMicros(b)).toBe(a < b);
    }),
  );
});

it('prints six digits', () => {
  expect(formatMicros(1_554_923_332_997_264)).toBe('2019-04-10T19:08:52.997264Z');
  expect(formatMicros(0)).toBe('1970-01-01T00:00:00.000000Z');
});

it('rounds finer instants up and takes zones', () => {
  expect(parseMicros('1970-01-01T00:00:00.0000001Z')).toBe(1);
  expect(parseMicros('1970-01-01T00:00:00.000001000Z')).toBe(1);
  expect(parseMicros('1970-01-01T01:00:00+01:00')).toBe(0);
  expect(parseMicros('1970-01-01t00:00:01z')).toBe(1_000_000);
});

it('refuses what is no RFC 3339 instant', () => {
  for (const text of [
    '',
    '2026-01-02',
    '2026-02-31T00:00:00Z',
    '2026-01-02T25:00:00Z',
    '2026-01-02T03:04:05',
    '1',
    'now',
  ]) {
    expect(parseMicros(text), text).toBeUndefined();
  }
});
