// `.gitattributes` as git reads it out of a commit (gitattributes(5), and what `git archive` was seen to do).
//
// Invariants:
// - A line that git refuses has no effect at all: an attribute name of other bytes than `-A-Za-z0-9_.` or a leading `-`, a negative
//   pattern, a line of 2048 bytes or more, a macro outside the repository's root.
// - Reading ends at the first NUL byte; a file of 100 MiB or more counts for nothing. A byte-order mark is part of the first pattern.
// - A pattern with a slash anywhere but at its end is anchored to the directory of its file; others match names at any depth. One that
//   ends in a slash is for directories, which have no attributes that count here.

import { type ByteString, byteString } from './byte-string.ts';
import { type PathPattern, parsePattern } from './path-pattern.ts';
import { unquote } from './unquote.ts';

/** What a line makes of an attribute: set, unset, unspecified again, or a value. */
export type AttributeState = true | false | undefined | string;

/** `name`, `-name`, `!name` or `name=value`. */
export interface Assignment {
  readonly name: string;
  readonly state: AttributeState;
}

/** A line with a pattern. */
export interface AttributeRule {
  readonly pattern: PathPattern;
  readonly assignments: readonly Assignment[];
}

/** A file's lines in their order; later ones win. */
export interface AttributeFile {
  readonly rules: readonly AttributeRule[];
  /** By name; the last definition of each. */
  readonly macros: ReadonlyMap<string, readonly Assignment[]>;
}

const maxFile = 100 * 2 ** 20;
const maxLine = 2048;
const macroPrefix = '[attr]';
const blank = /[ \t\r\n]/;

/** Reads the file of one directory. `isRoot`: of the repository's root, where macros may be defined. */
export function parseAttributeFile(bytes: Uint8Array, isRoot: boolean): AttributeFile {
  const rules: AttributeRule[] = [];
  const macros = new Map<string, readonly Assignment[]>();
  const end = bytes.indexOf(0);
  const text = bytes.length >= maxFile ? '' : byteString(end === -1 ? bytes : bytes.subarray(0, end));
  for (const line of text.split('\n')) {
    const parsed = parseLine(line);
    if (parsed === undefined) continue;
    const { name, assignments } = parsed;
    if (name.length > macroPrefix.length && name.startsWith(macroPrefix)) {
      const macro =
        name
          .slice(macroPrefix.length)
          .replace(/^[ \t\r\n]+/, '')
          .split(blank, 1)[0] ?? '';
      if (isRoot && isAttributeName(macro)) macros.set(macro, assignments);
      continue;
    }
    const pattern = parsePattern(name);
    if (pattern !== undefined && assignments.length > 0) rules.push({ pattern, assignments });
  }
  return { rules, macros };
}

interface Line {
  /** A pattern, or the prefix and the name of a macro. */
  readonly name: ByteString;
  readonly assignments: readonly Assignment[];
}

function parseLine(line: ByteString): Line | undefined {
  if (line.length >= maxLine) return undefined;
  const content = line.replace(/^[ \t\r\n]+/, '');
  if (content === '' || content.startsWith('#')) return undefined;
  const quoted = content.startsWith('"') ? unquote(content) : undefined;
  const name = quoted?.text ?? content.split(blank, 1)[0] ?? '';
  const assignments: Assignment[] = [];
  for (const word of content.slice(quoted?.end ?? name.length).split(blank)) {
    if (word === '') continue;
    const assignment = parseAssignment(word);
    if (assignment === undefined) return undefined;
    assignments.push(assignment);
  }
  return { name, assignments };
}

function parseAssignment(word: ByteString): Assignment | undefined {
  const sign = word.startsWith('-') || word.startsWith('!') ? word[0] : undefined;
  const equals = word.indexOf('=');
  const name = word.slice(sign === undefined ? 0 : 1, equals === -1 ? undefined : equals);
  if (!isAttributeName(name)) return undefined;
  if (sign !== undefined) return { name, state: sign === '-' ? false : undefined };
  return { name, state: equals === -1 ? true : word.slice(equals + 1) };
}

function isAttributeName(name: ByteString): boolean {
  return /^[A-Za-z0-9_.][-A-Za-z0-9_.]*$/.test(name);
}
