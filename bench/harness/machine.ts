// Facts about the machine and the checkout, without which numbers mean nothing.

import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { rootDirectory } from './paths.ts';

/** What a result was measured on. */
export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Average number of runnable processes over the last minute, at the start: what else the machine was doing. */
  readonly load: number;
  /** The go command's version, where there is one. */
  readonly go: string | undefined;
  /** The commit of the checkout, where there is one, `+` behind it when files differ. */
  readonly commit: string | undefined;
}

/** Gathers the facts. */
export function describeMachine(): Machine {
  const commit = output('git', ['rev-parse', '--short=12', 'HEAD']);
  const changed = output('git', ['status', '--porcelain', '--untracked-files=no']);
  return {
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
    go: output('go', ['env', 'GOVERSION']),
    commit: commit === undefined ? undefined : commit + (changed ? '+' : ''),
  };
}

function output(command: string, parameters: readonly string[]): string | undefined {
  try {
    return execFileSync(command, parameters, {
      cwd: rootDirectory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
