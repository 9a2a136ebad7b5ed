// What a run of git that was killed leaves behind.
//
// Invariant: only temporary names are removed: those that git gives to what it has not finished. What has its final name is whole,
// for git writes aside and renames; an object whose fetch was cut off later does no harm, for only refs make commits available.

import { join, readDirectory, remove } from '#files';

const temporary = /\.lock$|^(?:tmp_|\.tmp-|shallow_|gc\.pid)/;

/** Where git keeps such names, and whether it does in the directories below. */
const places: readonly (readonly [path: string, deep: boolean])[] = [
  ['.', false],
  ['info', false],
  ['objects', false],
  ['objects/pack', false],
  ['objects/info', false],
  ['refs', true],
];

/** Removes locks and temporary files. Call it when nobody else may write. */
export async function removeLeftovers(directory: string): Promise<void> {
  const walk = async (path: string, deep: boolean): Promise<void> => {
    for (const { kind, name } of (await readDirectory(path)) ?? []) {
      if (temporary.test(name)) await remove(join(path, name));
      else if (deep && kind === 'directory') await walk(join(path, name), true);
    }
  };
  for (const [path, deep] of places) await walk(join(directory, path), deep);
}
