// Memory of a program with all it has started, as Linux counts it.

import { readdir, readFile } from 'node:fs/promises';

/** Watches the resident memory of a process and its descendants, many times a second. */
export class TreeMemory {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;
  #busy = false;

  constructor(pid: number, milliseconds = 10) {
    this.#pid = pid;
    this.#timer = setInterval(() => void this.#sample(), milliseconds);
  }

  /** Ends watching; resolves to the largest sum that was seen, in bytes. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#sample();
    return this.#peak;
  }

  async #sample(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#peak = Math.max(this.#peak, await residentTree(this.#pid));
    this.#busy = false;
  }
}

interface Process {
  readonly parent: number;
  readonly resident: number;
}

/** Pages that several share (git maps its packs) count for each that has them, so that the sum is no less than what is used. */
async function residentTree(root: number): Promise<number> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = new Map<number, Process>();
  await Promise.all(
    names.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      all.set(Number(name), { parent: Number(fields[1]), resident: Number(fields[21]) * 4096 });
    }),
  );
  let sum = 0;
  for (const [pid, { resident }] of all) if (descends(all, pid, root) && resident > 0) sum += resident;
  return sum;
}

function descends(all: ReadonlyMap<number, Process>, pid: number, root: number): boolean {
  for (let at: number | undefined = pid, steps = 0; at !== undefined && at > 1 && steps < 100; steps++) {
    if (at === root) return true;
    at = all.get(at)?.parent;
  }
  return false;
}
