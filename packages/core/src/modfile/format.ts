// Writing a syntax tree as text, in Go's standard style (spec §9.24).
//
// Invariants:
// - The tree decides everything: order, blocks and comments are written as they stand, tokens as they are spelled. Only spacing,
//   indentation and runs of blank lines are the formatter's.
// - Formatting what was formatted changes nothing. As in Go there are two exceptions: a retracted version that needs quotes loses
//   them when it is read (arguments.ts), and of several comments behind one node, which only strings over several lines
//   bring about, all but the first get lines of their own.
// - Time is linear in the size of the text.

import { rawBytes } from '../gotext/raw.ts';
import { trimSpace } from '../gotext/spaces.ts';
import type { Comment, Comments, FileSyntax, Line, LineBlock, Paren, Statement } from './syntax.ts';

/** A syntax tree, or a model that has one: `GoMod` and `GoWork`. */
export type Formattable = FileSyntax | { readonly syntax: FileSyntax };

/**
 * The text of a go.mod or go.work file in Go's standard style, as x/mod's `Format`. Nothing is sorted or merged (see
 * {@link formatGoMod}). Bytes of the file that were not UTF-8 are lone surrogates, as in the tree: where such files matter, write
 * {@link formatBytes}.
 *
 * @example
 * ```ts
 * import { format, parse } from '@gomodkit/core/modfile';
 *
 * format(parse('go.mod', 'module  "example.com/m" //  why\n\n\n\ngo 1.24')); // 'module example.com/m //  why\n\ngo 1.24\n'
 * ```
 */
export function format(file: Formattable): string {
  return new Printer().file('syntax' in file ? file.syntax : file);
}

/** The bytes of {@link format}: also those that are not UTF-8 are as they were read. */
export function formatBytes(file: Formattable): Uint8Array {
  return rawBytes(format(file));
}

class Printer {
  /** Ended lines. */
  readonly #lines: string[] = [];
  #line = '';
  /** Tabs before each line. */
  #margin = '';
  /** Suffix comments of what stands on this line. */
  #pending: Comment[] = [];

  file({ comments, stmt }: FileSyntax): string {
    this.#above(comments.before);
    for (const [i, statement] of stmt.entries()) {
      this.#statement(statement);
      // The comments of a comment block have ended their lines.
      if (statement.kind !== 'comments') this.#newline();
      if (i + 1 < stmt.length) this.#newline();
    }
    return withoutBlankEnd(`${this.#lines.join('\n')}${this.#lines.length > 0 ? '\n' : ''}${this.#line}`);
  }

  #statement(statement: Statement): void {
    if (statement.kind === 'block') this.#block(statement);
    else if (statement.kind === 'line') this.#entry(statement);
    else this.#around(statement.comments, () => {});
  }

  #entry({ comments, token }: Line): void {
    this.#around(comments, () => this.#tokens(token));
  }

  #block({ comments, token, lparen, line, rparen }: LineBlock): void {
    this.#around(comments, () => {
      this.#tokens(token);
      this.#write(' ');
      this.#paren(lparen, '(');
      this.#margin = '\t';
      for (const entry of line) {
        this.#newline();
        this.#entry(entry);
      }
      this.#margin = '';
      this.#newline();
      this.#paren(rparen, ')');
    });
  }

  #paren({ comments }: Paren, text: string): void {
    this.#around(comments, () => this.#write(text));
  }

  /** Writes a node with the comments above it; those behind it wait for the end of the line. */
  #around({ before, suffix }: Comments, write: () => void): void {
    if (before.length > 0) {
      this.#trim();
      if (this.#line !== '') this.#endLine();
      this.#line = this.#margin;
      this.#above(before);
    }
    write();
    for (const comment of suffix) this.#pending.push(comment);
  }

  #above(comments: readonly Comment[]): void {
    for (const { token } of comments) {
      this.#write(trimSpace(token));
      this.#newline();
    }
  }

  #tokens(tokens: readonly string[]): void {
    let separator = '';
    for (const token of tokens) {
      this.#write(closes.has(token) ? token : separator + token);
      separator = opens.has(token) ? '' : ' ';
    }
  }

  /** Ends the line with the comments that belong behind it. Where it would be a second blank line, it is none. */
  #newline(): void {
    const comments = this.#pending;
    this.#pending = [];
    for (const [i, { token }] of comments.entries()) {
      if (i > 0) {
        this.#trim();
        this.#endLine();
        this.#line = this.#margin;
      }
      this.#write((i === 0 ? ' ' : '') + trimSpace(token));
    }
    this.#trim();
    const { length } = this.#lines;
    const blank = this.#line === '' && (length === 0 || (length > 1 && this.#lines[length - 1] === ''));
    if (!blank) this.#endLine();
    this.#line = this.#margin;
  }

  #endLine(): void {
    this.#lines.push(this.#line);
    this.#line = '';
  }

  #write(text: string): void {
    let start = 0;
    // A backslash may protect line ends inside a string.
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line += text.slice(start, end);
      this.#endLine();
      start = end + 1;
    }
    this.#line += text.slice(start);
  }

  #trim(): void {
    let end = this.#line.length;
    while (end > 0 && (this.#line[end - 1] === ' ' || this.#line[end - 1] === '\t')) end--;
    this.#line = this.#line.slice(0, end);
  }
}

const opens: ReadonlySet<string> = new Set('([{');
const closes: ReadonlySet<string> = new Set(')]},');

function withoutBlankEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n' && (end === 1 || text[end - 2] === '\n')) end--;
  return text.slice(0, end);
}
