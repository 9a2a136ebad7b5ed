// Bundles as files, and as standard input and output.
//
// Invariants:
// - A file has its name only when it is whole and on disk.
// - `-` is standard input or output; nothing else is written there then.

import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notReadable } from '../read-argument.ts';

type Bytes = ReadableStream<Uint8Array>;

/** Opens a bundle to read. Rejects with `invalid_argument` where there is none. */
export async function openBundle(name: string): Promise<Bytes> {
  if (name === '-') return Readable.toWeb(process.stdin) as Bytes;
  const stream = createReadStream(name, { highWaterMark: 256 * 1024 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause: NodeJS.ErrnoException) => reject(notReadable(name, cause)));
  });
  return Readable.toWeb(stream) as Bytes;
}

/** Writes a bundle; resolves to its bytes. */
export async function writeBundle(bundle: Bytes, name: string, signal: AbortSignal): Promise<number> {
  let size = 0;
  const counted = Readable.fromWeb(bundle as Parameters<typeof Readable.fromWeb>[0]).on('data', (chunk: Uint8Array) => {
    size += chunk.length;
  });
  if (name === '-') {
    await pipeline(counted, process.stdout, { signal, end: false });
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
    throw error;
  }
}
