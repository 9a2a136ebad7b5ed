import { defineConfig } from 'tsup';

// Every program is run by plain node, and what it measures comes from the dist of the packages: dependencies are not bundled.
export default defineConfig({
  entry: [
    'run.ts',
    'programs/bare-server.ts',
    'programs/buckets.ts',
    'programs/capture.ts',
    'programs/git.ts',
    'programs/load.ts',
    'programs/server.ts',
    'programs/sumdb.ts',
    'programs/upstream.ts',
    'programs/worker.ts',
  ],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  splitting: true,
  sourcemap: true,
  clean: true,
});
