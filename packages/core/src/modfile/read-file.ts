// From a file's bytes to its typed model: what go.mod and go.work have in common.
//
// Invariants:
// - Problems of directives are all collected, in file order; then they are thrown together (spec §9.10).
// - Only GoModKitErrors are thrown, but for what a version fixer throws. Time is linear in the size of the file.

import { rawBytes } from '../gotext/raw.ts';
import { Arguments, type VersionFixer } from './arguments.ts';
import type { Directives } from './directives.ts';
import { checkLimit, maxGoModBytes } from './limits.ts';
import { parseSyntax } from './parse-syntax.ts';
import { ProblemList, Rejection } from './problem.ts';
import { sourceText } from './source-text.ts';
import type { FileSyntax, Line, LineBlock } from './syntax.ts';

/** How a file is to be read. */
export interface FileReading<Draft> {
  readonly name: string;
  readonly data: Uint8Array | string;
  readonly directives: Directives<Draft>;
  /** Whether nothing unknown may be there. */
  readonly strict: boolean;
  readonly fixVersion: VersionFixer | undefined;
  /** The model of a file that says nothing. */
  readonly draft: (syntax: FileSyntax) => Draft;
  /** What cannot be done before the whole file is read. */
  readonly afterwards?: (draft: Draft, problems: ProblemList) => void;
}

/** Reads a file. Throws `invalid_go_mod` and `limit_exceeded`. */
export function readFile<Draft>(reading: FileReading<Draft>): Draft {
  const syntax = readSyntax(reading.name, reading.data);
  const problems = new ProblemList(reading.name);
  const draft = reading.draft(syntax);
  for (const stmt of syntax.stmt) {
    if (stmt.kind === 'line') readLine(reading, { draft, problems, line: stmt, verb: stmt.token[0] ?? '' });
    else if (stmt.kind === 'block') readBlock(reading, { draft, problems, block: stmt });
  }
  reading.afterwards?.(draft, problems);
  problems.throwIfAny();
  return draft;
}

function readSyntax(name: string, data: Uint8Array | string): FileSyntax {
  // A string is never longer in characters than in bytes: too long a one need not be encoded to know.
  checkLimit(name, data.length, maxGoModBytes, 'bytes');
  const bytes = typeof data === 'string' ? rawBytes(data) : data;
  checkLimit(name, bytes.length, maxGoModBytes, 'bytes');
  return parseSyntax(name, sourceText(bytes));
}

interface Found<Draft> {
  readonly draft: Draft;
  readonly problems: ProblemList;
}

function readBlock<Draft>(
  reading: FileReading<Draft>,
  { block, ...found }: Found<Draft> & { readonly block: LineBlock },
): void {
  const [verb = ''] = block.token;
  if (block.token.length === 1 && reading.directives.get(verb)?.block === true) {
    for (const line of block.line) readLine(reading, { ...found, line, verb, block });
  } else if (reading.strict) {
    found.problems.collect(block.start, () => {
      throw new Rejection(`unknown block type: ${block.token.join(' ')}`);
    });
  }
}

function readLine<Draft>(
  { directives, strict, fixVersion }: FileReading<Draft>,
  found: Found<Draft> & { readonly line: Line; readonly verb: string; readonly block?: LineBlock },
): void {
  const { draft, problems, line, verb, block } = found;
  const rule = directives.get(verb);
  if (!strict && rule?.inDependencies !== true) return;
  problems.collect(line.start, () => {
    if (rule === undefined) throw new Rejection(`unknown directive: ${verb}`);
    const args = new Arguments(verb, line, line.inBlock ? 0 : 1, fixVersion);
    rule.read({ line, block, args, strict }, draft);
  });
}
