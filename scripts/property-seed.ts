// Property tests draw new cases at every run, unless GOMODKIT_TEST_SEED names a seed: .ci/run does, so that a red build is about the change
// and not about luck. Whoever wants to search runs `pnpm test:full`.

const seed = process.env.GOMODKIT_TEST_SEED;
if (seed !== undefined) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}

export {};
