// When a value needs quotes to be one token of a go.mod line (spec §9.8).
//
// Invariant: what `autoQuote` gives is read back as the value it was made of. As in Go, a bracket alone stays bare, and at the
// end of a line `(` would then open a block.

import { quote } from '../gotext/quote.ts';
import { surrogateBytes } from '../gotext/raw.ts';
import { isPrint } from '../gotext/unicode.ts';

/** Whether `value` must be quoted to be one token of a go.mod line, as x/mod's `MustQuote` (spec §9.8). */
export function mustQuote(value: string): boolean {
  if (value === '' || value.includes('//') || value.includes('/*')) return true;
  if (/[ "'`]/.test(value) || (value.length > 1 && /[()[\]{},]/.test(value))) return true;
  for (const char of value) {
    const codePoint = char.codePointAt(0) ?? 0;
    // A byte that is not UTF-8 counts as U+FFFD, which is printable.
    if (!isPrint(codePoint) && surrogateBytes(codePoint) === undefined) return true;
  }
  return false;
}

/**
 * `value` as a token of a go.mod line: itself, or quoted where it must be (spec §9.8).
 *
 * @example
 * ```ts
 * import { autoQuote } from '@gomodkit/core/modfile';
 *
 * autoQuote('example.com/m'); // example.com/m
 * autoQuote('./my dir'); // "./my dir"
 * ```
 */
export function autoQuote(value: string): string {
  return mustQuote(value) ? quote(value) : value;
}
