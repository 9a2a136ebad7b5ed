import { expect, it } from 'vitest';
import { checkModulePath, knownTarget, targetOf } from './keys.ts';

const path = 'example.com/Upper/m';

it('a version has the same keys however often it is asked for', () => {
  const first = targetOf(path, 'v1.2.3-RC.1');
  expect(first).toEqual({
    path,
    version: 'v1.2.3-RC.1',
    name: `${path}@v1.2.3-RC.1`,
    info: 'example.com/!upper/m/@v/v1.2.3-!r!c.1.info',
    mod: 'example.com/!upper/m/@v/v1.2.3-!r!c.1.mod',
    ziphash: 'example.com/!upper/m/@v/v1.2.3-!r!c.1.ziphash',
    zip: 'example.com/!upper/m/@v/v1.2.3-!r!c.1.zip',
  });
  expect(targetOf(path, 'v1.2.3-RC.1')).toEqual(first);
  expect(knownTarget(path, 'v1.2.3-RC.1')).toEqual(first);
});

it.each<[string, string]>([
  [path, 'v1.2'],
  [path, 'v2.0.0'],
  [path, ''],
  ['example.com/a/../b', 'v1.0.0'],
  // Named as a good pair is, and none.
  ['example.com/m@v1.0.0', ''],
  ['example.com', 'm@v1.0.0'],
  ['', 'example.com/m@v1.0.0'],
])('%j@%j is refused each time, whatever was asked for before', (wrong, version) => {
  targetOf('example.com/m', 'v1.0.0');
  for (let i = 0; i < 2; i++) {
    expect(() => targetOf(wrong, version)).toThrow(/invalid|malformed/);
    expect(knownTarget(wrong, version)).toBeUndefined();
  }
});

it('what is remembered is bounded, by number and by length', () => {
  for (let i = 0; i < 10_000; i++) targetOf('example.com/m', `v1.0.${i}`);
  const known = Array.from({ length: 10_000 }, (_, i) => knownTarget('example.com/m', `v1.0.${i}`));
  const kept = known.filter((each) => each !== undefined).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(4000);
  const long = `example.com/${'long/'.repeat(40)}m`;
  targetOf(long, 'v1.0.0');
  expect(knownTarget(long, 'v1.0.0')).toBeUndefined();
  expect(() => checkModulePath(long)).not.toThrow();
});
