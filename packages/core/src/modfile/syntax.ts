// The syntax tree of a go.mod file: what stands where, before any directive is understood.
//
// Invariants:
// - Nothing is lost that a formatter needs: order, blocks, tokens, every comment, the blank lines that separate entries.
// - Tokens are source text: a quoted string keeps its quotes. Reading the directives writes values back in Go's preferred form
//   (`"abc"` becomes `abc`, `v1` becomes `v1.0.0`), as Go does, so that formatting normalises them.
// - A byte of the file that is not valid UTF-8 stands in tokens and comments as a lone surrogate U+DC80–U+DCFF
//   (see source-text.ts), so that a formatter can write it back unchanged.

/** A place in a file. */
export interface Position {
  /** Line, from 1. */
  readonly line: number;
  /** Character (code point) in the line, from 1. */
  readonly lineRune: number;
  /** UTF-8 byte in the file, from 0. */
  readonly byte: number;
}

/** A `//` comment, or a blank line inside a block, which has an empty `token` (spec §9.6). */
export interface Comment {
  readonly start: Position;
  /** With its `//`, without the newline. */
  readonly token: string;
  /** Whether something stands before it on its line (spec §9.4). */
  readonly suffix: boolean;
}

/** The comments that belong to a node of the tree (spec §9.6). */
export interface Comments {
  /** Whole-line comments above the node. */
  readonly before: readonly Comment[];
  /** Comments behind the node, on its line. */
  readonly suffix: readonly Comment[];
}

/** A directive on one line, or an entry of a block. */
export interface Line {
  readonly kind: 'line';
  readonly comments: Comments;
  readonly start: Position;
  /** At least one. Inside a block the directive's name is not repeated. */
  readonly token: readonly string[];
  readonly inBlock: boolean;
  /** Behind the last token. */
  readonly end: Position;
}

/** A parenthesis of a block: a place for comments. */
export interface Paren {
  readonly comments: Comments;
  readonly pos: Position;
}

/** Directives factored into a block: `require ( … )`. */
export interface LineBlock {
  readonly kind: 'block';
  readonly comments: Comments;
  readonly start: Position;
  /** What stands before `(`. At least one. */
  readonly token: readonly string[];
  readonly lparen: Paren;
  readonly line: readonly Line[];
  readonly rparen: Paren;
}

/** Comments outside blocks that belong to no statement. They are its `comments.before`. */
export interface CommentBlock {
  readonly kind: 'comments';
  readonly comments: Comments;
  readonly start: Position;
}

/** What stands at the top level of a file. */
export type Statement = Line | LineBlock | CommentBlock;

/** A go.mod file as text. */
export interface FileSyntax {
  /** As given to the parser; it stands in error messages. */
  readonly name: string;
  readonly comments: Comments;
  readonly stmt: readonly Statement[];
}
