// What a configuration file or a plugin in TypeScript imports of ours is the copy that runs, also where the program was started by npx and
// nothing is installed.
//
// Invariant: every entry point is named, because an alias of a package alone would be put before the rest of `@gomodkit/core/storage`.

import { createRequire } from 'node:module';

/** Entry points of our packages and where their running copies are. */
export function ownPackages(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const { exports } = require('@gomodkit/core/package.json') as { readonly exports: Readonly<Record<string, unknown>> };
  const core = Object.keys(exports).map((entry) => `@gomodkit/core${entry.slice(1)}`);
  return Object.fromEntries(['gomodkit', ...core].map((name) => [name, require.resolve(name)]));
}
