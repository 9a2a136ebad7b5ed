// The imports in the header of a Go file, as Go's own parser sees them.
//
// Invariants:
// - A header with any error has no imports: not UTF-8, a byte order mark inside, a bad escape, two imports on a line, an import path that
//   no compiler takes. The go command lists the file nevertheless.
// - Semicolons are inserted at ends of lines, as the language has it.

import { decodeUtf8 } from '../bytes/utf8.ts';
import { unquote } from '../gotext/quote.ts';

/** The import paths of a header, in order, `C` included; none where anything in it is wrong. */
export function parseImports(header: Uint8Array): readonly string[] {
  const text = decodeUtf8(header);
  if (text === undefined || text.includes('\ufeff')) return [];
  try {
    return [...imports(new Tokens(text))];
  } catch (error) {
    if (error instanceof NotGo) return [];
    throw error;
  }
}

class NotGo extends Error {}

type Kind = 'name' | 'string' | 'semicolon' | 'end' | 'other' | '(' | ')' | '.';

interface Token {
  readonly kind: Kind;
  readonly text: string;
}

function* imports(tokens: Tokens): Generator<string> {
  tokens.expect('name', 'package');
  tokens.expectName();
  tokens.expectEnd();
  while (tokens.takes('name', 'import')) {
    if (tokens.takes('(')) {
      while (!tokens.takes(')')) {
        yield importSpec(tokens);
        if (tokens.now.kind !== ')') tokens.expectEnd();
      }
    } else {
      yield importSpec(tokens);
    }
    tokens.expectEnd();
  }
}

function importSpec(tokens: Tokens): string {
  if (!tokens.takes('.') && tokens.now.kind === 'name') tokens.expectName();
  const path = unquote(tokens.expect('string'));
  if (path === undefined || !isPath(path)) throw new NotGo();
  return path;
}

const keywords: ReadonlySet<string> = new Set(
  'break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var'.split(
    ' ',
  ),
);

/** Visible characters that compilers do not refuse. */
function isPath(path: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(path) && !/[!"#$%&'()*,:;<=>?[\\\]^{|}`\ufffd]/.test(path);
}

/** Spaces and comments; whether there is a line break among them decides about semicolons. */
const blank = /[ \t\r\n]+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const token =
  /(?<name>[\p{L}_][\p{L}\p{Nd}_]*)|(?<string>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)|(?<semicolon>;)|(?<mark>[().])/uy;

/** The tokens of a text, one at a time: what is behind the last import is not looked at. */
class Tokens {
  readonly #text: string;
  #at = 0;
  now: Token;

  constructor(text: string) {
    this.#text = text;
    this.now = this.#read(false);
  }

  takes(kind: Kind, text?: string): boolean {
    if (this.now.kind !== kind || (text !== undefined && this.now.text !== text)) return false;
    this.#advance();
    return true;
  }

  /** The text of the token here, which must be of this kind. */
  expect(kind: Kind, text?: string): string {
    const { now } = this;
    if (!this.takes(kind, text)) throw new NotGo();
    return now.text;
  }

  expectName(): void {
    if (keywords.has(this.expect('name'))) throw new NotGo();
  }

  /** The end of a clause. */
  expectEnd(): void {
    if (this.now.kind !== ')' && this.now.kind !== 'end') this.expect('semicolon');
  }

  #advance(): void {
    const { kind, text } = this.now;
    this.now = this.#read(kind === ')' || kind === 'string' || (kind === 'name' && !keywords.has(text)));
  }

  #read(endsLine: boolean): Token {
    const from = this.#at;
    for (blank.lastIndex = from; blank.test(this.#text); ) this.#at = blank.lastIndex;
    if (endsLine && (this.#at >= this.#text.length || this.#text.slice(from, this.#at).includes('\n'))) {
      return { kind: 'semicolon', text: '\n' };
    }
    if (this.#at >= this.#text.length) return { kind: 'end', text: '' };
    token.lastIndex = this.#at;
    const { groups } = token.exec(this.#text) ?? {};
    if (groups === undefined) return { kind: 'other', text: '' };
    this.#at = token.lastIndex;
    for (const kind of ['name', 'string', 'semicolon'] as const) {
      if (groups[kind] !== undefined) return { kind, text: groups[kind] };
    }
    return { kind: groups.mark as Kind, text: '' };
  }
}
