// One build for every package: ESM and CJS, each with its own types, no bundled dependencies. `#…` imports stay as they
// are, because the package's own `imports` map chooses between Node and other runtimes when the package is loaded.
import { defineConfig } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/** The build of a package whose public entry points are `entry` (output name → source file). */
export function library(entry: Record<string, string>): Config {
  return defineConfig((options) => ({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'neutral',
    external: [/^#/, /^node:/],
    splitting: true,
    sourcemap: true,
    clean: false,
    treeshake: true,
    dts: options.dts ?? true,
  }));
}
