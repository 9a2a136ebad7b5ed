import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPacer } from '../zip/pace.ts';
import { pacedSort } from './paced-sort.ts';

const byKey = (a: { readonly key: number }, b: { readonly key: number }): number => a.key - b.key;

it('sorts as the engine does, stably, and leaves its input alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 9000 }), fc.integer({ min: 1, max: 5000 }), async (length, keys) => {
      const items = Array.from({ length }, (_, i) => ({ key: (i * 7919) % keys, i }));
      const before = [...items];
      expect(await pacedSort(items, byKey, createPacer(undefined))).toEqual([...items].sort(byKey));
      expect(items).toEqual(before);
    }),
    {
      numRuns: 20,
      examples: [
        [0, 1],
        [2048, 3],
        [2049, 3],
        [4097, 4000],
      ],
    },
  );
});

it('lets the event loop turn, and stops when aborted', async () => {
  let turns = 0;
  const abort = new AbortController();
  const pace = async (): Promise<void> => {
    if (++turns === 5) abort.abort('stop');
    abort.signal.throwIfAborted();
  };
  const items = Array.from({ length: 100_000 }, (_, i) => ({ key: -i }));
  await expect(pacedSort(items, byKey, pace)).rejects.toBe('stop');
});
