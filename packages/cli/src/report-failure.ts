// How a command fails: one sentence on standard error, exit status 1 (2 where 1 is a finding); anything that is not ours keeps its
// stack, because it is a bug.

import { isGoModKitError } from '@gomodkit/core';

/** Prints `error` and sets the exit status, unless the command has. */
export function reportFailure(error: unknown): void {
  const text = isGoModKitError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`gomodkit: ${text}\n`);
  process.exitCode ||= 1;
}
