// Starting a TypeScript file of this folder as a process of its own.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts `file` (of this folder) with `args`, optionally under a shell command such as `ulimit -n 64 &&`. */
export function startChild(file: string, args: readonly string[], before = ''): ChildProcessWithoutNullStreams {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const command = [
    process.execPath,
    '--conditions=@gomodkit/source',
    '--import',
    import.meta.resolve('tsx'),
    path,
    ...args,
  ];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const script = `${before} exec "$@"`;
  return spawn('/bin/sh', ['-c', script, 'sh', ...command], { env });
}

/** What a process wrote, once it has ended. */
export async function outputOf(
  child: ChildProcessWithoutNullStreams,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number | null }> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { stdout, stderr, code };
}
