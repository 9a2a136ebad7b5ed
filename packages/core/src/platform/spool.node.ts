// Spooling under Node: small bodies stay in memory, larger ones go to an unlinked temporary file.
//
// Invariants:
// - When spool() rejects, no bytes stay behind, in memory or on disk, and the stream is cancelled.
// - A full or missing disk is told as `storage_unavailable`: paths of this machine stay in `cause`.
// - The file's name is removed as soon as the file is open, so that even a kill leaves nothing. Where an open file cannot be
//   unlinked, dispose() removes it, and the name `gomodkit-HOST-PID-NONCE.spool` tells a sweeper whose it was.

import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesSource, concatBytes } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { drain } from './collect.ts';
import { closeFile, handleSource, type OpenFile } from './file-handle.node.ts';
import { memorySpooled } from './memory.ts';
import type { Spooled, SpoolOptions } from './types.ts';

const defaultMemory = 1024 * 1024;

/**
 * Takes a body whole, so that it can be checked, hashed and replayed before anybody sees it.
 *
 * Rejects with `limit_exceeded` past `limit`, with `storage_unavailable` (transient) when the disk does not take the bytes, with the
 * signal's reason when aborted, and with whatever the stream or `onChunk` failed with.
 */
export async function spool(stream: ReadableStream<Uint8Array>, options: SpoolOptions): Promise<Spooled> {
  const memory = options.memory ?? defaultMemory;
  const chunks: Uint8Array[] = [];
  let held = 0;
  let file: TemporaryFile | undefined;
  const write = async (chunk: Uint8Array): Promise<void> => {
    try {
      file ??= await createTemporaryFile(options.directory ?? tmpdir(), options.what);
      for (const early of chunks.splice(0)) await file.append(early);
      await file.append(chunk);
    } catch (cause) {
      const data = { transient: true };
      throw new GoModKitError('storage_unavailable', `no room on disk to check ${options.what}`, { cause, data });
    }
  };
  try {
    const size = await drain(stream, options, async (chunk) => {
      if (file === undefined && held + chunk.length <= memory) {
        chunks.push(chunk);
        held += chunk.length;
        return;
      }
      await write(chunk);
    });
    return file === undefined ? memorySpooled(bytesSource(concatBytes(chunks, size))) : file.spooled(size);
  } catch (error) {
    await file?.dispose();
    throw error;
  }
}

interface TemporaryFile {
  append(chunk: Uint8Array): Promise<void>;
  spooled(size: number): Spooled;
  dispose(): Promise<void>;
}

async function createTemporaryFile(directory: string, what: string): Promise<TemporaryFile> {
  const host = hostname().replace(/[^A-Za-z0-9.]/g, '');
  const path = join(directory, `gomodkit-${host}-${process.pid}-${randomBytes(8).toString('hex')}.spool`);
  const handle = await open(path, 'wx+', 0o600);
  const unlinked = await unlink(path).then(
    () => true,
    () => false,
  );
  const file: OpenFile = { handle, what, closed: false };
  let position = 0;
  const dispose = async (): Promise<void> => {
    if (file.closed) return;
    await closeFile(file);
    if (!unlinked) await unlink(path).catch(() => {});
  };
  return {
    async append(chunk) {
      for (let offset = 0; offset < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, offset, chunk.length - offset, position);
        offset += bytesWritten;
        position += bytesWritten;
      }
    },
    spooled: (size) => ({ ...handleSource(file, 0, size), dispose }),
    dispose,
  };
}
