// How a command fails: one sentence on standard error, exit status 1; anything that is not ours keeps its stack, because it is a bug.

import { isGoModKitError } from '@gomodkit/core';

/** Prints `error` and sets the exit status. */
export function reportFailure(error: unknown): void {
  const text = isGoModKitError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`gomodkit: ${text}\n`);
  process.exitCode = 1;
}
