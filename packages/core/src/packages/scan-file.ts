// What the go command knows of a Go file before any compiler sees it.

import { concatBytes } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { canBuild } from './build-constraint.ts';
import { findHeader } from './go-header.ts';
import { parseImports } from './parse-imports.ts';

/** What the header of a Go file says. */
export interface ScannedFile {
  /** Import paths in the order of the file, `C` included; none where the file has syntax errors before its first declaration. */
  readonly imports: readonly string[];
  /** Whether any set of build tags makes it part of a build: false for `//go:build ignore`. */
  readonly canBuild: boolean;
}

/** How many bytes of a file are looked at first. */
const firstLook = 16 * 1024;

/** No header of a file that anybody wrote is as long. */
const maxHeader = 32 * 1024 * 1024;

/**
 * Reads package clause, imports and build constraints of a Go file, as the go command does for `go mod why` and `go mod tidy`:
 * every build tag but `ignore` counts as set and as not set. Reads no further than it has to. Rejects
 * as `content` does, and with `limit_exceeded` for a header of more than 32 MiB.
 *
 * @example
 * ```ts
 * import { scanGoFile } from '@gomodkit/core/packages';
 *
 * const text = '//go:build linux && !cgo\n\npackage p\n\nimport "golang.org/x/sys/unix"\n';
 * const { imports, canBuild } = await scanGoFile([new TextEncoder().encode(text)]);
 * console.log(imports, canBuild); // ['golang.org/x/sys/unix'], true
 * ```
 */
export async function scanGoFile(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<ScannedFile> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let looked = firstLook;
  for await (const chunk of content) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < looked) continue;
    const bytes = concatBytes(chunks, size);
    const found = scan(bytes, false);
    if (found !== undefined) return found;
    if (size > maxHeader)
      throw new GoModKitError('limit_exceeded', `a Go file has a header of more than ${maxHeader} bytes`);
    // Doubled, so that a long header costs no more than reading it twice.
    chunks = [bytes];
    looked = size * 2;
  }
  return scan(concatBytes(chunks, size), true) ?? unreadable;
}

/** A file that cannot be read is part of its package, without imports. */
const unreadable: ScannedFile = { imports: [], canBuild: true };

function scan(bytes: Uint8Array, isWhole: boolean): ScannedFile | undefined {
  const found = findHeader(bytes, isWhole);
  if (found === 'more') return undefined;
  if (found === 'unreadable') return unreadable;
  const header = bytes.subarray(found.start, found.end);
  const met = canBuild(new TextDecoder().decode(header));
  return met === undefined ? unreadable : { imports: parseImports(header), canBuild: met };
}
