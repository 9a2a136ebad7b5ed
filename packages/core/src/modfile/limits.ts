// How large a go.mod file may be.
//
// Invariants:
// - The byte limit is Go's own for a go.mod in a module (spec §7).
// - The number of tokens and comments bounds memory: a file of two-byte lines would otherwise make a tree a hundred times its
//   size. 16 MiB of ordinary requirements have fewer.

import { GoModKitError } from '../errors/error.ts';

/** Go's limit for a go.mod, in bytes. */
export const maxGoModBytes: number = 16 << 20;

/** Words, strings, punctuation and comments in one file. */
export const maxTokens: number = 1 << 20;

/** Go gives all problems of a file; we stop here and say so, because a message has to be read, logged and sent. */
export const maxProblems = 1000;

/** Characters in the text of one problem; what does not fit is cut. */
export const maxProblemText = 1000;

/** Throws `limit_exceeded` unless `count` is within `limit`. */
export function checkLimit(file: string, count: number, limit: number, unit: 'bytes' | 'tokens'): void {
  if (count <= limit) return;
  throw new GoModKitError('limit_exceeded', `${file}: more than ${limit} ${unit}`, { data: { limit, unit } });
}
