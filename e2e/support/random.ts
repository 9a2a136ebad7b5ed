// Numbers that look random and can be had again: a failing run prints its seed.

/** The seed of this run: GOMODKIT_TEST_SEED, else another one each time. */
export function testSeed(): number {
  const given = Number(process.env.GOMODKIT_TEST_SEED);
  return Number.isInteger(given) && given > 0 ? given : Date.now() % 2 ** 31;
}

/** Numbers from 0 (inclusive) to 1 (exclusive), always the same for one seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
