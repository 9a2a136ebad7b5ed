// One build for every package: ESM and CJS, each with its own types, no bundled dependencies. `#…` imports stay as they
// are, because the package's own `imports` map chooses between Node and other runtimes when the package is loaded.
import { defineConfig, type Options } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/** The options of a package whose public entry points are `entry` (output name → source file). */
export function libraryOptions(entry: Record<string, string>, overrides: Options): Options {
  return {
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'neutral',
    external: [/^#/, /^node:/],
    splitting: true,
    sourcemap: true,
    treeshake: true,
    dts: overrides.dts ?? true,
  };
}

/** The build of a package that is nothing but a library. */
export function library(entry: Record<string, string>): Config {
  return defineConfig((overrides) => libraryOptions(entry, overrides));
}
