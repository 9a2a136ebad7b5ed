// Reading a go.mod file: text to tree, tree to typed model.
//
// Invariants:
// - Strict reading is for the module someone works in: anything unknown or malformed is an error. Lax reading is for
//   dependencies and for servers: what only matters in a main module, and what future versions of Go may add, is skipped.
// - Whatever strict reading accepts, lax reading accepts.

import { Arguments, type VersionFixer } from './arguments.ts';
import { goModDirectives } from './directives.ts';
import type { GoMod } from './go-mod.ts';
import { type ProblemList, Rejection } from './problem.ts';
import { readFile } from './read-file.ts';
import type { GoModDraft } from './reading.ts';
import { fixRetract } from './retract.ts';

/** Options of {@link parse}, {@link parseLax} and their go.work twins. */
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
  return readGoMod(name, data, options, true);
}

/**
 * Parses the go.mod of a dependency, as x/mod's `ParseLax`: only `module`, `go`, `require`, `retract` and `ignore`
 * are read, and everything else is skipped, known or not (spec §9.20). Throws as {@link parse}.
 */
export function parseLax(name: string, data: Uint8Array | string, options: ParseOptions = {}): GoMod {
  return readGoMod(name, data, options, false);
}

function readGoMod(name: string, data: Uint8Array | string, { fixVersion }: ParseOptions, strict: boolean): GoMod {
  return readFile<GoModDraft>({
    name,
    data,
    directives: goModDirectives,
    strict,
    fixVersion,
    draft: (syntax) => ({
      godebug: [],
      require: [],
      exclude: [],
      replace: [],
      retract: [],
      tool: [],
      ignore: [],
      syntax,
    }),
    afterwards: (goMod, problems) => {
      if (fixVersion !== undefined) fixRetractions(goMod, problems, fixVersion);
    },
  });
}

/** Retractions name versions of the module itself, whose path is known only now (spec §9.17). */
function fixRetractions({ module, retract }: GoModDraft, problems: ProblemList, fixVersion: VersionFixer): void {
  const modPath = module?.path ?? '';
  for (const [i, directive] of retract.entries()) {
    const { syntax } = directive;
    problems.collect(syntax.start, () => {
      if (modPath === '') throw new Rejection('no module directive found, so retract cannot be used');
      // Go looks at the word alone, so a stray `retract` inside a block is skipped now.
      const first = syntax.token[0] === 'retract' ? 1 : 0;
      retract[i] = fixRetract(new Arguments('retract', syntax, first, fixVersion), directive, modPath);
    });
    if (modPath === '') return;
  }
}
