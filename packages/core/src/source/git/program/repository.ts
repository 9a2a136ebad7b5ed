// A bare repository on disk that git is run on.

import { join, lstat, readFile, writeNewFile } from '#files';
import { decodeUtf8 } from '../../../bytes/utf8.ts';
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

/** Whether that ref is here. It is looked at without git, which takes long to start. */
export async function isMarked(
  { directory, run }: Repository,
  hash: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  checkHash(hash);
  const ref = await readFile(join(directory, availableRef(hash)));
  if (ref !== undefined) return decodeUtf8(ref) === `${hash}\n`;
  // Nobody packs refs here, but somebody may have.
  if ((await lstat(join(directory, 'packed-refs'))) === undefined) return false;
  return (await run(['rev-parse', '--verify', '-q', availableRef(hash)], { signal })).status === 0;
}

const historyMark = 'gomodkit-history';

/** Whether the history was fetched once. */
export async function hasHistory(directory: string): Promise<boolean> {
  return (await lstat(join(directory, historyMark))) !== undefined;
}

/** Notes that the history was fetched. */
export async function markHistory(directory: string): Promise<void> {
  if (!(await hasHistory(directory))) await writeNewFile(join(directory, historyMark), [], 0o644);
}

/** Throws `invalid_argument` unless this is a whole hash. */
export function checkHash(hash: string): void {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) return;
  throw new GoModKitError('invalid_argument', `not a whole hash of git: ${JSON.stringify(hash.slice(0, 80))}`);
}
