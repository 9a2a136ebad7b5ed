// Extracting a module zip (spec §7.11).
//
// Invariants:
// - Names and sizes are checked before anything is written, and contents while they are.
// - Nothing is written outside the target: it is empty at the start, every directory in it is created here, none that appears
//   meanwhile is used, and files are created, never opened, so that no symbolic link is followed.
// - On failure what was written is removed again.

import { dirname, join, makeDirectories, makeDirectory, readDirectory, remove, writeNewFile } from '#files';
import type { ByteSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import { archiveSizeError, checkEntries, checkModule, zipPrefix } from './check-zip.ts';
import { checkedFilesError } from './checked.ts';
import { isDirectory } from './contents.ts';
import { createPacer } from './pace.ts';
import { openZip, type ZipReader, type ZipReadOptions } from './reader.ts';

const readOnly = 0o444;

/**
 * Extracts a module zip into `target`, without the `PATH@VERSION/` prefix, all files with mode 0444. `target` and its parents are
 * created; what exists must be an empty directory. Directory entries are not created.
 *
 * Rejects with `invalid_zip`, `invalid_version`, `invalid_path` or `limit_exceeded` as {@link verifyZip} does,
 * `invalid_argument` when the target is not empty, and what the file system fails with.
 *
 * @example
 * ```ts
 * import { type ByteSource, unzip } from '@gomodkit/core/zip';
 *
 * async function extract(zip: ByteSource, directory: string): Promise<void> {
 *   await unzip({ path: 'example.com/m', version: 'v1.0.0' }, zip, directory);
 * }
 * ```
 */
export async function unzip(
  module: ModuleVersion,
  zip: ByteSource,
  target: string,
  options: ZipReadOptions = {},
): Promise<void> {
  const { signal } = options;
  checkModule(module);
  const tooLarge = archiveSizeError(zip.size);
  if (tooLarge !== undefined) throw new GoModKitError('invalid_zip', tooLarge);
  // Before the zip is read, and again when writing begins.
  await requireEmpty(target);
  const reader = await openZip(zip, options);
  const refusal = checkedFilesError(await checkEntries(module, reader.entries, signal));
  if (refusal !== undefined) throw refusal;

  const firstCreated = await makeDirectories(target);
  await requireEmpty(target);
  const written = new Set<string>();
  try {
    await extract(reader, zipPrefix(module).length, target, written, signal);
  } catch (error) {
    for (const name of firstCreated === undefined ? written : []) await remove(join(target, name)).catch(() => {});
    if (firstCreated !== undefined) await remove(firstCreated).catch(() => {});
    throw error;
  }
}

async function requireEmpty(target: string): Promise<void> {
  const entries = await readDirectory(target);
  if (entries !== undefined && entries.length > 0) {
    throw new GoModKitError('invalid_argument', `target directory ${target} exists and is not empty`);
  }
}

/** Writes all files; `written` gets the first elements of the paths that were created, and no others. */
async function extract(
  reader: ZipReader,
  prefixLength: number,
  target: string,
  written: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pace = createPacer(signal);
  const created = new Set<string>(['.']);
  const makeParents = async (directory: string): Promise<void> => {
    if (created.has(directory)) return;
    await makeParents(dirname(directory));
    await makeDirectory(join(target, directory));
    created.add(directory);
    if (!directory.includes('/')) written.add(directory);
  };
  for (const entry of [...reader.entries].sort((a, b) => a.offset - b.offset)) {
    if (isDirectory(entry)) continue;
    const wait = pace();
    if (wait !== undefined) await wait;
    const name = entry.name.slice(prefixLength);
    const chunks = abortable(reader.contents(entry), signal);
    await makeParents(dirname(name));
    await writeNewFile(join(target, name), chunks, readOnly);
    if (!name.includes('/')) written.add(name);
  }
}

async function* abortable(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
