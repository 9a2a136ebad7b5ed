// Tokens of a go.mod file (spec §9.1–9.4).
//
// Invariants:
// - One pass, each character looked at a bounded number of times; a token is a slice of the text.
// - A comment takes the newline behind it with it: it is the end of its line.
// - The first error ends the lexing; its position is that of the offending character, or of the string that does not end.

import { quoteRune } from '../gotext/quote.ts';
import { surrogateBytes } from '../gotext/raw.ts';
import { isPrint } from '../gotext/unicode.ts';
import { checkLimit, maxTokens } from './limits.ts';
import { syntaxError } from './problem.ts';
import { byteLength } from './source-text.ts';
import type { Position } from './syntax.ts';

/**
 * `comment` has its line for itself, `suffix` is a comment behind something. `text` is everything that the grammar does not
 * look at: words, strings, and the punctuation other than parentheses.
 */
export type TokenKind = 'eof' | 'newline' | 'comment' | 'suffix' | '(' | ')' | 'text';

/** A piece of the file. */
export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the file; of a comment without the newline. */
  readonly text: string;
  readonly start: Position;
  readonly end: Position;
}

const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const star = 0x2a;
const slash = 0x2f;
const doubleQuote = 0x22;
const backquote = 0x60;
const backslash = 0x5c;

/** Each is a token of its own and ends a word. */
const punctuation: ReadonlySet<number> = new Set(Array.from('()[]{},', (char) => char.charCodeAt(0)));

/** Whether a character may stand in a word; a byte that is not UTF-8 may (spec §9.2). */
function isWordCharacter(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint > space && codePoint < 0x7f && !punctuation.has(codePoint);
  return isPrint(codePoint) || surrogateBytes(codePoint) !== undefined;
}

/** Takes a file apart, token by token. */
export class Lexer {
  readonly #file: string;
  readonly #text: string;
  /** UTF-16 index into the text. */
  #at = 0;
  #line = 1;
  #lineRune = 1;
  #byte = 0;
  /** Whether the current line has a token already: then a comment on it is a suffix. */
  #lineHasToken = false;
  #tokens = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** Where the next token is looked for. */
  get position(): Position {
    return { line: this.#line, lineRune: this.#lineRune, byte: this.#byte };
  }

  /** The next token; `eof` again and again at the end. */
  next(): Token {
    this.#skipBlanks();
    const from = this.#at;
    const start = this.position;
    if (from >= this.#text.length) return { kind: 'eof', text: '', start, end: start };
    const unit = this.#peek();
    if (unit === newline) {
      this.#step();
      this.#lineHasToken = false;
      return { kind: 'newline', text: '\n', start, end: start };
    }
    checkLimit(this.#file, ++this.#tokens, maxTokens, 'tokens');
    if (unit === slash && this.#peek(1) === slash) return this.#comment(start);
    if (unit === doubleQuote || unit === backquote) this.#skipString(unit, start);
    else if (punctuation.has(unit)) this.#step();
    else this.#skipWord();
    this.#lineHasToken = true;
    const text = this.#text.slice(from, this.#at);
    return { kind: text === '(' || text === ')' ? text : 'text', text, start, end: this.position };
  }

  #skipBlanks(): void {
    for (;;) {
      const unit = this.#peek();
      if (unit !== space && unit !== tab && unit !== carriageReturn) return;
      this.#step();
    }
  }

  #comment(start: Position): Token {
    const kind = this.#lineHasToken ? 'suffix' : 'comment';
    const from = this.#at;
    const lineEnd = this.#text.indexOf('\n', from);
    const next = lineEnd < 0 ? this.#text.length : lineEnd + 1;
    while (this.#at < next) this.#step();
    this.#lineHasToken = false;
    // Only a CR that belongs to the line end goes with it.
    const crlf = lineEnd > from && this.#text.charCodeAt(lineEnd - 1) === carriageReturn;
    const to = lineEnd < 0 ? next : crlf ? lineEnd - 1 : lineEnd;
    return { kind, text: this.#text.slice(from, to), start, end: this.position };
  }

  #skipString(quote: number, start: Position): void {
    this.#step();
    for (;;) {
      if (this.#at >= this.#text.length) throw syntaxError(this.#file, start, 'unexpected EOF in string');
      const unit = this.#peek();
      if (unit === newline) throw this.#error('unexpected newline in string');
      this.#step();
      if (unit === quote) return;
      // As in Go, the protected character may be anything, even a newline; no value that is read can hold that.
      if (unit === backslash && quote === doubleQuote && this.#at < this.#text.length) this.#step();
    }
  }

  #skipWord(): void {
    const from = this.#at;
    for (;;) {
      const unit = this.#peek();
      if (unit === slash && this.#peek(1) === slash) return;
      if (unit === slash && this.#peek(1) === star)
        throw this.#error('mod files must use // comments (not /* */ comments)');
      if (this.#at >= this.#text.length || !isWordCharacter(this.#codePoint())) break;
      this.#step();
    }
    if (this.#at > from) return;
    const character = String.fromCodePoint(this.#codePoint());
    throw this.#error(`unexpected input character ${quoteRune(character)}`);
  }

  #error(message: string): Error {
    return syntaxError(this.#file, this.position, message);
  }

  /** The UTF-16 code unit `ahead` of the current place; NaN behind the end. */
  #peek(ahead = 0): number {
    return this.#text.charCodeAt(this.#at + ahead);
  }

  /** The character at the current place, which is not the end. */
  #codePoint(): number {
    return this.#text.codePointAt(this.#at) ?? 0;
  }

  #step(): void {
    const codePoint = this.#codePoint();
    this.#at += codePoint < 0x10000 ? 1 : 2;
    this.#byte += byteLength(codePoint);
    if (codePoint === newline) {
      this.#line++;
      this.#lineRune = 1;
    } else this.#lineRune++;
  }
}
