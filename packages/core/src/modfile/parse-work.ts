// Reading a go.work file (the go command's workspaces). Grammar, comments, values and `replace` are those of go.mod.

import { goWorkDirectives } from './directives.ts';
import type { GoWork } from './go-work.ts';
import type { ParseOptions } from './parse.ts';
import { readFile } from './read-file.ts';
import type { GoWorkDraft } from './reading.ts';

/**
 * Parses a go.work file, as x/mod's `ParseWork`: unknown directives are errors. Throws as `parse` does, `invalid_go_mod` or
 * `limit_exceeded`. Directories are not looked at.
 *
 * @example
 * ```ts
 * import { parseWork } from '@gomodkit/core/modfile';
 *
 * const goWork = parseWork('go.work', 'go 1.24\n\nuse (\n\t./cmd\n\t./lib\n)\n');
 * goWork.use.map(({ path }) => path); // ['./cmd', './lib']
 * ```
 */
export function parseWork(name: string, data: Uint8Array | string, options: ParseOptions = {}): GoWork {
  return readGoWork(name, data, options, true);
}

/**
 * Parses a go.work file that a later version of Go may have written: unknown directives are skipped, and of an unknown form of
 * `go` the first two numbers count (spec §9.12). Go itself has no such mode. Throws as {@link parseWork}.
 */
export function parseWorkLax(name: string, data: Uint8Array | string, options: ParseOptions = {}): GoWork {
  return readGoWork(name, data, options, false);
}

function readGoWork(name: string, data: Uint8Array | string, { fixVersion }: ParseOptions, strict: boolean): GoWork {
  return readFile<GoWorkDraft>({
    name,
    data,
    directives: goWorkDirectives,
    strict,
    fixVersion,
    draft: (syntax) => ({ godebug: [], use: [], replace: [], syntax }),
  });
}
