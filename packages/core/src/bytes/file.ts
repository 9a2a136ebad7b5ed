// A file on disk as replayable bytes.

import { fileSource as openFile } from '#files';
import { GoModKitError } from '../errors/error.ts';
import type { ByteSource } from './source.ts';

/** An open file as bytes. */
export interface FileBytes extends ByteSource {
  slice(start: number, end: number): ByteSource;
  /** Closes the file. Idempotent; streams still open fail. */
  close(): Promise<void>;
}

/**
 * Opens a regular file for reading at any place. Close it when done.
 *
 * Rejects with `invalid_argument` when it cannot be opened or is no regular file, `unsupported` where there is no file system.
 *
 * @example
 * ```ts
 * import { fileSource, zip } from '@gomodkit/core';
 *
 * const file = await fileSource('v1.0.0.zip');
 * const { h1 } = await zip.verifyZip({ path: 'example.com/m', version: 'v1.0.0' }, file);
 * await file.close();
 * ```
 */
export async function fileSource(path: string): Promise<FileBytes> {
  try {
    return await openFile(path);
  } catch (cause) {
    if (cause instanceof GoModKitError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GoModKitError('invalid_argument', `cannot read ${path}: ${reason}`, { cause });
  }
}
