// Running the real go command.
//
// Invariants:
// - Its environment is exactly what is given; without one it is the caller's.
// - An aborted or overdue command is killed, with what it has started.

import { execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { GoModKitError } from '@gomodkit/core/errors';

/** Options of {@link goCommand}. */
export interface GoCommandOptions {
  /** The directory that it runs in. Default: the current one. */
  readonly cwd?: string | undefined;
  /** The whole environment, such as {@link goEnvironment} makes. Default: the caller's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** `true`: resolve also when the command fails, for tests of failures. */
  readonly allowFailure?: boolean | undefined;
  /** Milliseconds until it is killed. Default 120,000. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a go command did. */
export interface GoResult {
  /** Exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A go command that failed: its message holds the command line and what it wrote to stderr. */
export class GoCommandError extends Error {
  readonly result: GoResult;

  constructor(args: readonly string[], result: GoResult) {
    super(`go ${args.join(' ')}: exit code ${result.code}\n${result.stderr}${result.stdout}`);
    this.name = 'GoCommandError';
    this.result = result;
  }
}

/**
 * Runs `go` with `args`. Rejects with {@link GoCommandError} when it fails, with `unsupported` when there is no go command on PATH, with
 * `upstream_timeout` after `timeout`, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { goCommand } from '@gomodkit/testing';
 *
 * const { stdout } = await goCommand(['env', 'GOVERSION']);
 * console.log(stdout.trim());
 * ```
 */
export async function goCommand(args: readonly string[], options: GoCommandOptions = {}): Promise<GoResult> {
  const { allowFailure = false, signal, timeout = 120_000 } = options;
  signal?.throwIfAborted();
  const result = await run(args, options, timeout);
  signal?.throwIfAborted();
  if (result === 'overdue') {
    throw new GoModKitError('upstream_timeout', `go ${args.join(' ')}: not done after ${timeout} ms`);
  }
  if (result.code !== 0 && !allowFailure) throw new GoCommandError(args, result);
  return result;
}

/** The version of the go command on PATH, such as `go1.26.8`; undefined where there is none. For skipping tests visibly. */
export async function findGo(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION'], {
      env: { ...process.env, GOTOOLCHAIN: 'local' },
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

function run(
  args: readonly string[],
  { cwd, env, signal }: GoCommandOptions,
  timeout: number,
): Promise<GoResult | 'overdue'> {
  return new Promise((resolve, reject) => {
    // A process group of its own, as the go command starts compilers and linkers.
    const child = spawn('go', args, { cwd, env, detached: hasGroups, stdio: ['ignore', 'pipe', 'pipe'] });
    let overdue = false;
    const kill = (): void => killGroup(child.pid);
    const timer = setTimeout(() => {
      overdue = true;
      kill();
    }, timeout);
    signal?.addEventListener('abort', kill);
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      done();
      reject(cause.code === 'ENOENT' ? noGo(cause) : cause);
    });
    child.on('close', (code) => {
      done();
      resolve(overdue ? 'overdue' : { code: code ?? -1, stdout: stdout(), stderr: stderr() });
    });
  });
}

const hasGroups = process.platform !== 'win32';

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(hasGroups ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}

function noGo(cause: Error): GoModKitError {
  return new GoModKitError(
    'unsupported',
    'cannot run go: it is not on PATH, or the directory to run it in is not there',
    { cause },
  );
}
