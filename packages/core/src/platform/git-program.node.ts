// Running git under Node.
//
// Invariants:
// - No shell. The program sees the variables it is given and the few it inherits by name, never the rest of this process's.
// - It is the leader of a process group of its own, and that group is ended whenever the call ends, however it ends.
// - What it prints, says, takes in time and writes to disk is bounded; its standard input is closed or ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { onAbort } from '../async/abort.ts';
import { GoModKitError } from '../errors/error.ts';
import type { GitCutShort, GitResult, GitRun } from './git-program.types.ts';

/** What opens as an empty file. */
export const nullDevice: string = devNull;

const messagesKept = 16 * 1024;
const watchEvery = 200;

/**
 * Runs git to its end. Resolves to how it ended, or to which limit cut it short; rejects with the signal's reason, and with
 * `unsupported` where the program cannot be started.
 */
export function runGit(run: GitRun): Promise<GitResult | GitCutShort> {
  return new Promise((resolve, reject) => {
    run.signal?.throwIfAborted();
    const child = spawn(run.program, run.args, {
      cwd: run.directory,
      env: { ...inherited(run.inherit), ...run.environment },
      detached: process.platform !== 'win32',
      stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let settled = false;
    const settle = (how: () => void): void => {
      if (settled) return;
      settled = true;
      watch.stop();
      stopListening();
      endGroup(child);
      how();
    };
    const watch = startWatch(run, child.pid, (cut) => settle(() => resolve({ cut })));
    const stopListening = onAbort(run.signal, (reason) => settle(() => reject(reason)));
    const output = collectOutput(run, child, watch, (how) => settle(() => resolve(how)));
    const messages = collectMessages(child, watch);
    child.on('error', (cause) => settle(() => reject(cannotRun(run.program, cause))));
    child.on('close', (status) =>
      settle(() => resolve({ status, output: Buffer.concat(output), messages: messages() })),
    );
    // A program that ends before it has read its input says why by its status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(run.input);
  });
}

function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function cannotRun(program: string, cause: Error): GoModKitError {
  const message = `the git program cannot be run as ${program}; install git, or use the engine isomorphic-git`;
  return new GoModKitError('unsupported', message, { cause });
}

function collectOutput(
  run: GitRun,
  child: ChildProcess,
  watch: Watch,
  end: (how: GitResult | GitCutShort) => void,
): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let size = 0;
  child.stdout?.on('data', (chunk: Uint8Array) => {
    watch.alive();
    size += chunk.length;
    if (size > run.outputLimit) end({ cut: 'output' });
    else if (run.onOutput === undefined) chunks.push(chunk);
    else if (run.onOutput(chunk)) end({ status: 0, output: new Uint8Array(0), messages: '' });
  });
  return chunks;
}

/** Progress goes on for as long as it likes: the beginning and the end are kept. */
function collectMessages(child: ChildProcess, watch: Watch): () => string {
  let head = '';
  let tail = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    watch.alive();
    const room = Math.max(0, messagesKept - head.length);
    head += text.slice(0, room);
    tail = (tail + text.slice(room)).slice(-messagesKept);
  });
  return () => head + tail;
}

interface Watch {
  /** There is progress. */
  alive(): void;
  stop(): void;
}

function startWatch(
  { growth, idle, memory, total }: GitRun,
  pid: number | undefined,
  end: (cut: GitCutShort['cut']) => void,
): Watch {
  let last = performance.now();
  const alive = (): void => {
    last = performance.now();
  };
  const deadline = setTimeout(() => end('total'), Math.min(total, 2 ** 31 - 1));
  let before: number | undefined;
  let size = 0;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const now = growth === undefined ? 0 : await sizeOf(growth.path);
    const resident = memory === undefined || pid === undefined ? 0 : await residentBytes(pid);
    looking = false;
    before ??= now;
    if (now !== size) alive();
    size = now;
    if (memory !== undefined && resident > memory) end('memory');
    else if (growth !== undefined && now - before > growth.bytes) end('growth');
    else if (idle !== undefined && performance.now() - last > idle) end('idle');
  };
  const watches = growth !== undefined || idle !== undefined || memory !== undefined;
  const timer = !watches ? undefined : setInterval(() => void look(), watchEvery);
  if (timer !== undefined) void look();
  const stop = (): void => {
    clearTimeout(deadline);
    clearInterval(timer);
  };
  return { alive, stop };
}

/** Bytes of a file, or of the files right in a directory; what is not there, or gone meanwhile, counts nothing. */
async function sizeOf(path: string): Promise<number> {
  const own = await stat(path).catch(() => undefined);
  if (own === undefined) return 0;
  if (!own.isDirectory()) return own.size;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(path, name)).then(
        (each) => each.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const pageSize = 4096;

/** Of a process and all below it; 0 where the system does not tell. */
async function residentBytes(pid: number): Promise<number> {
  const [statm, children] = await Promise.all(
    [`/proc/${pid}/statm`, `/proc/${pid}/task/${pid}/children`].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const own = Number(statm?.split(' ')[1] ?? 0) * pageSize;
  const below = (children ?? '').split(' ').filter((each) => each !== '');
  const sizes = await Promise.all(below.map((each) => residentBytes(Number(each))));
  return sizes.reduce((sum, size) => sum + size, own);
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
