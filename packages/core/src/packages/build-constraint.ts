// Whether a Go file may be part of any build at all: build constraints where every tag counts as set and as not set.
//
// Invariants:
// - A `//go:build` line decides. Without one all `// +build` lines do, which stand before the package clause, with a blank line after.
// - Every tag satisfies a constraint, and its negation as well; only `ignore` is never set.
// - A `//go:build` line that is malformed excludes the file; a second one is an error, and the file as if it could not be read.

import { fields, trimSpace } from '../gotext/spaces.ts';

/** How large an expression may be. */
const maxSize = 1000;

/** Whether the constraints in a file's header can be met; undefined for two `//go:build` lines, which is an error. */
export function canBuild(header: string): boolean | undefined {
  const lines = constraintLines(header);
  if (lines === undefined) return undefined;
  const { goBuild, plusBuild } = lines;
  if (goBuild !== undefined) return evaluate(goBuild) ?? false;
  return plusBuild.every((line) => plusBuildHolds(line));
}

interface ConstraintLines {
  readonly goBuild?: string | undefined;
  readonly plusBuild: readonly string[];
}

function constraintLines(header: string): ConstraintLines | undefined {
  const lines: string[] = [];
  let kept = 0;
  let goBuild: string | undefined;
  let ended = false;
  let inComment = false;
  for (const raw of header.split('\n')) {
    const line = trimSpace(raw);
    if (line === '' && !ended) {
      kept = lines.length;
      continue;
    }
    if (!line.startsWith('//')) ended = true;
    if (!inComment && /^\/\/go:build(?:\s|$)/.test(line)) {
      if (goBuild !== undefined) return undefined;
      goBuild = line.slice('//go:build'.length);
    }
    const after = skipComments(line, inComment);
    if (after === undefined) break;
    inComment = after;
    if (!ended) lines.push(line);
  }
  const plusBuild = lines.slice(0, kept).flatMap((line) => /^\/\/\s*\+build(?:\s(.*))?$/.exec(line)?.slice(1, 2) ?? []);
  return { goBuild, plusBuild: plusBuild.map((text) => text ?? '') };
}

/** Whether a line ends inside of a comment; undefined when there is anything else on it. */
function skipComments(line: string, inComment: boolean): boolean | undefined {
  let rest = line;
  let inside = inComment;
  while (rest !== '') {
    if (inside) {
      const end = rest.indexOf('*/');
      if (end < 0) return true;
      inside = false;
      rest = trimSpace(rest.slice(end + 2));
      continue;
    }
    if (rest.startsWith('//')) return false;
    if (!rest.startsWith('/*')) return undefined;
    inside = true;
    rest = trimSpace(rest.slice(2));
  }
  return inside;
}

/** Options are separated by spaces, and terms that must all hold by commas. */
function plusBuildHolds(line: string): boolean {
  const options = fields(line).map((option) => option.split(','));
  // One that is too large is passed over.
  if (options.flat().length > maxSize) return true;
  return options.some((terms) => terms.every(termHolds));
}

function termHolds(term: string): boolean {
  if (term === '!' || term.startsWith('!!')) return false;
  const negated = term.startsWith('!');
  const name = negated ? term.slice(1) : term;
  const isIgnore = name === 'ignore' || !/^[\p{L}\p{Nd}_.]+$/u.test(name);
  return negated || !isIgnore;
}

/** The value of a `//go:build` expression; undefined for one that is malformed. */
function evaluate(expression: string): boolean | undefined {
  const parser = new Expression(expression);
  const value = parser.or(true);
  return parser.isDone ? value : undefined;
}

const lexeme = /[ \t]*(?:(&&|\|\||[()!])|([\p{L}\p{Nd}_.]+))/uy;

/** Evaluates while it parses. `prefer` is what a tag shall be: true, and below a negation false. */
class Expression {
  readonly #text: string;
  #at = 0;
  #size = 0;
  #failed = false;

  constructor(text: string) {
    this.#text = trimSpace(text);
  }

  /** Whether all of the text was an expression. */
  get isDone(): boolean {
    return !this.#failed && this.#at === this.#text.length;
  }

  or(prefer: boolean): boolean {
    let value = this.#and(prefer);
    while (this.#takes('||')) value = this.#and(prefer) || value;
    return value;
  }

  #and(prefer: boolean): boolean {
    let value = this.#not(prefer);
    while (this.#takes('&&')) value = this.#not(prefer) && value;
    return value;
  }

  #not(prefer: boolean): boolean {
    if (++this.#size > maxSize) return this.#fail();
    if (!this.#takes('!')) return this.#atom(prefer);
    return this.#takes('!') ? this.#fail() : !this.#atom(!prefer);
  }

  #atom(prefer: boolean): boolean {
    if (this.#takes('(')) {
      const value = this.or(prefer);
      return this.#takes(')') ? value : this.#fail();
    }
    const [, , tag] = this.#peek() ?? [];
    if (tag === undefined) return this.#fail();
    this.#at = lexeme.lastIndex;
    return tag === 'ignore' ? false : prefer;
  }

  #peek(): RegExpExecArray | undefined {
    lexeme.lastIndex = this.#at;
    return this.#failed ? undefined : (lexeme.exec(this.#text) ?? undefined);
  }

  #takes(mark: string): boolean {
    if (this.#peek()?.[1] !== mark) return false;
    this.#at = lexeme.lastIndex;
    return true;
  }

  #fail(): boolean {
    this.#failed = true;
    return false;
  }
}
