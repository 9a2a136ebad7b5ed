// Writing a file anew.
//
// Invariants:
// - Readers see the old file or the new one, whole, whatever happens meanwhile. Its permissions stay.
// - A file that somebody else changed since it was read is not overwritten.

import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { GoModKitError } from '@gomodkit/core';

/** Replaces what `path` holds, which was `before`. */
export async function replaceFile(path: string, before: Uint8Array, after: Uint8Array): Promise<void> {
  // A link stays a link.
  const target = await realpath(path);
  const { mode } = await stat(target);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode & 0o777);
    try {
      // Not subject to the umask, as the file had them before.
      await file.chmod(mode & 0o777);
      await file.writeFile(after);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!(await readFile(target)).equals(before))
      throw new GoModKitError('conflict', `${path} changed during editing; not overwriting`);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
