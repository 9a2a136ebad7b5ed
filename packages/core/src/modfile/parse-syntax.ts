// From tokens to the syntax tree: statements, blocks, and whose comment is whose (spec §9.4–9.6).
//
// Invariants:
// - A line opens a block when `(` is its last token and something stands before; `x ()` is an empty block. Elsewhere
//   parentheses are tokens. Blocks do not nest.
// - A suffix comment goes to the last node that ended before it. As in Go, a node that spans lines never gets one: neither a
//   block (its parentheses do) nor a line with a string that runs over a line end.
// - One token of lookahead, as in Go: it decides which of two errors comes first, and where an error is placed.

import { Lexer, type Token } from './lexer.ts';
import { syntaxError } from './problem.ts';
import type { Comment, CommentBlock, Comments, FileSyntax, Line, LineBlock, Paren, Statement } from './syntax.ts';

/** Parses the text of a file (see source-text.ts). Throws `invalid_go_mod` at the first error. */
export function parseSyntax(name: string, text: string): FileSyntax {
  return new Parser(name, text).file();
}

/** A node that may still get a suffix comment. */
interface Commented {
  comments: Comments;
}

/** The tokens of one line, and the newline, comment or end of file behind them. */
interface TokenLine {
  readonly token: string[];
  readonly first: Token;
  readonly beforeLast: Token | undefined;
  readonly last: Token;
  readonly eol: Token;
}

const none: readonly Comment[] = Object.freeze([]);
const noComments: Comments = Object.freeze({ before: none, suffix: none });
/** Stands for blank lines between comments and entries of a block. */
const blankLine: Comment = Object.freeze({
  start: Object.freeze({ line: 0, lineRune: 0, byte: 0 }),
  token: '',
  suffix: false,
});

class Parser {
  readonly #name: string;
  readonly #lexer: Lexer;
  /** The lookahead. The lexer's position is behind it. */
  #token: Token;
  /** Who gets the next suffix comment. */
  #owner: Commented;
  /** Whose comments are the file's own: those that no node before them may have. */
  readonly #file: Commented = { comments: noComments };

  constructor(name: string, text: string) {
    this.#name = name;
    this.#lexer = new Lexer(name, text);
    this.#token = this.#lexer.next();
    this.#owner = this.#file;
  }

  file(): FileSyntax {
    const stmt: Statement[] = [];
    let pending: Comment[] = [];
    for (;;) {
      const { kind } = this.#token;
      if (kind === 'comment') pending.push(commentOf(this.#take()));
      else if (kind === 'newline' || kind === 'eof') {
        if (pending[0] !== undefined) stmt.push(this.#commentBlock(pending, pending[0]));
        pending = [];
        if (kind === 'eof') break;
        this.#take();
      } else {
        stmt.push(this.#statement(pending));
        pending = [];
      }
    }
    const { suffix: before } = this.#file.comments;
    return { name: this.#name, comments: { before, suffix: none }, stmt };
  }

  #commentBlock(comments: readonly Comment[], first: Comment): CommentBlock {
    const block: CommentBlock = { kind: 'comments', comments: above(comments), start: first.start };
    this.#owner = block;
    return block;
  }

  #statement(comments: readonly Comment[]): Statement {
    const read = this.#readLine();
    const { token, first, beforeLast, last } = read;
    if (last.kind === '(' && token.length > 1) {
      const lparen: Paren = { comments: noComments, pos: last.start };
      this.#endOfLine(lparen, read.eol);
      return this.#block({ comments: above(comments), start: first.start, token: token.slice(0, -1), lparen });
    }
    if (last.kind === ')' && beforeLast?.kind === '(' && token.length > 2) {
      const block: LineBlock = {
        kind: 'block',
        comments: above(comments),
        start: first.start,
        token: token.slice(0, -2),
        lparen: { comments: noComments, pos: beforeLast.start },
        line: [],
        rparen: { comments: noComments, pos: last.start },
      };
      this.#endOfLine(first.start.line === last.start.line ? block : block.rparen, read.eol);
      return block;
    }
    return this.#line(read, comments, false);
  }

  /** The entries of a block, up to the end of the line of its `)`. */
  #block(head: Pick<LineBlock, 'comments' | 'start' | 'token' | 'lparen'>): LineBlock {
    const line: Line[] = [];
    let pending: Comment[] = [];
    for (;;) {
      const { kind } = this.#token;
      if (kind === 'comment') pending.push(commentOf(this.#take()));
      else if (kind === 'newline') {
        this.#take();
        const last = pending.at(-1);
        if (last === undefined ? line.length > 0 : last !== blankLine) pending.push(blankLine);
      } else if (kind === ')') return { kind: 'block', ...head, line, rparen: this.#closing(pending) };
      else if (kind === 'eof') {
        const { start } = head;
        throw this.#error(`unterminated block started at ${this.#name}:${start.line}:${start.lineRune}`);
      } else {
        line.push(this.#line(this.#readLine(), pending, true));
        pending = [];
      }
    }
  }

  #closing(comments: readonly Comment[]): Paren {
    // A blank line at the end of a block separates nothing.
    const kept = comments.length === 1 && comments[0] === blankLine ? none : comments;
    const rparen: Paren = { comments: above(kept), pos: this.#take().start };
    if (!endsLine(this.#token)) throw this.#error('expected newline after closing paren');
    this.#endOfLine(rparen, this.#take());
    return rparen;
  }

  #line(read: TokenLine, comments: readonly Comment[], inBlock: boolean): Line {
    const { start } = read.first;
    const { end } = read.last;
    const line: Line = { kind: 'line', comments: above(comments), start, token: read.token, inBlock, end };
    this.#endOfLine(start.line === end.line ? line : this.#owner, read.eol);
    return line;
  }

  /** The lookahead, which does not end a line, and everything up to what does. */
  #readLine(): TokenLine {
    const first = this.#take();
    const token = [first.text];
    let last = first;
    let beforeLast: Token | undefined;
    for (;;) {
      const next = this.#take();
      // The copy drops the room that push() reserves: there are as many of these as lines.
      if (endsLine(next)) return { token: token.slice(), first, beforeLast, last, eol: next };
      token.push(next.text);
      beforeLast = last;
      last = next;
    }
  }

  /** `node` ended, and `eol` follows. */
  #endOfLine(node: Commented, eol: Token): void {
    this.#owner = node;
    if (eol.kind !== 'suffix') return;
    const { before, suffix } = node.comments;
    // Appending in place: a file may have any number of comments that all go to one node.
    if (suffix === none) node.comments = { before, suffix: [commentOf(eol)] };
    else (suffix as Comment[]).push(commentOf(eol));
  }

  #take(): Token {
    const token = this.#token;
    this.#token = this.#lexer.next();
    return token;
  }

  #error(message: string): Error {
    return syntaxError(this.#name, this.#lexer.position, `syntax error (${message})`);
  }
}

function endsLine(token: Token): boolean {
  return token.kind === 'newline' || token.kind === 'suffix' || token.kind === 'eof';
}

function commentOf(token: Token): Comment {
  return { start: token.start, token: token.text, suffix: token.kind === 'suffix' };
}

function above(before: readonly Comment[]): Comments {
  return before.length === 0 ? noComments : { before, suffix: none };
}
