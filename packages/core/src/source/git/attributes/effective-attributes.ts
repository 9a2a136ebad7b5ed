// The attributes of a file, out of all `.gitattributes` above it.
//
// Invariants:
// - What is decided first stays: the nearest directory before those above, later lines before earlier ones, within a line from its end.
//   `!name` decides, too.
// - A macro expands where its name becomes set, and only then. `binary` is `-diff -merge -text` unless the root's file says otherwise.
// - `export-ignore` and `export-subst` are unset for every path before any file is asked, as the go command has it (spec §6.16).

import type { Assignment, AttributeFile, AttributeRule, AttributeState } from './attribute-file.ts';
import type { ByteString } from './byte-string.ts';
import type { MatchBudget } from './glob.ts';
import { matchesPattern } from './path-pattern.ts';

/** A file of attributes and the directory it is in: `''`, or with a slash at its end. */
export interface AttributeFrame {
  readonly directory: ByteString;
  readonly file: AttributeFile;
}

/** Decided attributes by name; absent and undefined are both "unspecified". */
export type Attributes = ReadonlyMap<string, AttributeState>;

const binary: readonly Assignment[] = ['diff', 'merge', 'text'].map((name) => ({ name, state: false }));
const overridden: readonly Assignment[] = ['export-subst', 'export-ignore'].map((name) => ({ name, state: false }));

/** The attributes of the file at `path`. `frames`: the files of all directories above it, the root's first. */
export function effectiveAttributes(
  frames: readonly AttributeFrame[],
  path: ByteString,
  budget: MatchBudget,
): Attributes {
  const decided = new Map<string, AttributeState>();
  const root = frames.find(({ directory }) => directory === '')?.file.macros;
  const decide = (assignments: readonly Assignment[]): void => {
    for (let i = assignments.length - 1; i >= 0; i--) {
      const { name, state } = assignments[i] as Assignment;
      if (decided.has(name)) continue;
      decided.set(name, state);
      const macro = state === true ? (root?.get(name) ?? (name === 'binary' ? binary : undefined)) : undefined;
      if (macro !== undefined) decide(macro);
    }
  };
  decide(overridden);
  const name = path.lastIndexOf('/') + 1;
  for (let i = frames.length - 1; i >= 0; i--) {
    const { directory, file } = frames[i] as AttributeFrame;
    const below = directory === '' ? path : path.slice(directory.length);
    for (let line = file.rules.length - 1; line >= 0; line--) {
      const { pattern, assignments } = file.rules[line] as AttributeRule;
      if (matchesPattern(pattern, below, name - directory.length, budget)) decide(assignments);
    }
  }
  return decided;
}
