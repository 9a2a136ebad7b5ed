// A bare repository on disk that git is run on.

import { GoModKitError } from '../../../errors/error.ts';
import type { GitResult } from '../../../platform/git-program.types.ts';
import { type GitTask, type Invocation, invoke } from './invocation.ts';

/** Runs git on one repository. */
export interface Repository {
  readonly directory: string;
  readonly invocation: Invocation;
  /** Runs git on it without a network. */
  run(args: readonly string[], task?: Partial<GitTask>): Promise<GitResult>;
}

/** The bare repository in a directory. */
export function createRepository(invocation: Invocation, directory: string): Repository {
  return {
    directory,
    invocation,
    run: (args, task = {}) =>
      invoke(invocation, { repository: directory, directory, what: `git ${args[0]}`, ...task, args }),
  };
}

/** The ref that says that a commit and all its trees are here. */
export function availableRef(hash: string): string {
  return `refs/gomodkit/${hash}`;
}

/** Throws `invalid_argument` unless this is a whole hash. */
export function checkHash(hash: string): void {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) return;
  throw new GoModKitError('invalid_argument', `not a whole hash of git: ${JSON.stringify(hash.slice(0, 80))}`);
}
