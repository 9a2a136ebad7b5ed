// Go's own answers, from the program in tools/godiff.
//
// Invariants:
// - One build and one process per test file; batches of any size are in flight at once, answers come in order.
// - No go command: the tests are skipped, visibly. A go command that cannot build the program is a failure.
// - The program's Unicode tables are those that core takes by default, or nothing is asked.

import { type ChildProcessWithoutNullStreams, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bytesOfText } from './raw-text.ts';

/** One entry of a file list. */
export interface QuestionFile {
  readonly name: string;
  readonly kind: 'regular' | 'directory' | 'symlink' | 'other';
  readonly data: Uint8Array;
  /** What the file says it has, where that is not the length of `data`. */
  readonly size?: number | undefined;
}

/** What to ask: an operation of tools/godiff and its arguments. */
export interface Question {
  readonly op: string;
  readonly args?: readonly (string | Uint8Array)[];
  readonly files?: readonly QuestionFile[];
}

/** What Go said. `value` has the shape that the operation gives it in tools/godiff. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** A running godiff. */
export interface Oracle {
  /** Asks all questions at once; the answers are in their order. */
  ask(questions: readonly Question[]): Promise<Answer[]>;
  close(): Promise<void>;
}

/** Whether there is a go command. */
export const goIsPresent: boolean = spawnSync('go', ['version']).status === 0;

/** The Unicode version of Go 1.21 to 1.26, and core's default. */
const unicode = '15.0.0';

/** Builds the program and starts it. */
export async function startOracle(): Promise<Oracle> {
  const directory = await mkdtemp(join(tmpdir(), 'godiff-'));
  const removeDirectory = () => rm(directory, { recursive: true, force: true });
  try {
    const program = join(directory, process.platform === 'win32' ? 'godiff.exe' : 'godiff');
    await promisify(execFile)('go', ['build', '-o', program, '.'], {
      cwd: fileURLToPath(new URL('../../tools/godiff/', import.meta.url)),
      env: { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    });
    const oracle = talkTo(
      spawn(program, { stdio: 'pipe', env: { ...process.env, TMPDIR: directory } }),
      removeDirectory,
    );
    const [answer] = await oracle.ask([{ op: 'unicode' }]);
    if (answer?.value === unicode) return oracle;
    await oracle.close();
    throw new Error(
      `this go has Unicode ${answer?.value}, core's default is ${unicode}: compare with one of Go 1.21 to 1.26 (GOTOOLCHAIN=go1.26.8)`,
    );
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

function talkTo(child: ChildProcessWithoutNullStreams, afterwards: () => Promise<void>): Oracle {
  const waiting: Waiting[] = [];
  // Where the next answer belongs; shifting thousands of times from an array is slow.
  let next = 0;
  let lines = '';
  let complaints = '';
  let ended: Error | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const complete = (lines + text).split('\n');
    lines = complete.pop() ?? '';
    for (const line of complete) waiting[next++]?.resolve(JSON.parse(line) as Answer);
    if (next < waiting.length) return;
    waiting.length = 0;
    next = 0;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  // A write to a program that is gone; `close` says why.
  child.stdin.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      complaints += error.message;
    });
    child.on('close', (code) => {
      ended = new Error(`godiff ended with ${code}: ${complaints}`);
      for (const { reject } of waiting.slice(next)) reject(ended);
      resolve();
    });
  });

  return {
    async ask(questions) {
      if (ended !== undefined) throw ended;
      const answers = questions.map(() => new Promise<Answer>((resolve, reject) => waiting.push({ resolve, reject })));
      child.stdin.write(questions.map(encodeQuestion).join(''));
      return Promise.all(answers);
    },
    async close() {
      child.stdin.end();
      await closed;
      await afterwards();
    },
  };
}

function encodeQuestion({ op, args = [], files = [] }: Question): string {
  const question = {
    op,
    args: args.map((arg) => base64(typeof arg === 'string' ? bytesOfText(arg) : arg)),
    files: files.map(({ name, kind, data, size }) => ({
      name: base64(bytesOfText(name)),
      kind,
      data: base64(data),
      size,
    })),
  };
  return `${JSON.stringify(question)}\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
