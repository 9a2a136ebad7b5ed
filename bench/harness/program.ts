// Programs that are measured, or that help to: each a process of its own that answers JSON lines.
//
// Invariants:
// - A request is one line on standard input, its answer one line on standard output, in order.
// - A program that ends early fails every question that waits, with what it wrote to standard error.
// - The end of standard input ends the program: none outlives the harness.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { programPath, rootDirectory } from './paths.ts';

/** A running program. */
export interface Program {
  readonly pid: number;
  /** Asks, and waits for the answer. */
  ask<T>(request: object): Promise<T>;
  stop(): Promise<void>;
}

interface Waiting {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** Starts one of bench/programs under node. */
export function startNode(name: string, nodeOptions: readonly string[] = []): Program {
  return startProgram(process.execPath, [...nodeOptions, programPath(name)]);
}

/** Starts a program that speaks JSON lines. */
export function startProgram(command: string, parameters: readonly string[] = []): Program {
  const child = spawn(command, parameters, { cwd: rootDirectory, stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting: Waiting[] = [];
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { readonly error?: string };
    const { resolve, reject } = waiting.shift() ?? {};
    if (answer.error === undefined) resolve?.(answer as never);
    else reject?.(new Error(`${parameters.at(-1) ?? command}: ${answer.error}`));
  });
  const fail = (reason: string): void => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${command} ${parameters.join(' ')} ${reason}`));
  };
  child.once('error', (error) => fail(`cannot be started: ${error.message}`));
  child.once('close', (code, signal) => fail(`ended early (${signal ?? code}): ${complaint}`));
  child.stdin.on('error', () => {});
  return {
    pid: child.pid ?? -1,
    ask<T>(request: object) {
      return new Promise<T>((resolve, reject) => {
        if (hasEnded(child)) return reject(new Error(`${command} has ended: ${complaint}`));
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      });
    },
    stop: () => stopProcess(child),
  };
}

/** Ends a process that was started here, by force if it does not go by itself. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const closed = once(child, 'close');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  child.stdin?.end();
  if (child.stdin === null) child.kill('SIGTERM');
  await closed;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Memory of a process in bytes, as Linux counts it: resident now, and the most since it started or {@link forgetPeak}. */
export async function memoryOf(pid: number): Promise<{ readonly resident: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]);
  return { resident: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** Lets the peak of a process start again from what it has now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/**
 * Processor time of a process so far, in microseconds, which other programs on the machine disturb less than its speed; NaN where
 * the system does not say.
 */
export async function processorTimeOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // User and system time are fields 14 and 15, in ticks of 10 ms; the name in field 2 may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
