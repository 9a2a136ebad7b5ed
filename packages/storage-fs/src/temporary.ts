// Temporary files: where an object is written before it gets its name.
//
// Invariants:
// - A temporary file is complete and durable before anybody links it; what goes wrong before that removes it.
// - Its time of change is set by us, with microseconds, because some file systems count in milliseconds and an etag is made of it.

import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { type ByteSource, type CallOptions, sourceChunks } from '@gomodkit/core/storage';
import { isAbsent } from './faults.ts';
import { type FileOperations, patiently, removeFile } from './files.ts';
import { temporaryFolder } from './layout.ts';
import { livingLife, type Owners } from './owner.ts';

/** A written temporary file. */
export interface Temporary {
  readonly path: string;
  /** Removes the file; the object that it was linked to stays. Once is enough, and twice costs nothing. */
  discard(): Promise<void>;
}

/** What {@link writeTemporary} works with. */
export interface TemporaryFolder {
  readonly files: FileOperations;
  readonly root: string;
  readonly owners: Owners;
  readonly sync: boolean;
  readonly fileMode: number;
}

/** The error of a source, kept apart from those of the file system: both may carry an errno. */
export class SourceFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Writes a source into a new temporary file. What the source throws arrives as a {@link SourceFailure}. */
export async function writeTemporary(
  folder: TemporaryFolder,
  source: ByteSource,
  options: CallOptions,
): Promise<Temporary> {
  const { files, owners } = folder;
  const name = owners.begin();
  const path = join(folder.root, temporaryFolder, name);
  const remove = async (): Promise<void> => {
    await removeFile(files, path).then(
      () => owners.end(name),
      () => owners.abandon(name),
    );
  };
  let removing: Promise<void> | undefined;
  const discard = (): Promise<void> => {
    removing ??= remove();
    return removing;
  };
  try {
    const handle = await patiently(() => files.open(path, 'wx', folder.fileMode), options.signal);
    try {
      await write(handle, source, options);
      const now = preciseNow();
      await handle.utimes(now, now);
      if (folder.sync) await handle.sync();
    } finally {
      await handle.close();
    }
    options.signal?.throwIfAborted();
    return { path, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Seconds since 1970 by the wall clock, which follows suspended machines and corrected clocks, with microseconds below its own. */
function preciseNow(): number {
  return (Date.now() + (performance.now() % 1)) / 1000;
}

async function write(handle: FileHandle, source: ByteSource, options: CallOptions): Promise<void> {
  let at = 0;
  for await (const chunk of chunksOf(source, options)) {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at);
      done += bytesWritten;
      at += bytesWritten;
    }
  }
}

async function* chunksOf(source: ByteSource, options: CallOptions): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* sourceChunks(source, options);
  } catch (error) {
    throw new SourceFailure(error);
  }
}

/**
 * Removes temporary files whose process is gone, those of unknown processes that were last written before `olderThan`, and those that
 * a process which seems alive has not touched for a day besides; resolves to how many.
 */
export async function sweepTemporary(
  folder: TemporaryFolder,
  options: { readonly olderThan: Date } & CallOptions,
): Promise<number> {
  const { files, owners, root } = folder;
  let removed = 0;
  for (const name of await readdirIfThere(files, join(root, temporaryFolder))) {
    options.signal?.throwIfAborted();
    const path = join(root, temporaryFolder, name);
    const state = owners.judge(name);
    if (state === undefined || state === 'mine') continue;
    const time = Math.min(
      options.olderThan.getTime(),
      state === 'alive' ? Date.now() - livingLife : Number.POSITIVE_INFINITY,
    );
    if (state !== 'dead' && !(await isOlder(files, path, time))) continue;
    if (await removeFile(files, path)) removed++;
    owners.end(name);
  }
  return removed;
}

async function readdirIfThere(files: FileOperations, path: string): Promise<string[]> {
  try {
    return await patiently(() => files.readdir(path));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function isOlder(files: FileOperations, path: string, than: number): Promise<boolean> {
  try {
    return (await files.lstat(path)).mtimeMs < than;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
