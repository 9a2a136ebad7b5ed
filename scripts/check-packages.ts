// Checks every package as npm would publish it: packed by pnpm, then publint (metadata, files) and attw (types as ESM and CJS see them).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { packageFolders, root } from './entry-points.ts';

const target = mkdtempSync(join(tmpdir(), 'gomodkit-pack-'));
let failed = 0;

function run(what: string, command: string, args: readonly string[], cwd: string = root): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    console.error(`${what} failed\n${stdout ?? ''}${stderr ?? ''}`);
    failed++;
    return '';
  }
}

for (const folder of packageFolders()) {
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string };
  run(`${name}: publint`, 'pnpm', ['exec', 'publint', 'run', folder, '--strict', '--pack', 'pnpm']);
  const packed = run(`${name}: pack`, 'pnpm', ['pack', '--json', '--pack-destination', target], folder);
  if (packed === '') continue;
  const { filename } = JSON.parse(packed) as { filename: string };
  run(`${name}: attw`, 'pnpm', ['exec', 'attw', join(target, basename(filename)), '--profile', 'node16', '--quiet']);
  console.log(`checked ${name}`);
}
rmSync(target, { recursive: true, force: true });
process.exit(failed > 0 ? 1 : 0);
