// Go's quoting: `%q` of strings and characters, and the string literals of go.mod values (spec §1.22, §9.7).
//
// Invariants:
// - `quote` gives printable text without line breaks, whatever comes in.
// - `unquote(quote(s))` is `s` for every string that stands for bytes (see raw.ts).

import { isUtf8, rawBytes, rawText, replaceSurrogates, surrogateBytes } from './raw.ts';
import { defaultUnicode, isPrint, type UnicodeVersion } from './unicode.ts';

const letterOfControl: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** `text` as Go's `%q` prints it: a double-quoted Go string literal. */
export function quote(text: string, unicode: UnicodeVersion = defaultUnicode): string {
  let out = '"';
  for (const char of text) out += char === '"' ? '\\"' : quoteChar(char, unicode);
  return `${out}"`;
}

/** One character as Go's `%q` prints a rune: a single-quoted Go literal. A lone surrogate prints as U+FFFD. */
export function quoteRune(char: string, unicode: UnicodeVersion = defaultUnicode): string {
  const rune = replaceSurrogates(char);
  return rune === "'" ? "'\\''" : `'${quoteChar(rune, unicode)}'`;
}

function quoteChar(char: string, unicode: UnicodeVersion): string {
  const short = letterOfControl[char];
  if (short !== undefined) return short;
  const cp = char.codePointAt(0) ?? 0;
  if (isPrint(cp, unicode)) return char;
  const bytes = cp < 0x20 || cp === 0x7f ? [cp] : surrogateBytes(cp);
  if (bytes !== undefined) return bytes.map((byte) => `\\x${hex(byte, 2)}`).join('');
  return cp < 0x10000 ? `\\u${hex(cp, 4)}` : `\\U${hex(cp, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

const controlOfLetter: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Number escapes: how many digits of which base follow the letter, and whether they name a byte or a character. */
const numberEscapes: Readonly<Record<string, { digits: RegExp; base: number; byte: boolean }>> = {
  x: { digits: /[0-9a-fA-F]{2}/y, base: 16, byte: true },
  u: { digits: /[0-9a-fA-F]{4}/y, base: 16, byte: false },
  U: { digits: /[0-9a-fA-F]{8}/y, base: 16, byte: false },
};
const octalEscape = { digits: /[0-7]{3}/y, base: 8, byte: true };

/**
 * The value of a Go string literal, `"…"` or `` `…` ``, or undefined when it is none. As Go's `strconv.Unquote`, without
 * rune literals.
 *
 * Byte escapes (`\xff`, `\377`) can make a value that is not UTF-8: it comes as {@link rawText} gives it. Bytes that are
 * not UTF-8 in the literal itself become U+FFFD in `"…"` and stay in raw strings, as in Go.
 */
export function unquote(literal: string): string | undefined {
  const delimiter = literal[0];
  if (literal.length < 2 || literal.at(-1) !== delimiter) return undefined;
  const inner = literal.slice(1, -1);
  if (delimiter === '`') return inner.includes('`') ? undefined : inner.replaceAll('\r', '');
  if (delimiter !== '"') return undefined;
  return decodeEscapes(replaceSurrogates(inner));
}

function decodeEscapes(inner: string): string | undefined {
  let out = '';
  for (let at = 0; at < inner.length; ) {
    const char = inner[at] ?? '';
    if (char === '"' || char === '\n') return undefined;
    if (char !== '\\') {
      out += char;
      at++;
      continue;
    }
    const decoded = readEscape(inner, at + 1);
    if (decoded === undefined) return undefined;
    out += decoded.text;
    at = decoded.end;
  }
  // Byte escapes next to each other may form a character.
  return isUtf8(out) ? out : rawText(rawBytes(out));
}

function readEscape(inner: string, at: number): { text: string; end: number } | undefined {
  const letter = inner[at] ?? '';
  const control = controlOfLetter[letter];
  if (control !== undefined) return { text: control, end: at + 1 };
  const named = numberEscapes[letter];
  const { digits, base, byte } = named ?? octalEscape;
  const start = named === undefined ? at : at + 1;
  digits.lastIndex = start;
  const value = Number.parseInt(digits.exec(inner)?.[0] ?? '', base);
  if (Number.isNaN(value)) return undefined;
  const end = digits.lastIndex;
  if (byte) return value > 0xff ? undefined : { text: byteText(value), end };
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined;
  return { text: String.fromCodePoint(value), end };
}

function byteText(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
}
