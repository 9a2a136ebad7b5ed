// Reading the files that go into a zip.
//
// Invariants:
// - A stream that is opened here is read to its end or cancelled; an abort wakes a read that waits.
// - No more than the declared size is ever passed on.

import { onAbort } from '../async/abort.ts';
import { bytesSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import type { ZipSourceFile } from './check-files.ts';

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
