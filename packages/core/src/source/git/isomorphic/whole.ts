// Whether all of a tree is here.

import { digitsOf, type ObjectName, parseTree } from './object.ts';
import type { PackStore } from './pack-store.ts';
import { createPause } from './pause.ts';

/** Whether a tree, all trees below it and their blobs are here. Trees that occur often are looked at once. */
export async function isWhole(store: PackStore, root: ObjectName, signal: AbortSignal | undefined): Promise<boolean> {
  const pause = createPause(signal);
  const seen = new Map([[digitsOf(root), root]]);
  // Walked in the order of insertion, what is added on the way included.
  for (const tree of seen.values()) {
    const object = await store.read(tree);
    if (object?.type !== 'tree') return false;
    for (const entry of parseTree(object.data)) {
      if (entry.kind === 'submodule') continue;
      if (entry.kind === 'tree') seen.set(digitsOf(entry.object), entry.object);
      else if (!store.has(entry.object)) return false;
    }
    await pause.due();
  }
  return true;
}
