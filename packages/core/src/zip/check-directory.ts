// The verdict about a directory on disk (spec §7.8).

import { join } from '#files';
import { type CheckFilesOptions, checkFiles } from './check-files.ts';
import type { CheckedFiles, FileProblem } from './checked.ts';
import { listDirectory } from './list-directory.ts';

/**
 * {@link checkFiles} for a directory; paths in the result begin with `directory`. What the walk passed by comes last among the
 * omitted. Rejects with `invalid_argument` when there is no such directory, `unsupported` where there is no file system.
 */
export async function checkDirectory(directory: string, options: CheckFilesOptions = {}): Promise<CheckedFiles> {
  const listed = await listDirectory(directory, options.signal);
  const checked = await checkFiles(listed.files, options);
  const placed = (problem: FileProblem): FileProblem => ({ ...problem, path: join(directory, problem.path) });
  return {
    valid: checked.valid.map((path) => join(directory, path)),
    omitted: [...checked.omitted, ...listed.omitted].map(placed),
    invalid: checked.invalid.map(placed),
    sizeError: checked.sizeError,
  };
}
