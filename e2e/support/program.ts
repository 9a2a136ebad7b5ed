// Real processes of this repository: the gomodkit command and the examples, run from their sources.
//
// Invariants:
// - A process has the environment that is given and nothing else of the machine's settings.
// - close() ends it for certain; nothing outlives its test.

import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The root of the checkout. */
export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const cli = join(root, 'packages/cli/src/main.ts');

/** How a process ended. */
export interface Exit {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Where and how to start one. */
export interface ProgramOptions {
  /** Default: the root of the checkout. */
  readonly cwd?: string | undefined;
  /** The whole environment. Default: PATH, and no checksum database. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A process that ends by itself. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way. */
export interface Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What it wrote until now. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves to the first match in what it writes to standard output; rejects when it ends before, with all that it wrote. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** The same for standard error. */
  waitForError(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Kills it if it still runs, and waits for its end. */
  close(): Promise<void>;
}

/** A server that said its URL. */
export interface ServerProgram extends Program {
  readonly url: string;
}

/** `gomodkit` as a shell can run it, with its arguments to follow. */
export function commandLine(): readonly string[] {
  return [process.execPath, '--conditions=@gomodkit/source', '--import', loader, cli];
}

/** Starts a TypeScript program from its source. */
export function start(script: string, args: readonly string[], options: ProgramOptions = {}): Program {
  return watch(
    // The loader by its URL, as the working directory need not be below the checkout.
    spawn(process.execPath, ['--conditions=@gomodkit/source', '--import', loader, script, ...args], {
      cwd: options.cwd ?? root,
      env: { ...(options.env ?? defaultEnvironment()) },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Starts a program that is plain JavaScript. */
export function startBuilt(script: string, args: readonly string[]): Program {
  return watch(
    spawn(process.execPath, [script, ...args], { env: defaultEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Runs `gomodkit` with `args` to its end. */
export async function gomodkit(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  const program = start(cli, args, options);
  const { code } = await program.exited;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** Starts `gomodkit serve` on a free port. */
export async function serve(args: readonly string[], options: ProgramOptions = {}): Promise<ServerProgram> {
  const program = start(cli, ['serve', '--listen', '127.0.0.1:0', ...args], options);
  return withUrl(program, /^gomodkit serves (\S+)$/m);
}

/** Starts `examples/NAME/server.ts` on a free port. */
export async function serveExample(name: string, env: Readonly<Record<string, string>>): Promise<ServerProgram> {
  const directory = join(root, 'examples', name);
  const program = start('server.ts', [], { cwd: directory, env: { ...defaultEnvironment(), PORT: '0', ...env } });
  return withUrl(program, /^GOPROXY=(\S+)$/m);
}

const loader = pathToFileURL(join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;

/** No checksum database: it would know nothing of the modules of tests. */
function defaultEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', GOENV: 'off', GOAUTH: 'off', GOSUMDB: 'off' };
}

async function withUrl(program: Program, pattern: RegExp): Promise<ServerProgram> {
  try {
    const [, url = ''] = await program.waitFor(pattern);
    return Object.defineProperty(program, 'url', { value: url }) as ServerProgram;
  } catch (error) {
    await program.close();
    throw error;
  }
}

function watch(child: ChildProcess): Program {
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const waitIn = async (output: Output, pattern: RegExp): Promise<RegExpExecArray> => {
    const match = await Promise.race([output.waitFor(pattern), exited]);
    if (Array.isArray(match)) return match as RegExpExecArray;
    const last = pattern.exec(output.text);
    if (last !== null) return last;
    throw new Error(`it ended (${match.code ?? match.signal}) without ${pattern}:\n${stdout.text}${stderr.text}`);
  };
  return {
    pid: child.pid ?? -1,
    exited,
    get stdout() {
      return stdout.text;
    },
    get stderr() {
      return stderr.text;
    },
    waitFor: (pattern) => waitIn(stdout, pattern),
    waitForError: (pattern) => waitIn(stderr, pattern),
    kill: (signal) => {
      child.kill(signal);
    },
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

interface Output {
  readonly text: string;
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
}

function collect(stream: Readable | null): Output {
  let text = '';
  const checks = new Set<() => void>();
  stream?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (const check of checks) check();
  });
  return {
    get text() {
      return text;
    },
    waitFor: (pattern) =>
      new Promise((resolve) => {
        const check = (): void => {
          const match = pattern.exec(text);
          if (match === null) return;
          checks.delete(check);
          resolve(match);
        };
        checks.add(check);
        check();
      }),
  };
}
