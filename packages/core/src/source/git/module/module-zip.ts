// The files of a module at a commit, and its zip (spec §6.23–6.27).
//
// Invariants:
// - Files stand in tree order; the LICENSE of the repository's root comes last, where the module has none of its own.
// - Directories are no files, and so are submodules.
// - What was opened for the zip is closed when its stream has ended, failed or was cancelled.

import type { ModuleVersion } from '../../../module/index.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import { createZip, sourceFile, type ZipSourceFile } from '../../../zip/index.ts';
import type { GitArchive } from '../engine.ts';
import type { CommitFiles } from './commit-files.ts';

/** What goes into the zip of a module that lies in `directory`. */
export async function moduleFiles(
  archive: GitArchive,
  directory: string,
  files: CommitFiles,
): Promise<readonly ZipSourceFile[]> {
  const own = archive.files.filter(({ kind }) => kind !== 'directory');
  if (directory === '' || own.some(({ path }) => path === 'LICENSE')) return own;
  // One that is too large is not copied, which is no error.
  const license = (await files.isReadable('LICENSE')) ? await files.read('LICENSE') : undefined;
  return license === undefined ? own : [...own, sourceFile('LICENSE', license)];
}

/** Makes the zip, and calls `close` when nothing more is read. */
export function moduleZip(
  module: ModuleVersion,
  files: readonly ZipSourceFile[],
  close: () => Promise<void>,
  { signal }: CallOptions,
): ReadableStream<Uint8Array> {
  const reader = createZip(module, files, { signal }).getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
        } catch (error) {
          await close();
          throw error;
        }
        await close();
        controller.close();
      },
      async cancel(reason) {
        await reader.cancel(reason).finally(close);
      },
    },
    { highWaterMark: 0 },
  );
}
