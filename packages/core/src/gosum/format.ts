// Writing go.sum (spec §8.4).
//
// Invariant: one text for one set of entries, whatever their order: by module, version and hash, each line once.

import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { isSpace } from '../gotext/spaces.ts';
import { compareModuleVersions } from '../module/index.ts';
import type { GoSumEntry } from './go-sum.ts';

/**
 * The text of a go.sum with these entries, as the go command writes it: in the order of spec §1.15, then of the hashes'
 * bytes, without duplicates. Throws `invalid_argument` for an entry with an empty field or a space in one.
 *
 * @example
 * ```ts
 * import { formatGoSum, goSumEntries, parseGoSum } from '@gomodkit/core/gosum';
 *
 * const { entries } = parseGoSum('');
 * const added = goSumEntries({ path: 'example.com/m', version: 'v1.0.0' }, { zip: 'h1:xS29ReXXuhjT7jc79mo91h/PevaZ2oS9PciF1DucXtg=' });
 * formatGoSum([...entries, ...added]); // 'example.com/m v1.0.0 h1:xS29…\n'
 * ```
 */
export function formatGoSum(entries: Iterable<GoSumEntry>): string {
  const lines = [...entries].sort(compareEntries).map(lineOf);
  return lines.filter((line, i) => line !== lines[i - 1]).join('');
}

function compareEntries(a: GoSumEntry, b: GoSumEntry): number {
  // Versions that are equal to semver are no reason for two texts: their bytes decide.
  return compareModuleVersions(a, b) || compareUtf8(a.version, b.version) || compareUtf8(a.hash, b.hash);
}

function lineOf({ path, version, hash }: GoSumEntry): string {
  for (const field of [path, version, hash]) {
    if (field === '' || hasSpace(field)) {
      throw new GoModKitError('invalid_argument', `${quote(field)} cannot be a field of a go.sum line`, {
        data: { path, version, hash },
      });
    }
  }
  return `${path} ${version} ${hash}\n`;
}

function hasSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isSpace(text.charCodeAt(i))) return true;
  return false;
}
