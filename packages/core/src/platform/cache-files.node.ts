// What a cache that several processes share needs of the file system.
//
// Invariants:
// - Files appear whole or not at all; of several who create one, one succeeds.
// - An owner's name says host, process and a nonce. "Host" is the machine's current boot and its process-id namespace, so that a pid is
//   only looked up where it means something.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const host = hostId();

/** A new name for something that this process owns. */
export function createOwner(): string {
  return `${host}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Whether the process behind a name has ended; undefined where that cannot be known: other hosts, other names. */
export function isOwnerGone(name: string): boolean | undefined {
  const [, ownerHost, pid] = /^([0-9a-f]{12})-(\d+)-[0-9a-f]{12}$/.exec(name) ?? [];
  if (ownerHost !== host) return undefined;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Renames a file or directory; false where there is nothing, or something in the way. */
export function rename(from: string, to: string): Promise<boolean> {
  return unless(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EPERM'], fs.rename(from, to));
}

/** Makes a file's time of modification now; false where there is none. */
export function touch(path: string): Promise<boolean> {
  const now = new Date();
  return unless(['ENOENT'], fs.utimes(path, now, now));
}

/** Creates a file, whole at once; false where there is one. */
export async function createWhole(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await fs.writeFile(temporary, text);
  try {
    return await unless(['EEXIST'], fs.link(temporary, path));
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

/** Creates a file or replaces it, whole at once. */
export async function replaceWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await fs.writeFile(temporary, text);
  await fs.rename(temporary, path);
}

/** Bytes of all files below a path; what disappears meanwhile counts nothing. */
export async function treeSize(path: string): Promise<number> {
  const entries = await fs.readdir(path, { withFileTypes: true }).catch(() => []);
  let sum = 0;
  for (const entry of entries) {
    const each = join(path, entry.name);
    sum += entry.isDirectory() ? await treeSize(each) : ((await fs.lstat(each).catch(() => undefined))?.size ?? 0);
  }
  return sum;
}

async function unless(codes: readonly string[], done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function hostId(): string {
  const facts = [
    hostname(),
    ...[() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), () => readlinkSync('/proc/self/ns/pid')].map(
      orNothing,
    ),
  ];
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 12);
}

/** Only Linux has these; elsewhere the hostname alone has to do. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
