// One pattern of a `.gitattributes` file, applied to files.
//
// Invariants:
// - The part before the first special byte is compared as it is and cut off before the rest is read as a glob. Git does so, and it
//   shows: the `**` of `a**/b` then stands at a beginning and spans directories.
// - Patterns see the path below the directory of their file, or its last element when they have no slash.

import type { ByteString } from './byte-string.ts';
import { compileGlob, type Glob, type MatchBudget, matchesGlob } from './glob.ts';

/** A compiled pattern. */
export interface PathPattern {
  /** Applied to the last element of the path only. */
  readonly nameOnly: boolean;
  readonly literal: ByteString;
  /** For what follows the literal part; undefined where nothing may follow. */
  readonly glob: Glob | undefined;
}

/** Compiles a pattern; undefined when no file can match it, negative ones included. */
export function parsePattern(text: ByteString): PathPattern | undefined {
  const end = text.indexOf('\0');
  const pattern = end === -1 ? text : text.slice(0, end);
  if (pattern === '' || pattern.startsWith('!') || pattern.endsWith('/')) return undefined;
  const nameOnly = !pattern.includes('/');
  const anchored = pattern.startsWith('/') ? pattern.slice(1) : pattern;
  const special = anchored.search(/[*?[\\]/);
  if (special === -1) return { nameOnly, literal: anchored, glob: undefined };
  // A name's glob is matched in one piece; there no `**` spans anything.
  const glob = compileGlob(anchored.slice(special));
  return glob && { nameOnly, literal: anchored.slice(0, special), glob };
}

/** Whether a file matches. `path` is below the directory of the pattern's file; its last element begins at `name`. */
export function matchesPattern(
  { nameOnly, literal, glob }: PathPattern,
  path: ByteString,
  name: number,
  budget: MatchBudget,
): boolean {
  budget.left--;
  const from = nameOnly ? name : 0;
  if (!path.startsWith(literal, from)) return false;
  if (glob === undefined) return path.length === from + literal.length;
  return matchesGlob(glob, path.slice(from + literal.length), budget);
}
