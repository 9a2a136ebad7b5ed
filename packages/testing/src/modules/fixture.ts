// One module version of a test.

import type { MemoryModule } from '@gomodkit/core/source';

/**
 * Files of a module by slash-separated path. Three names are special, as in Go's own test proxies: `.mod` is what the proxy
 * answers for `.mod` (default: go.mod), `.info` is a JSON object with `Time` and `Origin`, and `.branches` names the branches, tags and
 * commits that this version answers, one per line.
 */
export type ModuleFiles = Readonly<Record<string, string | Uint8Array>>;

/** A module version with everything that can be said about it. */
export interface ModuleFixture extends MemoryModule {
  readonly files: ModuleFiles;
}
