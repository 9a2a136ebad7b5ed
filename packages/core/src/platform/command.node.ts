// Running a program that the user named, for what it prints.
//
// Invariants:
// - No shell: the words are the program and its arguments.
// - The program and its children end when the call does; what it prints beyond the limit, and how long it takes, is bounded.

import { spawn } from 'node:child_process';
import { GoModKitError } from '../errors/error.ts';
import type { CommandOptions } from './types.ts';

/**
 * Runs a program and resolves to what it printed. Rejects with `upstream_unavailable` when it fails (`data.status`: its exit status, where it
 * ended by itself), with `invalid_argument` for words that no program can get, and with the signal's reason.
 */
export function runCommand(words: readonly string[], options: CommandOptions): Promise<Uint8Array> {
  const [program = '', ...args] = words;
  const { signal, directory, input = '', limit, milliseconds } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (words.some((word) => word.includes('\0')) || program === '') {
      throw new GoModKitError('invalid_argument', 'a program to run has an empty name, or its words hold a zero byte');
    }
    const child = spawn(program, args, {
      cwd: directory,
      // Of its own, so that its children can be ended with it.
      detached: process.platform !== 'win32',
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GCM_INTERACTIVE: 'never' },
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    let settled = false;
    const settle = (how: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      endGroup(child.pid);
      how();
    };
    const fail = (
      why: string,
      { cause, data = {} }: { cause?: unknown; data?: { status?: number | null } } = {},
    ): void => settle(() => reject(new GoModKitError('upstream_unavailable', `${program}: ${why}`, { cause, data })));
    const stop = (): void => settle(() => reject(signal?.reason));
    const timer = setTimeout(() => fail(`it did not end within ${milliseconds / 1000} s`), milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
    child.on('error', (error) => fail('it cannot be run', { cause: error }));
    child.stdout.on('data', (chunk: Uint8Array) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) fail(`it printed more than ${limit} bytes`);
    });
    child.on('close', (code, signalName) => {
      if (code === 0) settle(() => resolve(Buffer.concat(chunks)));
      else fail(`it ended with ${signalName ?? `status ${code}`}`, { data: { status: code } });
    });
    // A program that does not read its input is none of our business.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
