// The file system as the other files here use it.
//
// Invariants:
// - Running out of file descriptors is waited out: an open() that meets EMFILE tries again while others close theirs, and fails
//   as transient only after some seconds.
// - The operations are an object, so that tests can put faults in their place.

import type { FileHandle } from 'node:fs/promises';
import * as nodeFiles from 'node:fs/promises';
import { dirname } from 'node:path';
import { GoModKitError } from '@gomodkit/core/errors';
import { errno } from './faults.ts';

/** The part of `node:fs/promises` that is used. */
export type FileOperations = Pick<
  typeof nodeFiles,
  'link' | 'lstat' | 'mkdir' | 'open' | 'opendir' | 'readFile' | 'readdir' | 'realpath' | 'rename' | 'unlink'
>;

/** The real ones. */
export const fileOperations: FileOperations = nodeFiles;

const patience = 5000;

/** Runs an operation that opens a file, again while file descriptors are short. */
export async function patiently<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const end = Date.now() + patience;
  for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
    try {
      return await open();
    } catch (error) {
      const code = errno(error);
      if ((code !== 'EMFILE' && code !== 'ENFILE') || Date.now() > end) throw error;
    }
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
}

/** What fsync of a directory answers where there is no such thing (Windows, some network file systems). */
const cannotSync = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF', 'EACCES']);

/** Makes the names in a directory durable. */
export async function syncDirectory(files: FileOperations, directory: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await patiently(() => files.open(directory, 'r'));
    await handle.sync();
  } catch (error) {
    if (!cannotSync.has(errno(error) ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}

/**
 * Makes a directory and those above it. Level by level, because Node's recursive mkdir never ends where a folder that is there takes none
 * (`/proc`). Rejects with `storage_unavailable` there, and with the file system's error elsewhere.
 */
export async function makeDirectories(files: FileOperations, directory: string, mode: number): Promise<void> {
  try {
    await makeLevel(files, directory, mode);
  } catch (error) {
    const parent = dirname(directory);
    if (errno(error) !== 'ENOENT' || parent === directory) throw error;
    await makeDirectories(files, parent, mode);
    await makeLevel(files, directory, mode).catch(async (cause: unknown) => {
      if (errno(cause) !== 'ENOENT') throw cause;
      // Where that is gone again, whoever removed it is the reason.
      await files.lstat(parent);
      throw cannotBe('what it is to be in takes no directories', cause);
    });
  }
}

async function makeLevel(files: FileOperations, directory: string, mode: number): Promise<void> {
  try {
    await files.mkdir(directory, { mode });
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
    const { cause } = await files.realpath(directory).then(
      () => ({ cause: undefined }),
      (cause: unknown) => ({ cause }),
    );
    // What went away meanwhile is made again by whoever starts over.
    if (cause !== undefined && (await files.lstat(directory)).isSymbolicLink()) {
      throw cannotBe('a symlink to nothing is there', cause);
    }
  }
}

function cannotBe(reason: string, cause: unknown): GoModKitError {
  return new GoModKitError('storage_unavailable', `the directory of the storage cannot be made: ${reason}`, {
    cause,
    data: { transient: false, reason },
  });
}

/** Removes a file; resolves to whether it was there. */
export async function removeFile(files: FileOperations, path: string): Promise<boolean> {
  try {
    await files.unlink(path);
    return true;
  } catch (error) {
    if (errno(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Writes a small file that is not there yet, durably if `sync`. */
export async function writeNewFile(files: FileOperations, path: string, text: string, sync: boolean): Promise<void> {
  const handle = await patiently(() => files.open(path, 'wx'));
  try {
    await handle.writeFile(text);
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
}
