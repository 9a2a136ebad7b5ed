// The file system, as far as core needs it.
//
// Invariants:
// - Absent files are `undefined`, everything else that fails throws Node's own error, which callers wrap with what they were doing.
// - lstat and readDirectory never follow symbolic links.
// - writeNewFile never overwrites and never writes through a symbolic link.

import * as callbacks from 'node:fs';
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { OpenFile } from './file-handle.node.ts';
import { closeFile, handleSource } from './file-handle.node.ts';
import type { DirectoryEntry, FileKind, FileSource, FileStat } from './types.ts';

export { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
export { fileURLToPath, pathToFileURL } from 'node:url';

const streamBlock = 64 * 1024;

/** Whether this platform has a file system. */
export const hasFiles: boolean = true;

/** The whole file, following symbolic links; undefined when there is none. */
export async function readFile(path: string): Promise<Uint8Array | undefined> {
  const bytes = await fs.readFile(path).catch(absent);
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What a path is, following symbolic links; undefined when there is nothing. */
export async function stat(path: string): Promise<FileStat | undefined> {
  const stats = await fs.stat(path).catch(absent);
  return stats && describe(stats);
}

/** What a path itself is; undefined when there is nothing. */
export async function lstat(path: string): Promise<FileStat | undefined> {
  const stats = await fs.lstat(path).catch(absent);
  return stats && describe(stats);
}

/** The names in a directory, in no particular order; undefined when there is none. */
export async function readDirectory(path: string): Promise<DirectoryEntry[] | undefined> {
  const entries = await fs.readdir(path, { withFileTypes: true }).catch(absent);
  return entries?.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
}

/** Opens a regular file for random access. Rejects with Node's error when it is absent or no regular file. */
export async function fileSource(path: string): Promise<FileSource> {
  const { handle, stats } = await openRegular(path);
  const { size, mtime } = stats;
  const file: OpenFile = { handle, what: path, closed: false };
  return { ...handleSource(file, 0, size), modified: mtime, close: () => closeFile(file) };
}

/**
 * How many bytes a regular file has, and all of them if that is no more than `limit`. Rejects as {@link fileSource} does. Reads small files by
 * the hundred, as those of module graphs, in a fraction of the time that a handle and a stream for each of them take.
 */
export function readRegular(
  path: string,
  limit: number,
): Promise<{ readonly size: number; readonly bytes: Uint8Array }> {
  return new Promise((resolve, reject) => {
    callbacks.open(path, readingFlags, (error, fd) => {
      if (error !== null) return reject(error);
      const close = (settle: () => void): void => callbacks.close(fd, settle);
      const fail = (reason: unknown): void => close(() => reject(reason));
      callbacks.fstat(fd, (error, stats) => {
        if (error !== null) return fail(error);
        if (!stats.isFile()) return fail(notRegular(path));
        const { size } = stats;
        const bytes = new Uint8Array(size > limit ? 0 : size);
        readFully(fd, bytes, 0, (error) => {
          if (error !== null) fail(error);
          else close(() => resolve({ size, bytes }));
        });
      });
    });
  });
}

/** Fills `bytes` from `from` on. */
function readFully(fd: number, bytes: Uint8Array, from: number, done: (error: Error | null) => void): void {
  if (from === bytes.length) {
    done(null);
    return;
  }
  callbacks.read(fd, bytes, from, bytes.length - from, from, (error, read) => {
    if (error !== null) done(error);
    else if (read === 0) done(new Error('the file got shorter while it was being read'));
    else readFully(fd, bytes, from + read, done);
  });
}

/**
 * Opens a regular file for one reading from its beginning to wherever its end then is. The file is closed when the stream ends,
 * fails or is cancelled. Rejects as {@link fileSource} does.
 */
export async function openStream(path: string): Promise<ReadableStream<Uint8Array>> {
  const { handle } = await openRegular(path);
  const close = (): Promise<void> => handle.close();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const block = new Uint8Array(streamBlock);
          const { bytesRead } = await handle.read(block, 0, block.length, null);
          if (bytesRead > 0) return controller.enqueue(block.subarray(0, bytesRead));
        } catch (error) {
          await close();
          throw error;
        }
        await close();
        controller.close();
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}

/** Creates one directory. Rejects with code EEXIST when anything is there. */
export async function makeDirectory(path: string): Promise<void> {
  await fs.mkdir(path);
}

/** Creates a directory and its parents; resolves to the first one that had to be created, if any. */
export async function makeDirectories(path: string): Promise<string | undefined> {
  return fs.mkdir(path, { recursive: true });
}

/**
 * Writes a file that must not exist yet. Rejects with code EEXIST when anything is there, be it a dangling symbolic link. When
 * writing fails, or `chunks` does, the file is removed again.
 */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  mode: number,
): Promise<void> {
  const handle = await fs.open(path, 'wx', mode);
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => {});
    await fs.rm(path, { force: true }).catch(() => {});
    throw error;
  }
}

/** Removes a file or a tree, read-only files included; absent is no error. */
export async function remove(path: string): Promise<void> {
  await fs.rm(path, { recursive: true, force: true });
}

// Without O_NONBLOCK, opening a FIFO would wait for a writer for ever.
const readingFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

async function openRegular(path: string): Promise<{ readonly handle: fs.FileHandle; readonly stats: Stats }> {
  const handle = await fs.open(path, readingFlags);
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, stats };
    throw notRegular(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notRegular(path: string): Error {
  return Object.assign(new Error(`${path} is not a regular file`), { code: 'EINVAL' });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function describe(stats: Stats): FileStat {
  return { kind: kindOf(stats), size: stats.size, modified: stats.mtime };
}

function kindOf(entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): FileKind {
  if (entry.isFile()) return 'regular';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}
