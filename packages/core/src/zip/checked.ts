// The verdict about a set of files, as data.

import { GoModKitError } from '../errors/error.ts';
import { forMessage } from './clean.ts';

/** A path and what is said about it, in Go's words. */
export interface FileProblem {
  readonly path: string;
  readonly error: string;
}

/** Which files are or would be in a module zip, and which not, and why (spec §7.4, §7.10). In the order they came. */
export interface CheckedFiles {
  readonly valid: readonly string[];
  /** Left out; no reason to refuse the module. */
  readonly omitted: readonly FileProblem[];
  /** Reasons to refuse the module. */
  readonly invalid: readonly FileProblem[];
  /** Set when the files or the zip are too large in all: another reason to refuse it. */
  readonly sizeError?: string | undefined;
}

/** How many invalid files a message names. */
const named = 10;

/**
 * Why a module with these files is refused, as an `invalid_zip` error, or undefined when it is fine. `data.invalid` has the first
 * hundred invalid files.
 *
 * @example
 * ```ts
 * import { checkDirectory, checkedFilesError } from '@gomodkit/core/zip';
 *
 * async function mustBePublishable(directory: string): Promise<void> {
 *   const error = checkedFilesError(await checkDirectory(directory));
 *   if (error) throw error;
 * }
 * ```
 */
export function checkedFilesError(checked: CheckedFiles): GoModKitError | undefined {
  if (checked.sizeError !== undefined) return new GoModKitError('invalid_zip', checked.sizeError);
  const { invalid } = checked;
  if (invalid.length === 0) return undefined;
  const lines = invalid.slice(0, named).map(({ path, error }) => `${forMessage(path)}: ${forMessage(error)}`);
  if (invalid.length > named) lines.push(`and ${invalid.length - named} more`);
  return new GoModKitError('invalid_zip', lines.join('\n'), { data: { invalid: invalid.slice(0, 100) } });
}
