// The syntax tree while it is edited: where a new line goes, and how lines go away.
//
// Invariants:
// - The tree that was parsed stays as it is: edits work on a copy, in which only comments, tokens and lists of lines change.
// - A removed line has no tokens. It keeps its place until `cleanUpTree`, so that a block that becomes empty can still take new
//   lines, with its comments.
// - A line keeps its identity when a block is made of it, or a block of one line is made a line again.

import { GoModKitError } from '../errors/error.ts';
import type { CommentBlock, Comments, FileSyntax, Line, Paren, Position, Statement } from './syntax.ts';

/** A line of a tree that is edited. */
export interface EditLine {
  readonly kind: 'line';
  comments: Comments;
  readonly start: Position;
  token: readonly string[];
  inBlock: boolean;
  readonly end: Position;
}

/** A block of a tree that is edited. */
export interface EditBlock {
  readonly kind: 'block';
  comments: Comments;
  readonly start: Position;
  readonly token: readonly string[];
  readonly lparen: Paren;
  line: EditLine[];
  readonly rparen: Paren;
}

export type EditStatement = EditLine | EditBlock | CommentBlock;

/** A tree that is edited. */
export interface EditTree {
  readonly name: string;
  readonly comments: Comments;
  stmt: EditStatement[];
}

/** A copy to edit, and which of its lines is that of a line of the original. */
export function copyTree(syntax: FileSyntax): { readonly tree: EditTree; readonly copyOf: (line: Line) => EditLine } {
  const copies = new Map<Line, EditLine>();
  const copyLine = (line: Line): EditLine => {
    const copy = { ...line };
    copies.set(line, copy);
    return copy;
  };
  const copyStatement = (statement: Statement): EditStatement => {
    if (statement.kind === 'line') return copyLine(statement);
    return statement.kind === 'block' ? { ...statement, line: statement.line.map(copyLine) } : statement;
  };
  const tree = { name: syntax.name, comments: syntax.comments, stmt: syntax.stmt.map(copyStatement) };
  const copyOf = (line: Line): EditLine => {
    const copy = copies.get(line);
    if (copy !== undefined) return copy;
    throw new GoModKitError(
      'invalid_argument',
      `a directive's line "${line.token.join(' ')}" is not in its file's tree`,
    );
  };
  return { tree, copyOf };
}

/** What is not in a file yet is nowhere. */
export const noPosition: Position = Object.freeze({ line: 0, lineRune: 0, byte: 0 });
export const noComments: Comments = Object.freeze({ before: [], suffix: [] });

export function newLine(token: readonly string[], inBlock: boolean): EditLine {
  return { kind: 'line', comments: noComments, start: noPosition, token, inBlock, end: noPosition };
}

export function newBlock(verb: string, line: EditLine[]): EditBlock {
  const paren: Paren = { comments: noComments, pos: noPosition };
  return { kind: 'block', comments: noComments, start: noPosition, token: [verb], lparen: paren, line, rparen: paren };
}

/** Adds a line to the last statement with `verb`, which becomes a block if it is none; to the end if there is no such. */
export function addToLast(tree: EditTree, verb: string, args: readonly string[]): EditLine {
  const i = tree.stmt.findLastIndex((stmt) => stmt.kind !== 'comments' && stmt.token[0] === verb);
  if (i < 0) return addToEnd(tree, verb, args);
  const line = newLine(args, true);
  asBlock(tree, i).line.push(line);
  return line;
}

/** Adds a line to the end of the file, whatever stands there. */
export function addToEnd(tree: EditTree, verb: string, args: readonly string[]): EditLine {
  const line = newLine([verb, ...args], false);
  tree.stmt.push(line);
  return line;
}

/**
 * Adds a line behind `hint`: in its block, or in one that is made of it. Where that is about something else than `verb`, the
 * line goes behind that statement.
 */
export function addBehind(tree: EditTree, hint: EditLine, verb: string, args: readonly string[]): EditLine {
  for (const [i, stmt] of tree.stmt.entries()) {
    if (stmt.kind === 'comments') continue;
    const at = stmt.kind === 'block' ? stmt.line.indexOf(hint) : stmt === hint ? 0 : -1;
    if (at < 0) continue;
    const same = stmt.token[0] === verb;
    const line = same ? newLine(args, true) : newLine([verb, ...args], false);
    if (same) asBlock(tree, i).line.splice(at + 1, 0, line);
    else tree.stmt.splice(i + 1, 0, line);
    return line;
  }
  return addToEnd(tree, verb, args);
}

/** The block at `index`. A line there becomes one, with the line's comments at the entry. */
export function asBlock(tree: EditTree, index: number): EditBlock {
  const stmt = tree.stmt[index];
  if (stmt?.kind === 'block') return stmt;
  if (stmt?.kind !== 'line') throw new TypeError('no line to make a block of');
  const [verb = '', ...args] = stmt.token;
  stmt.token = args;
  stmt.inBlock = true;
  const block = newBlock(verb, [stmt]);
  tree.stmt[index] = block;
  return block;
}

/** Writes a line anew; its comments stay. */
export function updateLine(line: EditLine, verb: string, args: readonly string[]): void {
  line.token = line.inBlock ? args : [verb, ...args];
}

/** Removes a line and the comments behind it; those above it go with `cleanUpTree`. */
export function removeLine(line: EditLine): void {
  line.token = [];
  line.comments = { before: line.comments.before, suffix: [] };
}

/** Drops removed lines and empty blocks, and makes lines of blocks with one entry. */
export function cleanUpTree(tree: EditTree): void {
  const kept: EditStatement[] = [];
  for (const stmt of tree.stmt) {
    if (stmt.kind === 'block') {
      stmt.line = stmt.line.filter(isThere);
      const [first, second] = stmt.line;
      if (first === undefined) continue;
      // A comment above the closing parenthesis needs the block. As in Go, those behind the parentheses get lost with it.
      const collapses = second === undefined && stmt.rparen.comments.before.length === 0;
      kept.push(collapses ? collapsed(stmt, first) : stmt);
    } else if (stmt.kind === 'comments' || isThere(stmt)) kept.push(stmt);
  }
  tree.stmt = kept;
}

function isThere(line: EditLine): boolean {
  return line.token.length > 0;
}

function collapsed(block: EditBlock, line: EditLine): EditLine {
  line.comments = {
    before: [...block.comments.before, ...line.comments.before],
    suffix: [...line.comments.suffix, ...block.comments.suffix],
  };
  line.token = [...block.token, ...line.token];
  line.inBlock = false;
  return line;
}
