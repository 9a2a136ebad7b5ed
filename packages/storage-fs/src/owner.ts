// Who made a temporary file or a marker, and whether that process can still be at work.
//
// Invariants:
// - A name says host, process and a nonce; nothing needs to be read to judge it.
// - "Host" is the machine's current boot and its process-id namespace, so that a pid is only ever looked up where it means
//   something: two containers with one hostname, or a machine before and after a reboot, are different hosts.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** What a name says about its owner. */
export type OwnerState =
  /** Made by this process, which is still at it. */
  | 'mine'
  /** A process with its id runs on this host: its own, unless that ended and its id went to another since. */
  | 'alive'
  /** Its process ran on this host and is gone, or this process gave it up. */
  | 'dead'
  /** Made on another host, or by this pid in another life: only age can tell. */
  | 'unknown';

const name = /^(.+)-(\d+)-(\d+\.[0-9a-f]{16})(\.[a-z]+)?$/;

/** For how many milliseconds without a sign of work a living process is believed to be the one that made a name: a day. */
export const livingLife: number = 24 * 3600 * 1000;

/** Owner names of this process (and this copy of the package). */
export class Owners {
  readonly #host = hostId();
  readonly #active = new Set<string>();
  readonly #abandoned = new Set<string>();

  /** A new name, `mine` until it is released. */
  begin(): string {
    const own = `${this.#host}-${process.pid}-${threadId}.${randomBytes(8).toString('hex')}`;
    this.#active.add(own);
    return own;
  }

  /** What the name stood for is gone. */
  end(own: string): void {
    this.#active.delete(own);
    this.#abandoned.delete(own);
  }

  /** What the name stands for was left behind, for anybody to clean up. */
  abandon(own: string): void {
    this.#active.delete(own);
    this.#abandoned.add(own);
  }

  /** Judges a file name; undefined when it is none of ours. */
  judge(file: string): OwnerState | undefined {
    const match = name.exec(file);
    if (match === null) return undefined;
    if (this.#active.has(file)) return 'mine';
    if (this.#abandoned.has(file)) return 'dead';
    const [, host, pid] = match;
    // Another thread or another copy of this package may own a name with our pid.
    if (host !== this.#host || Number(pid) === process.pid) return 'unknown';
    return isAlive(Number(pid)) ? 'alive' : 'dead';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function hostId(): string {
  const readable =
    hostname()
      .toLowerCase()
      .replace(/[^a-z0-9.-]/g, '')
      .slice(0, 60) || 'host';
  const facts = [
    hostname(),
    ...[() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), () => readlinkSync('/proc/self/ns/pid')].map(
      orNothing,
    ),
  ];
  return `${readable}.${createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 8)}`;
}

/** Only Linux has these; elsewhere the hostname alone has to do. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
