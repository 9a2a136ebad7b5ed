// Ranges: half-open, clamped, refused beyond the end.

import { bytesSource, readAll } from '../../bytes/source.ts';
import { equalBytes } from '../../bytes/utf8.ts';
import { isGoModKitError } from '../../errors/error.ts';
import { type Check, type ConformanceCase, casesOf } from './case.ts';
import { outcome, pattern, rejectsWith } from './tools.ts';

const key = 'example.com/m/@v/v1.0.0.zip';
const size = 1000;
const bytes: Uint8Array = pattern(size, 8);

/** start, end as asked, and the range that comes of it. */
const table: readonly (readonly [start: number, end: number | undefined, from: number, to: number])[] = [
  [0, undefined, 0, size],
  [0, size, 0, size],
  [0, 1, 0, 1],
  [0, 0, 0, 0],
  [1, 2, 1, 2],
  [10, 500, 10, 500],
  [999, undefined, 999, size],
  [999, 1000, 999, size],
  [500, 1001, 500, size],
  [500, Number.MAX_SAFE_INTEGER, 500, size],
  [400, 400, 400, 400],
];

/** Everything about ranges. */
export const rangeCases: readonly ConformanceCase[] = casesOf('range', {
  'delivers what was asked for': async ({ storage }, check: Check) => {
    await storage.create(key, bytesSource(bytes));
    for (const [start, end, from, to] of table) {
      const what = `range ${start}–${end ?? ''}`;
      const object = await storage.get(key, { range: { start, end } });
      check(object !== undefined, `${what}: get() does not find the object`);
      const { range } = object;
      check(range.start === from && range.end === to, `${what}: says ${range.start}–${range.end}, want ${from}–${to}`);
      check(object.size === size, `${what}: size is ${object.size}, want that of the whole object`);
      check(equalBytes(await readAll(object.body), bytes.subarray(from, to)), `${what}: other bytes`);
    }
  },
  'delivers ranges of big objects': async ({ storage, limits }, check: Check) => {
    const big = pattern(limits.bigBytes, 4);
    await storage.create(key, bytesSource(big));
    for (const [start, end] of [
      [65_535, 65_537],
      [0, 1],
      [big.length >>> 1, big.length],
      [big.length - 1, big.length],
    ] as const) {
      const object = await storage.get(key, { range: { start, end } });
      check(object !== undefined, 'get() does not find the object');
      check(equalBytes(await readAll(object.body), big.subarray(start, end)), `range ${start}–${end}: other bytes`);
    }
  },
  'delivers ranges across the borders of parts': async ({ storage, limits }, check: Check) => {
    const { partSize } = limits;
    const parts = pattern(3 * partSize, 5);
    await storage.create(key, bytesSource(parts));
    for (const [start, end] of [
      [partSize - 1, partSize + 1],
      [partSize, 2 * partSize],
      [1, 3 * partSize - 1],
    ] as const) {
      const object = await storage.get(key, { range: { start, end } });
      check(object !== undefined, 'get() does not find the object');
      check(equalBytes(await readAll(object.body), parts.subarray(start, end)), `range ${start}–${end}: other bytes`);
    }
  },
  'refuses to start at or after the end': async ({ storage }, check: Check) => {
    await storage.create(key, bytesSource(bytes));
    for (const range of [{ start: size }, { start: size, end: size + 1 }, { start: 5000 }]) {
      const what = `get() from ${range.start} of ${size}`;
      const result = await outcome(storage.get(key, { range }));
      check('error' in result && isGoModKitError(result.error, 'range_not_satisfiable'), `${what} is not refused`);
      check(result.error.data.size === size, `${what}: the error does not say data.size`);
    }
  },
  'delivers nothing of an empty object': async ({ storage }, check: Check) => {
    await storage.create(key, bytesSource(new Uint8Array(0)));
    for (const range of [{ start: 0 }, { start: 0, end: 10 }, { start: 7 }]) {
      const object = await storage.get(key, { range });
      check(object !== undefined, 'get() does not find the empty object');
      check(object.range.start === 0 && object.range.end === 0, 'the range of an empty object is not 0–0');
      check((await readAll(object.body)).length === 0, 'an empty object delivers bytes');
    }
  },
  'refuses malformed ranges': async ({ storage }, check: Check) => {
    await storage.create(key, bytesSource(bytes));
    for (const range of [{ start: -1 }, { start: 0.5 }, { start: 2, end: 1 }, { start: Number.NaN }]) {
      await rejectsWith(check, () => storage.get(key, { range }), 'invalid_argument', `get() from ${range.start}`);
    }
  },
});
