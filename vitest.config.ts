import { defineConfig } from 'vitest/config';

// Packages are tested from their sources: the `@gomodkit/source` condition of every exports and imports map points there.
export default defineConfig({
  resolve: { conditions: ['@gomodkit/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@gomodkit/source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'e2e/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    pool: 'forks',
    testTimeout: 20_000,
    restoreMocks: true,
    execArgv: ['--conditions=@gomodkit/source'],
  },
});
