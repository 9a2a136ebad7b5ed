// Go's notion of space (spec §0.4).
//
// Invariant: this is not JavaScript's `\s` and `trim()`, which have U+FEFF and lack U+0085.

const ahead = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const between = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Whether `cp` is a space, as Go's `unicode.IsSpace`. */
export function isSpace(cp: number): boolean {
  if (cp < 0x80) return cp === 0x20 || (cp >= 0x09 && cp <= 0x0d);
  return cp <= 0x3000 && ahead.test(String.fromCharCode(cp));
}

/** `text` without leading and trailing space, as Go's `strings.TrimSpace`. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The maximal runs of non-space in `text`, as Go's `strings.Fields`. */
export function fields(text: string): string[] {
  const trimmed = trimSpace(text);
  return trimmed === '' ? [] : trimmed.split(between);
}
