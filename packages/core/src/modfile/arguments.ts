// The arguments of a directive: values decoded from tokens (spec §9.7, §9.14).
//
// Invariants:
// - A value that was read is written back to the tree in the form Go prefers: quotes only where needed (a retracted version
//   never has any), versions canonical.
// - What the version fixer refuses is a problem of the line; what it throws otherwise is passed on.

import { isGoModKitError } from '../errors/error.ts';
import { quote, unquote } from '../gotext/quote.ts';
import { canonicalVersion } from '../module/version.ts';
import { autoQuote } from './auto-quote.ts';
import { Rejection } from './problem.ts';
import type { Line } from './syntax.ts';

/**
 * Gives the version to use for one that is written in a go.mod, such as a branch name. `path` is the module it belongs to.
 * Refuses by throwing a `GoModKitError`, which becomes a problem of that line; anything else it throws ends the parse.
 */
export type VersionFixer = (path: string, version: string) => string;

/** The tokens of a directive behind its name. */
export class Arguments {
  readonly verb: string;
  readonly #token: string[];
  readonly #first: number;
  readonly #fixVersion: VersionFixer | undefined;

  /** `first` is the index in the line's tokens of the first that is an argument. */
  constructor(verb: string, line: Line, first: number, fixVersion: VersionFixer | undefined) {
    this.verb = verb;
    // The tree is ours until the parse is over.
    this.#token = line.token as string[];
    this.#first = first;
    this.#fixVersion = fixVersion;
  }

  get length(): number {
    return this.#token.length - this.#first;
  }

  /** The token itself; undefined behind the last. */
  token(index: number): string | undefined {
    return this.#token[this.#first + index];
  }

  /** Writes a token. */
  replace(index: number, token: string): void {
    this.#token[this.#first + index] = token;
  }

  /** The value of a word or string. */
  value(index: number): string {
    const value = decode(this.token(index) ?? '', (reason) => new Rejection(`invalid quoted string: ${reason}`));
    this.replace(index, autoQuote(value));
    return value;
  }

  /** The version of module `path`: canonical, or what the fixer makes of it. */
  version(index: number, path: string): string {
    const written = this.#writtenVersion(index, path);
    const fixed = this.#fixVersion === undefined ? canonicalVersion(written) : fix(this.#fixVersion, path, written);
    if (fixed === '') throw this.#invalidVersion(path, written, 'must be of the form v1.2.3');
    this.replace(index, autoQuote(fixed));
    return fixed;
  }

  /**
   * The version as written, for retractions: they are fixed later or never (spec §9.17). As in Go it replaces its token
   * without quotes, and fixing reads that token: a version with quotes inside is refused then.
   */
  verbatimVersion(index: number, path: string): string {
    const written = this.#writtenVersion(index, path);
    this.replace(index, written);
    return written;
  }

  #writtenVersion(index: number, path: string): string {
    const token = this.token(index) ?? '';
    return decode(token, (reason) => this.#invalidVersion(path, token, reason));
  }

  #invalidVersion(modPath: string, version: string, reason: string): Rejection {
    return new Rejection(`version ${quote(version)} invalid: ${reason}`, { verb: this.verb, modPath });
  }
}

function fix(fixVersion: VersionFixer, path: string, version: string): string {
  try {
    return fixVersion(path, version);
  } catch (error) {
    throw isGoModKitError(error) ? new Rejection(error.message) : error;
  }
}

/** The value of a token: only `"…"` is decoded, and other quotes are reserved (spec §9.7). */
function decode(token: string, rejection: (reason: string) => Rejection): string {
  if (!token.startsWith('"')) {
    if (/["'`]/.test(token)) throw rejection('unquoted string cannot contain quote');
    return token;
  }
  const value = unquote(token);
  if (value === undefined) throw rejection('invalid syntax');
  return value;
}
