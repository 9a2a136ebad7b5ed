import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8 } from '../bytes/utf8.ts';
import { SortedKeys } from './sorted-keys.ts';

it('agrees with a sorted array under any adds and deletes', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', 'ä', '～', '😀'), maxLength: 4 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), word), { maxLength: 200 }), word, (steps, from) => {
      const keys = new SortedKeys();
      const model = new Set<string>();
      for (const [add, key] of steps) {
        if (add) keys.add(key);
        else keys.delete(key);
        if (add) model.add(key);
        else model.delete(key);
      }
      const wanted = [...model].sort(compareUtf8).filter((key) => compareUtf8(key, from) >= 0);
      expect([...keys.from(from)]).toEqual(wanted);
    }),
  );
});

it('stays sorted across many runs', () => {
  const keys = new SortedKeys();
  const count = 20_000;
  for (let i = 0; i < count; i++) keys.add(String((i * 7919) % count).padStart(6, '0'));
  const listed = [...keys.from('')];
  expect(listed).toHaveLength(count);
  expect(listed).toEqual([...listed].sort());
  for (const key of listed) keys.delete(key);
  expect([...keys.from('')]).toEqual([]);
});
