import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange } from './range.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-99', { start: 0, end: 100 }],
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=999-999', { start: 999, end: 1000 }],
    ['bytes=100-', { start: 100, end: 1000 }],
    ['bytes=100-5000', { start: 100, end: 1000 }],
    ['bytes=-1', { start: 999, end: 1000 }],
    ['bytes=-5000', { start: 0, end: 1000 }],
    ['BYTES=0-9', { start: 0, end: 10 }],
    ['bytes= 0-9 ', { start: 0, end: 10 }],
    [`bytes=0-${'9'.repeat(400)}`, { start: 0, end: 1000 }],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=1000-1001', 'unsatisfiable'],
    [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=0-9,20-29', 'whole'],
    ['bytes=9-0', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=0x1-5', 'whole'],
    ['bytes=--5', 'whole'],
    ['lines=0-9', 'whole'],
    ['', 'whole'],
  ])('%.40s of 1000', (header, result) => {
    expect(parseRange(header, 1000)).toEqual(result);
  });

  it('has nothing to give of an empty file', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
  });

  it('never leaves the file', () => {
    const number = fc.oneof(
      fc.constant(''),
      fc.nat({ max: 20 }).map(String),
      fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
    );
    fc.assert(
      fc.property(number, number, fc.nat({ max: 12 }), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (typeof range === 'string') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.start).toBeLessThan(range.end);
        expect(range.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});
