// The order of the entries of a block, and duplicates.
//
// Invariants:
// - Entries move only within their block, with their comments; equal ones keep their order.
// - Sorting is by tokens, not by meaning, but for `exclude` and `retract`, where versions count.

import { compareRaw } from '../gotext/raw.ts';
import { compare as compareVersions } from '../semver/compare.ts';
import type { Editable } from './edit-model.ts';
import type { EditLine, EditTree } from './edit-tree.ts';
import type { GoMod } from './go-mod.ts';
import type { VersionInterval } from './retract.ts';

/** How two entries of a block compare. */
export type LineOrder = (a: EditLine, b: EditLine) => number;

/** Sorts each block by what `orderOf` says for its directive. */
export function sortTree(tree: EditTree, orderOf: (verb: string) => LineOrder): void {
  for (const stmt of tree.stmt) {
    if (stmt.kind === 'block') stmt.line.sort(orderOf(stmt.token[0] ?? ''));
  }
}

/** By the bytes of the tokens. */
export const byTokens: LineOrder = (a, b) => {
  for (const [i, token] of a.token.entries()) {
    const other = b.token[i];
    if (other === undefined) break;
    if (token !== other) return compareRaw(token, other);
  }
  return a.token.length - b.token.length;
};

/** The orders of go.mod. From Go 1.21 on exclusions of a module are in the order of versions. */
export function goModOrder(goVersion: string | undefined): (verb: string) => LineOrder {
  const semanticExcludes = goVersion !== undefined && compareVersions(`v${goVersion}`, 'v1.21') >= 0;
  return (verb) => (verb === 'retract' ? byInterval : verb === 'exclude' && semanticExcludes ? byVersion : byTokens);
}

const byVersion: LineOrder = (a, b) => {
  const [path = '', version = ''] = a.token;
  const [otherPath = '', otherVersion = ''] = b.token;
  if (a.token.length !== 2 || b.token.length !== 2) return byTokens(a, b);
  return path === otherPath ? compareVersions(version, otherVersion) : compareRaw(path, otherPath);
};

/** The latest first. */
const byInterval: LineOrder = (a, b) => {
  const x = intervalOf(a.token);
  const y = intervalOf(b.token);
  return compareVersions(y.low, x.low) || compareVersions(y.high, x.high);
};

function intervalOf(token: readonly string[]): VersionInterval {
  const [first = '', low = '', comma, high = '', last] = token;
  if (token.length === 1) return { low: first, high: first };
  const isInterval = token.length === 5 && first === '[' && comma === ',' && last === ']';
  return isInterval ? { low, high } : { low: '', high: '' };
}

type Duplicates = Pick<Editable<GoMod>, 'replace' | 'syntax'> &
  Partial<Pick<Editable<GoMod>, 'exclude' | 'tool' | 'ignore'>>;

/**
 * Removes what stands there twice, and blocks without entries. The first `exclude`, `tool` and `ignore` count, and the last
 * `replace`. Requirements stay, because which version counts is decided elsewhere, and retractions, because of their comments.
 */
export function removeDuplicates(file: Duplicates): void {
  const gone = new Set<EditLine>();
  const { exclude, replace, tool, ignore, syntax } = file;
  if (exclude !== undefined) keepFirst(exclude, ({ path, version }) => keyOf(path, version), gone);
  replace.reverse();
  keepFirst(replace, ({ old }) => keyOf(old.path, old.version ?? ''), gone);
  replace.reverse();
  if (tool !== undefined) keepFirst(tool, ({ path }) => path, gone);
  if (ignore !== undefined) keepFirst(ignore, ({ path }) => path, gone);
  syntax.stmt = syntax.stmt.filter((stmt) => {
    if (stmt.kind === 'comments') return true;
    if (stmt.kind === 'line') return !gone.has(stmt);
    stmt.line = stmt.line.filter((line) => !gone.has(line));
    return stmt.line.length > 0;
  });
}

function keyOf(path: string, version: string): string {
  return JSON.stringify([path, version]);
}

function keepFirst<Item extends { readonly syntax: EditLine }>(
  list: Item[],
  keyOfItem: (item: Item) => string,
  gone: Set<EditLine>,
): void {
  const seen = new Set<string>();
  let kept = 0;
  for (const item of list) {
    const key = keyOfItem(item);
    if (seen.has(key)) gone.add(item.syntax);
    else list[kept++] = item;
    seen.add(key);
  }
  list.length = kept;
}
