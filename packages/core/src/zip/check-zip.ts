// What a consumer accepts as the zip of a module (spec §7.10).
//
// Invariants:
// - Entries are judged by the central directory alone, in its order; rules and texts are Go's.
// - Vendor paths, symlink modes, encryption flags and timestamps are not looked at.
// - A zip cannot be valid for an invalid module path or version (spec §7.14).

import type { ByteSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { canonicalVersion, check, type ModuleVersion } from '../module/index.ts';
import { goModCase, namingProblem, sizeProblem } from './check-files.ts';
import type { CheckedFiles, FileProblem } from './checked.ts';
import { baseName, isClean } from './clean.ts';
import { type CollisionChecker, createCollisionChecker } from './collisions.ts';
import type { ZipEntry } from './directory.ts';
import { maxZipFile } from './limits.ts';
import { createPacer } from './pace.ts';
import { openZip, type ZipReadOptions } from './reader.ts';

/**
 * Checks the names and declared sizes in a finished module zip, as the go command does before it extracts one (spec §7.10).
 * Contents are not read: {@link verifyZip} does both.
 *
 * Rejects with `invalid_version` or `invalid_path` when the module cannot have a zip, `invalid_zip` when this is no zip archive,
 * `limit_exceeded` past our own limits.
 */
export async function checkZip(
  module: ModuleVersion,
  zip: ByteSource,
  options: ZipReadOptions = {},
): Promise<CheckedFiles> {
  checkModule(module);
  const sizeError = archiveSizeError(zip.size);
  if (sizeError !== undefined) return { valid: [], omitted: [], invalid: [], sizeError };
  const { entries } = await openZip(zip, options);
  return checkEntries(module, entries, options.signal);
}

/** What begins the name of every entry of a module's zip (spec §7.1). */
export function zipPrefix({ path, version }: ModuleVersion): string {
  return `${path}@${version}/`;
}

/** Throws when a module version cannot have a zip: its version is not canonical, or path and version do not go together. */
export function checkModule({ path, version }: ModuleVersion): void {
  const canonical = canonicalVersion(version);
  if (canonical !== version) {
    const message = `version ${quote(version)} is not canonical (should be ${quote(canonical)})`;
    throw new GoModKitError('invalid_version', message, { data: { path, version } });
  }
  check(path, version);
}

/** Why an archive of this many bytes is no module zip. */
export function archiveSizeError(size: number): string | undefined {
  if (size <= maxZipFile) return undefined;
  return `module zip file is too large (${size} bytes; limit is ${maxZipFile} bytes)`;
}

/** The table of spec §7.10 over the entries of an archive. */
export async function checkEntries(
  module: ModuleVersion,
  entries: readonly ZipEntry[],
  signal: AbortSignal | undefined,
): Promise<CheckedFiles> {
  const pace = createPacer(signal);
  const prefix = zipPrefix(module);
  const collide = createCollisionChecker();
  const valid: string[] = [];
  const invalid: FileProblem[] = [];
  let total = 0;
  let sizeError: string | undefined;
  for (const entry of entries) {
    const wait = pace();
    if (wait !== undefined) await wait;
    const error = nameProblem(entry.name, prefix, collide);
    if (error !== undefined) {
      invalid.push({ path: entry.name, error });
      continue;
    }
    if (entry.name.endsWith('/')) continue;
    // An entry that does not fit is not counted; smaller ones after it may still be.
    if (entry.size <= maxZipFile - total) total += entry.size;
    else sizeError ??= `total uncompressed size of module contents too large (max size is ${maxZipFile} bytes)`;
    // Go's sizes are signed: from 2^63 on one does not fit, but is not above a limit either.
    const large = entry.size < 2 ** 63 ? sizeProblem(entry.name.slice(prefix.length), entry.size) : undefined;
    if (large === undefined) valid.push(entry.name);
    else invalid.push({ path: entry.name, error: large });
  }
  return { valid, omitted: [], invalid, sizeError };
}

/** Rows 1 to 8. */
function nameProblem(entryName: string, prefix: string, collide: CollisionChecker): string | undefined {
  if (!entryName.startsWith(prefix)) return `path does not have prefix ${quote(prefix)}`;
  let name = entryName.slice(prefix.length);
  if (name === '') return undefined;
  const isDirectory = name.endsWith('/');
  if (isDirectory) name = name.slice(0, -1);
  if (!isClean(name)) return 'file path is not clean';
  const problem = namingProblem(name) ?? collide(name, isDirectory);
  if (problem !== undefined || isDirectory) return problem;
  const base = baseName(name);
  if (base.length !== 6 || base.toLowerCase() !== 'go.mod') return undefined;
  if (base !== name) return 'go.mod file not in module root directory';
  return name === 'go.mod' ? undefined : goModCase;
}
