// Programs of this folder as plain JavaScript: what they need of memory, and until they are up, is their own and not a TypeScript loader's.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';
import { root } from './program.ts';

/** A built program. */
export interface BuiltProgram {
  /** The program, for node. */
  readonly script: string;
  close(): Promise<void>;
}

/** Builds `NAME.ts` of this folder with all that it imports. */
export async function buildProgram(name: string): Promise<BuiltProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-built-'));
  await build({
    config: false,
    silent: true,
    entry: [join(root, `e2e/support/${name}.ts`)],
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
  return { script: join(directory, `${name}.mjs`), close: () => rm(directory, { recursive: true, force: true }) };
}
