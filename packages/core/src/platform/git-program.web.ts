// Where no programs can be run.

import { GoModKitError } from '../errors/error.ts';
import type { GitCutShort, GitResult, GitRun } from './git-program.types.ts';

/** Rejects with `unsupported`. */
export function runGit(_run: GitRun): Promise<GitResult | GitCutShort> {
  return Promise.reject(new GoModKitError('unsupported', 'this runtime cannot run the git program'));
}

/** What opens as an empty file. */
export const nullDevice: string = '/dev/null';
