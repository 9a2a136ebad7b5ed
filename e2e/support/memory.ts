// What Linux says of the memory of a process.

import { readFile, writeFile } from 'node:fs/promises';

/** Whether it says anything. */
export const knowsMemory: boolean = process.platform === 'linux';

/** Bytes resident: now, and the most since the process started or {@link forgetPeak}. */
export async function memoryOf(pid: number): Promise<{ readonly resident: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** Lets the peak begin again from what the process has now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
