// Random choices that one seed makes again.

/** Choices from a seed. */
export interface Choice {
  /** From 0 to `below`, exclusive. */
  number(below: number): number;
  /** True this often: 0 to 1. */
  chance(probability: number): boolean;
  one<T>(values: readonly T[]): T;
  /** Each value with the given probability, in order. */
  some<T>(values: readonly T[], probability: number): T[];
}

/** Choices from `seed` (mulberry32). */
export function choiceFrom(seed: number): Choice {
  let state = (seed * 2_654_435_761) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const number = (below: number): number => Math.floor(next() * below);
  return {
    number,
    chance: (probability) => next() < probability,
    one: (values) => values[number(values.length)] as (typeof values)[number],
    some: (values, probability) => values.filter(() => next() < probability),
  };
}
