// What is wrong with a go.mod file, and the error that says so.
//
// Invariants:
// - A problem reads as Go prints it: `FILE:LINE: what`, with the column only where it is not the first (spec §9.10).
// - A syntax problem ends the parse. Problems of directives are collected, within the limits of limits.ts.

import { GoModKitError } from '../errors/error.ts';
import { replaceSurrogates } from '../gotext/raw.ts';
import { maxProblems, maxProblemText } from './limits.ts';
import type { Position } from './syntax.ts';

/**
 * One thing that is wrong with a go.mod file. An error `invalid_go_mod` of the parser carries a list of them in
 * `data.errors`.
 */
export interface Problem {
  /** The name of the file, as given to the parser. */
  readonly file: string;
  readonly position: Position;
  /** The directive, where the problem is that of a module path or version in it. */
  readonly verb?: string | undefined;
  /** The module path in that directive; may be empty. */
  readonly modPath?: string | undefined;
  /** What is wrong, without file, line and directive. */
  readonly message: string;
}

/** Thrown by whatever reads a directive, caught where its line is known. Not an Error: a file may have a million of them. */
export class Rejection {
  readonly message: string;
  readonly about: Pick<Problem, 'verb' | 'modPath'>;

  constructor(message: string, about: Pick<Problem, 'verb' | 'modPath'> = {}) {
    this.message = message;
    this.about = about;
  }
}

/** The problems of the directives of a file. */
export class ProblemList {
  readonly #file: string;
  readonly #problems: Problem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** Runs `read`; what it rejects is recorded at `position`. Throws when there are too many problems. */
  collect(position: Position, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#problems.push({ file: this.#file, position, ...error.about, message: excerpt(error.message) });
      if (this.#problems.length >= maxProblems) this.throwIfAny();
    }
  }

  /** Throws `invalid_go_mod` if there is a problem. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw invalidGoMod(this.#file, this.#problems);
  }
}

/** The error for a file whose text has no structure. */
export function syntaxError(file: string, position: Position, message: string): GoModKitError {
  return invalidGoMod(file, [{ file, position, message: excerpt(message) }]);
}

function invalidGoMod(file: string, errors: readonly Problem[]): GoModKitError {
  const lines = errors.map(formatProblem);
  if (errors.length >= maxProblems) lines.push(`${file}: too many errors`);
  return new GoModKitError('invalid_go_mod', lines.join('\n'), { data: { errors } });
}

function formatProblem({ file, position, verb = '', modPath = '', message }: Problem): string {
  const column = position.lineRune > 1 ? `:${position.lineRune}` : '';
  const about = verb === '' ? '' : modPath === '' ? `${verb}: ` : `${verb} ${excerpt(modPath)}: `;
  return `${file}:${position.line}${column}: ${about}${message}`;
}

function excerpt(text: string): string {
  return replaceSurrogates(text.length > maxProblemText ? `${text.slice(0, maxProblemText)}…` : text);
}
