// instance.ts as plain JavaScript in one folder: what it needs of memory and start-up is its own, not a TypeScript loader's.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';
import { root } from './program.ts';

/** A built instance. */
export interface BuiltInstance {
  /** The program, for node. */
  readonly script: string;
  close(): Promise<void>;
}

/** Builds it with all that it imports. */
export async function buildInstance(): Promise<BuiltInstance> {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-instance-'));
  await build({
    config: false,
    silent: true,
    entry: { instance: join(root, 'e2e/support/instance.ts') },
    outDir: directory,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    platform: 'node',
    noExternal: [/./],
    // CommonJS packages in the bundle call it.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    esbuildOptions(options) {
      options.conditions = ['@gomodkit/source'];
    },
  });
  return { script: join(directory, 'instance.mjs'), close: () => rm(directory, { recursive: true, force: true }) };
}
