// Bundles as files, and as standard input and output.
//
// Invariants:
// - A file has its name only when it is whole and on disk. What is no file (a device, a pipe) is never replaced by one.
// - `-` is standard input or output; nothing else is written there then. A reader that goes away early has no bundle, which is a failure.

import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GoModKitError } from '@gomodkit/core';
import { notReadable } from '../read-argument.ts';

type Bytes = ReadableStream<Uint8Array>;

/** Opens a bundle to read. Rejects with `invalid_argument` where there is none. */
export async function openBundle(name: string): Promise<Bytes> {
  if (name === '-') return Readable.toWeb(process.stdin) as Bytes;
  try {
    const file = await open(name);
    if (!(await file.stat()).isDirectory())
      return Readable.toWeb(file.createReadStream({ highWaterMark: 256 * 1024 })) as Bytes;
    await file.close();
  } catch (cause) {
    throw notReadable(name, cause as NodeJS.ErrnoException);
  }
  throw new GoModKitError('invalid_argument', `${name} is a directory: a bundle that is unpacked needs no import`);
}

/** Rejects with `invalid_argument` where no bundle can be written: better before hours of work than after. */
export async function checkOutput(name: string): Promise<void> {
  if (name === '-') return;
  const folder = dirname(name);
  const above = await stat(folder).catch(() => undefined);
  if (!above?.isDirectory())
    throw new GoModKitError('invalid_argument', `${name} cannot be written: there is no directory ${folder}`);
  const there = await stat(name).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new GoModKitError('invalid_argument', `${name} is no file; "-" writes the bundle to standard output`);
}

/** Writes a bundle; resolves to its bytes. Rejects with `storage_unavailable` where it cannot be written. */
export async function writeBundle(bundle: Bytes, name: string, signal: AbortSignal): Promise<number> {
  let size = 0;
  const counted = Readable.fromWeb(bundle as Parameters<typeof Readable.fromWeb>[0]).on('data', (chunk: Uint8Array) => {
    size += chunk.length;
  });
  if (name === '-') {
    // Until it is whole, whatever ends this program is a failure.
    process.exitCode = 1;
    await pipeline(counted, process.stdout, { signal, end: false }).catch((error: unknown) => {
      throw notWritten('standard output', error);
    });
    process.exitCode = 0;
    return size;
  }
  const partial = `${name}.${process.pid}.partial`;
  try {
    await pipeline(counted, createWriteStream(partial, { flags: 'wx' }), { signal });
    const file = await open(partial, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, name);
    return size;
  } catch (error) {
    await rm(partial, { force: true });
    throw notWritten(name, error);
  }
}

/** Faults of the system are about the output; all others are about the bundle. */
function notWritten(name: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'syscall' in cause)) return cause;
  const message = `the bundle cannot be written to ${name}: ${cause.message}`;
  return new GoModKitError('storage_unavailable', message, { cause });
}
