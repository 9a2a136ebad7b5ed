// What a run of git that was killed leaves behind.
//
// Invariant: only temporary names are removed: those that git gives to what it has not finished. What has its final name is whole,
// for git writes aside and renames; an object whose fetch was cut off later does no harm, for only refs make commits available.

import { join, readDirectory, remove } from '#files';

const temporary = /\.lock$|^(?:tmp_|\.tmp-|shallow_|gc\.pid)/;
/** A ref may have any other name. */
const lock = /\.lock$/;

/** Where git keeps such names; below `refs` at any depth. */
const places: readonly string[] = ['.', 'info', 'objects', 'objects/pack', 'objects/info'];

/** Removes locks and temporary files. Call it when nobody else may write. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const place of places) await removeNamed(join(directory, place), temporary, false);
  await removeNamed(join(directory, 'refs'), lock, true);
}

async function removeNamed(path: string, pattern: RegExp, deep: boolean): Promise<void> {
  for (const { kind, name } of (await readDirectory(path)) ?? []) {
    if (pattern.test(name)) await remove(join(path, name));
    else if (deep && kind === 'directory') await removeNamed(join(path, name), pattern, true);
  }
}
