import { expect, it } from 'vitest';
import { byteCache } from './byte-cache.ts';

it('drops what was not used for longest, also values of no bytes', () => {
  const cache = byteCache<number, string>(4096, (value) => value.length);
  for (let key = 0; key < 100; key++) {
    cache.set(key, '');
    cache.get(0);
  }
  const kept = Array.from({ length: 100 }, (_, key) => key).filter((key) => cache.get(key) !== undefined);
  expect(kept[0]).toBe(0);
  expect(kept.at(-1)).toBe(99);
  expect(kept.length).toBeLessThan(20);
});

it('keeps one value of any size where it is told to', () => {
  const [some, any] = [false, true].map((keepsAny) => byteCache<string, string>(10, (value) => value.length, keepsAny));
  for (const cache of [some, any]) cache?.set('a', 'x'.repeat(100));
  expect(some?.get('a')).toBeUndefined();
  expect(any?.get('a')).toHaveLength(100);
});
