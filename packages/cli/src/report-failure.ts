// How a command fails: one sentence on standard error, and an exit status; anything that is not ours keeps its stack, because it is a bug.
//
// Invariant: 0 is done, 1 failed or something was found, 2 wrong use, or a check that could not run.

import { isGoModKitError } from '@gomodkit/core';

/** The exit status of wrong options and arguments. */
export const wrongUse = 2;

/** Prints `error` and sets the exit status, unless the command has. */
export function reportFailure(error: unknown): void {
  const text = isGoModKitError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`gomodkit: ${text}\n`);
  process.exitCode ||= isGoModKitError(error, 'invalid_argument') ? wrongUse : 1;
}
