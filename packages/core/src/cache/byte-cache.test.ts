import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteCache, entryOverhead } from './byte-cache.ts';

/** Weight of an entry whose value weighs `weight`, in the first section ("0 " before its name). */
const full = (name: string, weight: number): number => weight + 2 * (name.length + 2) + entryOverhead;

describe('a cache that is bounded by bytes', () => {
  it('drops what was used least recently, and says so', () => {
    const dropped: string[] = [];
    const cache = createByteCache({ maxBytes: 4 * full('a', 0), now: () => 0 });
    const section = cache.section<number>({ weigh: () => 0, onDrop: (name) => dropped.push(name) });
    for (const name of ['a', 'b', 'c', 'd']) section.set(name, 1);
    section.get('a');
    section.set('e', 1);
    expect(dropped).toEqual(['b']);
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => section.get(name))).toEqual([1, undefined, 1, 1, 1]);
  });

  it('keeps nothing that would take more than a quarter of the room, and says that it does not', () => {
    const dropped: string[] = [];
    const cache = createByteCache({ maxBytes: 4 * full('a', 100), now: () => 0 });
    const section = cache.section<number>({ weigh: (value) => value, onDrop: (name) => dropped.push(name) });
    section.set('a', 100);
    section.set('b', 101);
    section.set('a', 101);
    expect([section.get('a'), section.get('b'), cache.bytes]).toEqual([undefined, undefined, 0]);
    expect(dropped).toEqual(['b', 'a']);
  });

  it('keeps sections apart', () => {
    const cache = createByteCache({ maxBytes: 1e6, now: () => 0 });
    const [one, two] = [cache.section<number>({ weigh: () => 1 }), cache.section<number>({ weigh: () => 1 })];
    one.set('a', 1);
    two.set('a', 2);
    two.delete('a');
    expect([one.get('a'), two.get('a')]).toEqual([1, undefined]);
  });

  it('behaves like a list that is searched from the front (model)', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.oneof(
      fc.record({ type: fc.constant('set' as const), name, weight: fc.nat(300), life: fc.option(fc.nat(20)) }),
      fc.record({ type: fc.constant('get' as const), name }),
      fc.record({ type: fc.constant('delete' as const), name }),
      fc.record({ type: fc.constant('wait' as const), time: fc.nat(10) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const maxBytes = 1600;
        let time = 0;
        const dropped: string[] = [];
        const cache = createByteCache({ maxBytes, now: () => time });
        const section = cache.section<number>({ weigh: (weight) => weight, onDrop: (each) => dropped.push(each) });
        // Oldest use first.
        let model: { name: string; weight: number; end: number }[] = [];
        const without = (each: string) => model.filter((entry) => entry.name !== each);
        for (const at of steps) {
          if (at.type === 'wait') time += at.time;
          else if (at.type === 'delete') {
            section.delete(at.name);
            model = without(at.name);
          } else if (at.type === 'set') {
            section.set(at.name, at.weight, at.life ?? undefined);
            model = without(at.name);
            if (full(at.name, at.weight) <= maxBytes / 4) {
              model.push({ name: at.name, weight: at.weight, end: time + (at.life ?? Number.POSITIVE_INFINITY) });
            }
            while (model.reduce((sum, entry) => sum + full(entry.name, entry.weight), 0) > maxBytes) model.shift();
          } else {
            const entry = model.find((each) => each.name === at.name);
            const live = entry !== undefined && entry.end > time;
            expect(section.get(at.name)).toBe(live ? entry.weight : undefined);
            model = without(at.name);
            if (live) model.push(entry);
          }
          expect(cache.bytes).toBe(model.reduce((sum, entry) => sum + full(entry.name, entry.weight), 0));
          expect(cache.bytes).toBeLessThanOrEqual(maxBytes);
        }
      }),
      { numRuns: 500 },
    );
  });
});
