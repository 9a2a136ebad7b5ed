// Making a module zip (spec §7.1–7.9).
//
// Invariants:
// - What comes out passes verifyZip: the rules of spec §7.4 are applied before the first byte, and no archive over 500 MiB ends well.
// - Entries are in list order, named `PATH@VERSION/…`, without directories, dates or modes: equal input gives equal bytes.
// - Nothing is read before it is asked for; a cancelled stream opens no further file.

import { writeArchive } from '#zip-engine';
import { concatBytes } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { ArchiveFile } from '../platform/types.ts';
import { selectFiles, type ZipSourceFiles } from './check-files.ts';
import { archiveSizeError, checkModule, zipPrefix } from './check-zip.ts';
import { checkedFilesError } from './checked.ts';
import { listDirectory } from './list-directory.ts';
import { createPacer } from './pace.ts';
import { readSourceFile, type ZipSourceFile } from './source-file.ts';

/** Options of {@link createZip}. */
export interface CreateZipOptions {
  /** Cancels the making: the stream fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the zip of a module from its files, as a stream. Files that do not belong into it are left out (spec §7.4).
 *
 * The stream fails with `invalid_version` or `invalid_path` when the module cannot have a zip, with `invalid_zip` when a file
 * is invalid, is larger than it says, or the zip gets larger than 500 MiB, and with what opening and reading files fails with. Under
 * Node memory is constant; elsewhere the content is held in memory, `limit_exceeded` beyond 64 MiB.
 *
 * @example
 * ```ts
 * import { createZip, sourceFile, verifyZip } from '@gomodkit/core/zip';
 *
 * const module = { path: 'example.com/m', version: 'v1.0.0' };
 * const files = [sourceFile('go.mod', new TextEncoder().encode('module example.com/m\n'))];
 * const zip = await new Response(createZip(module, files)).blob();
 * console.log((await verifyZip(module, zip)).h1);
 * ```
 */
export function createZip(
  module: ModuleVersion,
  files: ZipSourceFiles,
  options: CreateZipOptions = {},
): ReadableStream<Uint8Array> {
  return streamFrom(build(module, files, options.signal));
}

/**
 * Makes the zip of a module from a directory (spec §7.8). Fails as {@link createZip} does, and with `invalid_argument` when there
 * is no such directory.
 */
export function createZipFromDirectory(
  module: ModuleVersion,
  directory: string,
  options: CreateZipOptions = {},
): ReadableStream<Uint8Array> {
  const files = async function* (): AsyncGenerator<ZipSourceFile> {
    yield* (await listDirectory(directory, options.signal)).files;
  };
  return createZip(module, files(), options);
}

async function* build(
  module: ModuleVersion,
  files: ZipSourceFiles,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  checkModule(module);
  const selected = await selectFiles(files, signal);
  const refusal = checkedFilesError(selected.checked);
  if (refusal !== undefined) throw refusal;
  let size = 0;
  for await (const chunk of gather(writeArchive(archiveFiles(zipPrefix(module), selected.files, signal)))) {
    size += chunk.length;
    const tooLarge = archiveSizeError(size);
    if (tooLarge !== undefined) throw new GoModKitError('invalid_zip', tooLarge);
    yield chunk;
  }
}

async function* archiveFiles(
  prefix: string,
  files: readonly ZipSourceFile[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ArchiveFile> {
  const pace = createPacer(signal);
  for (const file of files) {
    const wait = pace();
    if (wait !== undefined) await wait;
    yield { name: prefix + file.path, size: file.size, chunks: () => readSourceFile(file, signal) };
  }
}

const usefulChunk = 64 * 1024;

/** Joins small chunks: headers and little files should not cost a write each. */
async function* gather(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (size < usefulChunk) continue;
    yield concatBytes(held, size);
    held = [];
    size = 0;
  }
  if (size > 0) yield concatBytes(held, size);
}

function streamFrom(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await chunks.next();
        if (step.done) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
