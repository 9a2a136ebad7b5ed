// The files that go into a zip, and reading them.
//
// Invariants:
// - A stream that is opened here is read to its end or cancelled; an abort wakes a read that waits.
// - No more than the declared size is ever passed on.

import { onAbort } from '../async/abort.ts';
import { bytesSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import type { FileKind } from '../platform/types.ts';

/** One file that may become part of a module zip. */
export interface ZipSourceFile {
  /** Slash-separated, relative to the module's root. */
  readonly path: string;
  /** What it is, without following symbolic links. Only regular files become part of a zip. */
  readonly kind: FileKind;
  /** Length in bytes. Delivering more is an error, fewer is not. */
  readonly size: number;
  /** The content. Called for files that go into the zip, and for a root go.mod. */
  open(): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/**
 * A regular file from bytes in memory.
 *
 * @example
 * ```ts
 * import { createZip, sourceFile } from '@gomodkit/core/zip';
 *
 * const goMod = sourceFile('go.mod', new TextEncoder().encode('module example.com/m\n'));
 * const zip = createZip({ path: 'example.com/m', version: 'v1.0.0' }, [goMod]);
 * ```
 */
export function sourceFile(path: string, bytes: Uint8Array): ZipSourceFile {
  return { path, kind: 'regular', size: bytes.length, open: () => bytesSource(bytes).stream() };
}

/** The content of a file. Throws `invalid_zip` when there is more of it than its size says, the signal's reason when aborted. */
export async function* readSourceFile(
  file: ZipSourceFile,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const reader = (await file.open()).getReader();
  const stop = onAbort(signal, (reason) => {
    reader.cancel(reason).catch(() => {});
  });
  let left = file.size;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return;
      left -= value.length;
      if (left < 0) throw new GoModKitError('invalid_zip', `file ${quote(file.path)} is larger than declared size`);
      yield value;
    }
  } finally {
    stop();
    // After the end this does nothing.
    await reader.cancel().catch(() => {});
  }
}
