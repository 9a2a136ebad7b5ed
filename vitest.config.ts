import { defineConfig } from 'vitest/config';

// Packages are tested from their sources: the `@gomodkit/source` condition of every exports and imports map points there.
// Test files by what they need:
//   *.test.ts        nothing but Node (and `go`, skipped visibly without it); `pnpm test`
//   *.network.test.ts  the Go module proxy that `go env GOPROXY` names; `pnpm test:network`
// No `import` here: vitest hands these to Node as --conditions, where it would also apply to require() and give CommonJS packages ESM.
const conditions = ['@gomodkit/source', 'node'];
const network = process.env.GOMODKIT_TEST_NETWORK === '1';
const report = process.env.GOMODKIT_TEST_REPORT;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [network ? '{packages,e2e}/**/*.network.test.ts' : '{packages,e2e,examples,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', ...(network ? [] : ['**/*.network.test.ts'])],
    setupFiles: ['scripts/property-seed.ts'],
    pool: 'forks',
    execArgv: ['--conditions=@gomodkit/source'],
    testTimeout: network ? 600_000 : 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
