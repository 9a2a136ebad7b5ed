// Everything that must hold before a module zip is published: the repository's one question.
//
// Invariants:
// - What passes here passes in the go command: names and sizes (spec §7.10), contents (§7.11), and h1 over all entries (§7.12).
// - The archive is read once. Memory is bounded by its directory, its go.mod and a few buffers, not by its contents.

import type { ByteSource } from '../bytes/source.ts';
import { concatBytes } from '../bytes/source.ts';
import { summaryHash } from '../dirhash/summary.ts';
import { GoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import { archiveSizeError, checkEntries, checkModule, zipPrefix } from './check-zip.ts';
import { checkedFilesError } from './checked.ts';
import { digestEntries } from './digests.ts';
import { openFast, type ZipReadOptions } from './reader.ts';

/** What {@link verifyZip} found out about a good zip. */
export interface VerifiedZip {
  /** The hash that go.sum has of the zip (spec §8.2). */
  readonly h1: string;
  /** The go.mod at the root; absent for modules from before there was one. */
  readonly goMod: Uint8Array | undefined;
  /** How many files it holds, directory entries not counted. */
  readonly files: number;
  /** Bytes of all files. */
  readonly uncompressedSize: number;
}

/**
 * Verifies a module zip whole, as strictly as the go command that will extract it: every name, size, compressed stream and
 * CRC-32; and computes its h1 in the same pass. The event loop keeps turning.
 *
 * Rejects with `invalid_zip`, the message naming rule and entry; `invalid_version` or `invalid_path` when the module cannot have
 * a zip; `limit_exceeded` past our own limits (entries, size of the directory); the signal's reason when aborted.
 *
 * @example
 * ```ts
 * import { type ByteSource, verifyZip } from '@gomodkit/core/zip';
 *
 * async function goSumLine(path: string, version: string, zip: ByteSource): Promise<string> {
 *   const { h1 } = await verifyZip({ path, version }, zip);
 *   return `${path} ${version} ${h1}`;
 * }
 * ```
 */
export async function verifyZip(
  module: ModuleVersion,
  zip: ByteSource,
  options: ZipReadOptions = {},
): Promise<VerifiedZip> {
  const { signal } = options;
  checkModule(module);
  const tooLarge = archiveSizeError(zip.size);
  if (tooLarge !== undefined) throw new GoModKitError('invalid_zip', tooLarge);
  const reader = await openFast(zip, options);
  const checked = await checkEntries(module, reader.entries, signal);
  const refusal = checkedFilesError(checked);
  if (refusal !== undefined) throw refusal;

  const goModName = `${zipPrefix(module)}go.mod`;
  const goModChunks: Uint8Array[] = [];
  let uncompressedSize = 0;
  let goModSize: number | undefined;
  const digests = await digestEntries(reader, signal, (entry, chunk) => {
    uncompressedSize += chunk.length;
    // Chunks may be views of a buffer that is larger than go.mod.
    if (entry.name === goModName) goModChunks.push(chunk.slice());
  });
  for (const entry of reader.entries) if (entry.name === goModName) goModSize = entry.size;
  return {
    h1: await summaryHash(digests, signal),
    goMod: goModSize === undefined ? undefined : concatBytes(goModChunks, goModSize),
    files: checked.valid.length,
    uncompressedSize,
  };
}
