// How a command fails: one sentence on standard error, and an exit status; anything that is not ours keeps its stack, because it is a bug.
//
// Invariant: 0 is done, 1 failed or something was found, 2 wrong use, or a check that could not run.

import { isGoModKitError } from '@gomodkit/core';

/** The exit status of wrong options and arguments. */
export const wrongUse = 2;

/**
 * What an error says, and where a storage is at fault what is behind it: whoever runs this command is its operator, and "no answer" alone would
 * not tell them whether an address, a bucket or credentials are wrong.
 */
export function messageOf(error: Error): string {
  if (!isGoModKitError(error, 'storage_unavailable')) return error.message;
  let last: Error = error;
  while (last.cause instanceof Error) last = last.cause;
  return error.message.includes(last.message) ? error.message : `${error.message}: ${last.message}`;
}

/** Prints `error` and sets the exit status, unless the command has. */
export function reportFailure(error: unknown): void {
  const text = isGoModKitError(error)
    ? messageOf(error)
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`gomodkit: ${text}\n`);
  process.exitCode ||= isGoModKitError(error, 'invalid_argument') ? wrongUse : 1;
}
