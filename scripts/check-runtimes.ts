// Runs e2e/runtime-smoke.mjs, which loads the built packages, on every runtime that npm delivers whole. Needs `pnpm build` and npm.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './entry-points.ts';

const runtimes: Readonly<Record<string, readonly string[]>> = {
  'this Node': [process.execPath],
  'Node 22': ['npx', '-y', '-p', 'node@22', 'node'],
  'Node 24': ['npx', '-y', '-p', 'node@24', 'node'],
  'Node 26': ['npx', '-y', '-p', 'node@26', 'node'],
  Bun: ['npx', '-y', 'bun'],
  Deno: ['npx', '-y', 'deno', 'run', '-A', '--node-modules-dir=manual'],
};

let failed = 0;
for (const [name, [command = '', ...args]] of Object.entries(runtimes)) {
  const { status, stderr } = spawnSync(command, [...args, 'runtime-smoke.mjs'], {
    cwd: join(root, 'e2e'),
    encoding: 'utf8',
    timeout: 180_000,
  });
  console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'}`);
  if (status !== 0) {
    console.error(stderr);
    failed++;
  }
}
process.exit(failed > 0 ? 1 : 0);
