// The `retract` directive, and which versions are retracted (spec §9.17, §9.21).
//
// Invariants:
// - Both ends of an interval are included. One whose low end is above its high end is accepted and holds no version.
// - Versions are kept as written. With a version fixer they are fixed when the whole file is read: they are versions of the
//   module itself, whose path may come last.

import { quote } from '../gotext/quote.ts';
import { compare } from '../semver/compare.ts';
import type { Arguments } from './arguments.ts';
import { commentText } from './comment-text.ts';
import type { GoMod, RetractDirective } from './go-mod.ts';
import { Rejection } from './problem.ts';
import type { Reading } from './reading.ts';

/** Versions from `low` to `high`, both included. */
export interface VersionInterval {
  readonly low: string;
  readonly high: string;
}

/**
 * Reads `VERSION` or `[LOW, HIGH]`. Undefined for an interval that a dependency writes in a way we do not know: half-open
 * ones may come (spec §9.17).
 */
export function readRetract({ args, line, block, strict }: Reading): RetractDirective | undefined {
  try {
    const { low, high, used } = readInterval(args, (index) => args.verbatimVersion(index, ''));
    const extra = args.token(used);
    if (strict && extra !== undefined) throw new Rejection(`unexpected token after version: ${quote(extra)}`);
    return { low, high, rationale: commentText(line, block), syntax: line };
  } catch (error) {
    if (error instanceof Rejection && !strict) return undefined;
    throw error;
  }
}

/** Reads the interval again, now with the version fixer. */
export function fixRetract(args: Arguments, retract: RetractDirective, modPath: string): RetractDirective {
  const { low, high } = readInterval(args, (index) => args.version(index, modPath));
  return { ...retract, low, high };
}

function readInterval(
  args: Arguments,
  version: (index: number) => string,
): VersionInterval & { readonly used: number } {
  const expect = (index: number, token: string, message: string): void => {
    if (args.token(index) !== token) throw new Rejection(message);
  };
  const first = args.token(0);
  if (first === undefined || first === '(') throw new Rejection("expected '[' or version");
  if (first !== '[') {
    const only = version(0);
    return { low: only, high: only, used: 1 };
  }
  if (args.length < 2) throw new Rejection("expected version after '['");
  const low = version(1);
  expect(2, ',', "expected ',' after version");
  if (args.length < 4) throw new Rejection("expected version after ','");
  const high = version(3);
  expect(4, ']', "expected ']' after version");
  return { low, high, used: 5 };
}

/**
 * The retractions of `goMod` that cover `version`; empty when it is not retracted. A module's retractions are those in the
 * go.mod of its highest version (spec §9.23).
 *
 * @example
 * ```ts
 * import { parseLax, retractedBy } from '@gomodkit/core/modfile';
 *
 * const goMod = parseLax('go.mod', 'module example.com/m\n\nretract [v1.0.0, v1.1.0] // loses data\n');
 * retractedBy(goMod, 'v1.0.5').map((retract) => retract.rationale); // ['loses data']
 * ```
 */
export function retractedBy(goMod: GoMod, version: string): readonly RetractDirective[] {
  return goMod.retract.filter(({ low, high }) => compare(low, version) <= 0 && compare(version, high) <= 0);
}
