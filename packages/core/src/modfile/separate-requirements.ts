// New requirements for a go.mod with direct and indirect ones in blocks of their own, as `go mod tidy` writes it.
//
// Invariants:
// - Blocks and lines with comments of their own are somebody's: nothing is moved out of them, nor into them.
// - A requirement moves with its comments, from the block of the one kind to that of the other when its mark changes; also
//   from a file's only block, which is how a file of before Go 1.17 gets its second.
// - `simplify` moves everything, into two blocks, and gathers the comments of all blocks above them.

import { trimSpace } from '../gotext/spaces.ts';
import { isIndirect } from './comment-text.ts';
import { drop, type Editable, tokenOf } from './edit-model.ts';
import {
  asBlock,
  type EditBlock,
  type EditLine,
  type EditStatement,
  type EditTree,
  newBlock,
  newLine,
  noPosition,
} from './edit-tree.ts';
import type { GoMod } from './go-mod.ts';
import { type EditedRequire, markIndirect, type Requirement, updated } from './requirements.ts';
import type { Comment, Comments } from './syntax.ts';

/** Makes `require` what is wanted. Leaves empty blocks and removed lines for a cleanup. */
export function setSeparateRequirements(
  file: Pick<Editable<GoMod>, 'require' | 'syntax'>,
  wanted: ReadonlyMap<string, Requirement>,
  simplify: boolean,
): void {
  const { require, syntax } = file;
  const found = survey(syntax);
  const comments = simplify ? takeBlockComments(file, wanted) : undefined;
  const [only, ...more] = found.statements;
  const isFlat = only !== undefined && more.length === 0 && !hasComments(only.comments);
  const { direct, indirect } = ensureBlocks(syntax, found);
  if (comments !== undefined) {
    addAbove(direct, comments.direct);
    addAbove(indirect, comments.indirect);
  }

  const missing = new Map(wanted);
  drop(require, ({ path }) => !missing.delete(path));
  for (const [i, each] of require.entries()) {
    const requirement = wanted.get(each.path);
    if (requirement === undefined) continue;
    const kept = updated(each, requirement);
    const [home, other] = kept.indirect ? [indirect, direct] : [direct, indirect];
    const moves = simplify || isFlat || found.blockOf.get(kept.syntax) === other;
    require[i] = moves ? moved(kept, home) : kept;
  }
  for (const requirement of missing.values()) {
    require.push(added(requirement, requirement.indirect === true ? indirect : direct));
  }
}

/** The `require` statements of a file. */
interface Survey {
  readonly statements: readonly (EditLine | EditBlock)[];
  /** Index in the file of the last that has only direct requirements and no comments. */
  readonly direct: number;
  /** The same for indirect ones. */
  readonly indirect: number;
  readonly last: number;
  /** The blocks that were there. */
  readonly blockOf: ReadonlyMap<EditLine, EditBlock>;
}

function survey({ stmt }: EditTree): Survey {
  const isRequire = (each: EditStatement) => each.kind !== 'comments' && each.token[0] === 'require';
  const statements = stmt.filter((each) => each.kind !== 'comments' && isRequire(each));
  const blockOf = new Map<EditLine, EditBlock>();
  for (const each of statements) {
    if (each.kind === 'block') for (const line of each.line) blockOf.set(line, each);
  }
  const lastOf = (indirect: boolean) => stmt.findLastIndex((each) => isRequire(each) && hasOnly(each, indirect));
  return {
    statements: statements as (EditLine | EditBlock)[],
    direct: lastOf(false),
    indirect: lastOf(true),
    last: stmt.findLastIndex(isRequire),
    blockOf,
  };
}

/** Whether all entries are marked so, and nothing has a comment of its own. */
function hasOnly(statement: EditStatement, indirect: boolean): boolean {
  if (statement.kind === 'comments' || hasComments(statement.comments)) return false;
  const lines = statement.kind === 'block' ? statement.line : [statement];
  return lines.length > 0 && lines.every((line) => !hasComments(line.comments) && isIndirect(line) === indirect);
}

/** Whether there are comments other than the mark. */
function hasComments({ before, suffix }: Comments): boolean {
  const [first, ...more] = suffix;
  const text = first === undefined ? 'indirect' : trimSpace(first.token.slice('//'.length));
  return before.length > 0 || more.length > 0 || text !== 'indirect';
}

/** The block for each kind, new where there is none: beside that of the other kind, or behind all requirements. */
function ensureBlocks(
  tree: EditTree,
  { direct, indirect, last }: Survey,
): { readonly direct: EditBlock; readonly indirect: EditBlock } {
  const insert = (index: number): EditBlock => {
    const block = newBlock('require', []);
    tree.stmt.splice(index, 0, block);
    return block;
  };
  if (direct >= 0) {
    const block = asBlock(tree, direct);
    return { direct: block, indirect: indirect >= 0 ? asBlock(tree, indirect) : insert(direct + 1) };
  }
  if (indirect >= 0) return { direct: insert(indirect), indirect: asBlock(tree, indirect + 1) };
  const behind = last >= 0 ? last + 1 : tree.stmt.length;
  return { direct: insert(behind), indirect: insert(behind + 1) };
}

/** Takes the comments above all blocks, by the kind of what is wanted in the block. */
function takeBlockComments(
  { require, syntax }: Pick<Editable<GoMod>, 'require' | 'syntax'>,
  wanted: ReadonlyMap<string, Requirement>,
): { readonly direct: readonly Comment[]; readonly indirect: readonly Comment[] } {
  const stays = new Set<EditLine>();
  for (const { path, syntax: line } of require)
    if (wanted.has(path) && wanted.get(path)?.indirect !== true) stays.add(line);
  const taken: { readonly direct: Comment[]; readonly indirect: Comment[] } = { direct: [], indirect: [] };
  for (const stmt of syntax.stmt) {
    if (stmt.kind !== 'block' || stmt.token[0] !== 'require') continue;
    const { before, suffix } = stmt.comments;
    const isDirect = stmt.line.length === 0 || stmt.line.some((line) => stays.has(line));
    const comments = isDirect ? taken.direct : taken.indirect;
    if (comments.length > 0 && before.length > 0) comments.push({ start: noPosition, token: '//', suffix: false });
    comments.push(...before);
    stmt.comments = { before: [], suffix };
  }
  return taken;
}

function addAbove(block: EditBlock, comments: readonly Comment[]): void {
  const { before, suffix } = block.comments;
  block.comments = { before: [...before, ...comments], suffix };
}

function moved(require: EditedRequire, block: EditBlock): EditedRequire {
  const old = require.syntax;
  const token = !old.inBlock && old.token[0] === 'require' ? old.token.slice(1) : old.token;
  const line: EditLine = { ...old, token, inBlock: true };
  old.token = [];
  block.line.push(line);
  return { ...require, syntax: line };
}

function added({ path, version, indirect = false }: Requirement, block: EditBlock): EditedRequire {
  const line = newLine([tokenOf(path), tokenOf(version)], true);
  markIndirect(line, indirect);
  block.line.push(line);
  return { path, version, indirect, syntax: line };
}
