// Reading go.sum (spec §8.4, §8.5).
//
// Invariants:
// - Fields are not judged, only counted, as in Go: a path or version that is none is never looked up.
// - Time and memory are linear in the size of the file, which is limited.

import { GoModKitError } from '../errors/error.ts';
import { rawText } from '../gotext/raw.ts';
import { isSpace } from '../gotext/spaces.ts';
import { type GoSum, type GoSumEntry, goSumOf } from './go-sum.ts';

/** Options of {@link parseGoSum}. */
export interface GoSumOptions {
  /** The file's name in messages; `go.sum` if not given. */
  readonly name?: string | undefined;
  /** Skips lines that are no entries, as `go mod tidy` does, which repairs a file so. */
  readonly lax?: boolean | undefined;
}

/** Larger than any go.sum: hundreds of thousands of lines. */
const maxBytes = 64 << 20;

/** The h1 of a go.mod of no bytes, which an old bug left in files. Such lines are dropped (spec §8.5). */
const emptyGoModHash = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';

/**
 * Reads a go.sum, or a go.work.sum.
 *
 * Throws `invalid_argument` for a line that has not three fields, with `data.file`, `data.line` (from 1) and `data.fields`;
 * `limit_exceeded` above 64 MiB.
 *
 * @example
 * ```ts
 * import { parseGoSum } from '@gomodkit/core/gosum';
 *
 * const goSum = parseGoSum('example.com/m v1.0.0/go.mod h1:MajJq5jPEBnnXP+NTWIeXX7kwaPS1sbVEJdooTmsePQ=\n');
 * goSum.hashes({ path: 'example.com/m', version: 'v1.0.0/go.mod' }); // ['h1:MajJ…']
 * goSum.hashes({ path: 'example.com/m', version: 'v1.0.0' }); // []
 * ```
 */
export function parseGoSum(data: Uint8Array | string, options: GoSumOptions = {}): GoSum {
  const { name = 'go.sum', lax = false } = options;
  if (data.length > maxBytes) {
    throw new GoModKitError('limit_exceeded', `${name}: more than ${maxBytes} bytes`, {
      data: { limit: maxBytes, unit: 'bytes' },
    });
  }
  const text = typeof data === 'string' ? data : rawText(data);
  const entries: GoSumEntry[] = [];
  for (let at = 0, number = 1; at < text.length; number++) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const { count, fields } = fieldsOf(text, at, end);
    at = end + 1;
    const [path = '', version = '', hash = ''] = fields;
    if (count === 3) {
      if (hash !== emptyGoModHash) entries.push({ path, version, hash });
    } else if (count > 0 && !lax) throw malformed(name, number, count);
  }
  return goSumOf(entries);
}

/** The first three fields of a line, and how many there are. */
function fieldsOf(text: string, start: number, end: number): { readonly count: number; readonly fields: string[] } {
  const fields: string[] = [];
  let count = 0;
  for (let at = start; at < end; at++) {
    if (isSpace(text.charCodeAt(at))) continue;
    const first = at;
    while (at < end && !isSpace(text.charCodeAt(at))) at++;
    if (count++ < 3) fields.push(text.slice(first, at));
  }
  return { count, fields };
}

function malformed(file: string, line: number, fields: number): GoModKitError {
  return new GoModKitError('invalid_argument', `malformed go.sum:\n${file}:${line}: wrong number of fields ${fields}`, {
    data: { file, line, fields },
  });
}
