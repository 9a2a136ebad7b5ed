// What a configuration file or a plugin in TypeScript imports of ours is the copy that runs, also where the program was started by npx and
// nothing is installed.

import { createRequire } from 'node:module';

/** Names of our packages and where their running copies are. */
export function ownPackages(): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(['gomodkit', '@gomodkit/core'].map((name) => [name, require.resolve(name)]));
}
