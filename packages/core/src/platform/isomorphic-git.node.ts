// What the engine on isomorphic-git needs of Node: the library, inflation, SHA-1, and files of a repository.
//
// Invariants:
// - The library is loaded by the first call that needs it: nobody pays who does not use this engine.
// - A file arrives under its name whole, by a rename, or not at all.

import { createHash, type Hash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as zlib from 'node:zlib';
import type { GitLibrary, Inflated } from './types.ts';

let library: Promise<GitLibrary> | undefined;

/** Loads isomorphic-git. */
export function loadGitLibrary(): Promise<GitLibrary> {
  library ??= import('isomorphic-git').then((module) => module.default ?? module);
  return library;
}

/**
 * Inflates a zlib stream that begins at `start` and gives exactly `size` bytes. Throws an error of zlib's or a RangeError where it is
 * damaged, longer or shorter.
 */
export function inflateAt(bytes: Uint8Array, start: number, size: number): Inflated {
  // A limit of zero is none.
  const maxOutputLength = Math.max(size, 1);
  const options = { info: true, maxOutputLength, chunkSize: Math.min(Math.max(size, 64) + 64, 2 ** 24) };
  const { buffer, engine } = zlib.inflateSync(bytes.subarray(start), options) as unknown as {
    readonly buffer: Uint8Array;
    readonly engine: { readonly bytesWritten: number };
  };
  if (buffer.length !== size) throw new RangeError(`inflates to ${buffer.length} bytes, not ${size}`);
  return { data: new Uint8Array(buffer.buffer, buffer.byteOffset, size), end: start + engine.bytesWritten };
}

/** The SHA-1 of all parts together. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const hash: Hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The CRC-32 of zip and git. */
export function crc32(bytes: Uint8Array): number {
  return zlib.crc32(bytes);
}

/** The whole file; undefined when there is none. */
export async function readWhole(path: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file under a temporary name (`tmp_…` beside it), then renames it; parents are made. */
export async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const directory = dirname(path);
  await fs.mkdir(directory, { recursive: true });
  const temporary = join(directory, `tmp_${randomBytes(8).toString('hex')}`);
  try {
    await fs.writeFile(temporary, parts, { flag: 'wx' });
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** The names in a directory; none when there is no such directory. */
export async function listNames(directory: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes a file, if it is there. */
export async function removeFile(path: string): Promise<void> {
  await fs.rm(path, { force: true });
}
