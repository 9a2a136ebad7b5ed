// Reading a go.mod file: text to tree, tree to typed model.
//
// Invariants:
// - Strict reading is for the module someone works in: anything unknown or malformed is an error. Lax reading is for
//   dependencies and for servers: what only matters in a main module, and what future versions of Go may add, is skipped.
// - Whatever strict reading accepts, lax reading accepts.
// - Only GoModKitErrors are thrown, but for what a version fixer throws. Time is linear in the size of the file.

import { rawBytes } from '../gotext/raw.ts';
import { Arguments, type VersionFixer } from './arguments.ts';
import { directives } from './directives.ts';
import type { GoMod } from './go-mod.ts';
import { checkLimit, maxGoModBytes } from './limits.ts';
import { parseSyntax } from './parse-syntax.ts';
import { ProblemList, Rejection } from './problem.ts';
import type { GoModDraft } from './reading.ts';
import { fixRetract } from './retract.ts';
import { sourceText } from './source-text.ts';
import type { FileSyntax, Line, LineBlock } from './syntax.ts';

/** Options of {@link parse} and {@link parseLax}. */
export interface ParseOptions {
  /** Called for each version in the file. Without it versions must be semantic versions, and are made canonical. */
  readonly fixVersion?: VersionFixer | undefined;
}

/**
 * Parses the go.mod of a main module, as x/mod's `Parse`: unknown directives are errors (spec §9).
 *
 * `name` stands in messages. A string is taken as its UTF-8. Throws `invalid_go_mod`, whose message lists all problems, one
 * per line, as Go prints them, and whose `data.errors` has them as {@link Problem}; `limit_exceeded` above 16 MiB or a million tokens.
 *
 * @example
 * ```ts
 * import { parse } from '@gomodkit/core/modfile';
 *
 * const goMod = parse('go.mod', 'module example.com/m\n\nrequire example.com/lib v1.2.3 // indirect\n');
 * console.log(goMod.module?.path, goMod.require[0]?.version, goMod.require[0]?.indirect);
 * ```
 */
export function parse(name: string, data: Uint8Array | string, options: ParseOptions = {}): GoMod {
  return new Parsing(name, data, options.fixVersion, true).goMod();
}

/**
 * Parses the go.mod of a dependency, as x/mod's `ParseLax`: only `module`, `go`, `require`, `retract` and `ignore`
 * are read, and everything else is skipped, known or not (spec §9.20). Throws as {@link parse}.
 */
export function parseLax(name: string, data: Uint8Array | string, options: ParseOptions = {}): GoMod {
  return new Parsing(name, data, options.fixVersion, false).goMod();
}

class Parsing {
  readonly #strict: boolean;
  readonly #fixVersion: VersionFixer | undefined;
  readonly #problems: ProblemList;
  readonly #syntax: FileSyntax;
  readonly #goMod: GoModDraft;

  constructor(name: string, data: Uint8Array | string, fixVersion: VersionFixer | undefined, strict: boolean) {
    this.#strict = strict;
    this.#fixVersion = fixVersion;
    this.#problems = new ProblemList(name);
    // A string is never longer in characters than in bytes: too long a one need not be encoded to know.
    checkLimit(name, data.length, maxGoModBytes, 'bytes');
    const bytes = typeof data === 'string' ? rawBytes(data) : data;
    checkLimit(name, bytes.length, maxGoModBytes, 'bytes');
    this.#syntax = parseSyntax(name, sourceText(bytes));
    this.#goMod = {
      godebug: [],
      require: [],
      exclude: [],
      replace: [],
      retract: [],
      tool: [],
      ignore: [],
      syntax: this.#syntax,
    };
  }

  goMod(): GoMod {
    for (const stmt of this.#syntax.stmt) {
      if (stmt.kind === 'line') this.#line(stmt, stmt.token[0] ?? '');
      else if (stmt.kind === 'block') this.#block(stmt);
    }
    if (this.#fixVersion !== undefined) this.#fixRetractions();
    this.#problems.throwIfAny();
    return this.#goMod;
  }

  #block(block: LineBlock): void {
    const [verb = ''] = block.token;
    if (block.token.length === 1 && directives.get(verb)?.block === true) {
      for (const line of block.line) this.#line(line, verb, block);
    } else if (this.#strict) {
      this.#problems.collect(block.start, () => {
        throw new Rejection(`unknown block type: ${block.token.join(' ')}`);
      });
    }
  }

  #line(line: Line, verb: string, block?: LineBlock): void {
    const rule = directives.get(verb);
    if (!this.#strict && rule?.inDependencies !== true) return;
    this.#problems.collect(line.start, () => {
      if (rule === undefined) throw new Rejection(`unknown directive: ${verb}`);
      const args = new Arguments(verb, line, line.inBlock ? 0 : 1, this.#fixVersion);
      rule.read({ line, block, args, strict: this.#strict }, this.#goMod);
    });
  }

  /** Retractions name versions of the module itself, whose path is known only now (spec §9.17). */
  #fixRetractions(): void {
    const modPath = this.#goMod.module?.path ?? '';
    const { retract } = this.#goMod;
    for (const [i, directive] of retract.entries()) {
      const { syntax } = directive;
      this.#problems.collect(syntax.start, () => {
        if (modPath === '') throw new Rejection('no module directive found, so retract cannot be used');
        // Go looks at the word alone, so a stray `retract` inside a block is skipped now.
        const first = syntax.token[0] === 'retract' ? 1 : 0;
        retract[i] = fixRetract(new Arguments('retract', syntax, first, this.#fixVersion), directive, modPath);
      });
      if (modPath === '') return;
    }
  }
}
