// Commits and their ancestors.
//
// Invariants:
// - The history is known to be whole for what stands in the file `complete`: commits, all of whose ancestors were seen to be here.
//   It is written by a rename, after the packs.
// - Walks go over each commit once, and give way to others.

import { readWhole, writeWhole } from '#isomorphic-git';
import { decodeUtf8, encodeUtf8 } from '../../../bytes/utf8.ts';
import { type CommitFields, digitsOf, objectName, parseCommit, parseTagTarget } from './object.ts';
import type { PackStore } from './pack-store.ts';
import { createPause } from './pause.ts';

/** A commit of the store; undefined when it is not here or no commit. */
export async function readCommit(store: PackStore, hash: string): Promise<CommitFields | undefined> {
  const name = objectName(hash);
  const object = name && (await store.read(name));
  return object?.type === 'commit' ? parseCommit(object.data) : undefined;
}

/** The commit that an object is or, through tags, points to; undefined for others and where it is not here. */
export async function peel(store: PackStore, hash: string): Promise<string | undefined> {
  let name = objectName(hash);
  for (let depth = 0; name !== undefined && depth < 100; depth++) {
    const object = await store.read(name);
    if (object?.type === 'commit') return digitsOf(name);
    name = object?.type === 'tag' ? parseTagTarget(object.data) : undefined;
  }
  return undefined;
}

/**
 * Walks from commits to their ancestors, breadth first. `visit` gets each once, and ends the walk by returning true. Resolves to the first
 * parent that is not here, if any; the walk goes on without it.
 */
export async function walk(
  store: PackStore,
  from: readonly string[],
  visit: (hash: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const pause = createPause(signal);
  const seen = new Set(from);
  let missing: string | undefined;
  // A set is walked in the order of insertion, what is added on the way included.
  for (const hash of seen) {
    const commit = await readCommit(store, hash);
    if (commit === undefined) {
      missing ??= hash;
      continue;
    }
    if (visit(hash)) return missing;
    for (const parent of commit.parents) seen.add(digitsOf(parent));
    await pause.due();
  }
  return missing;
}

/** The commits whose whole history is here. */
export interface CompleteCommits {
  list(): Promise<readonly string[]>;
  add(hashes: readonly string[]): Promise<void>;
}

/** Kept in the file `complete` of a copy. */
export function completeCommits(directory: string): CompleteCommits {
  const file = `${directory}/complete`;
  const list = async (): Promise<readonly string[]> => {
    const bytes = await readWhole(file);
    if (bytes === undefined) return [];
    const lines = decodeUtf8(bytes)?.split('\n') ?? [''];
    return lines.pop() === '' && lines.every((line) => objectName(line) !== undefined) ? lines : [];
  };
  return {
    list,
    async add(hashes) {
      const all = new Set([...(await list()), ...hashes]);
      await writeWhole(file, [encodeUtf8([...all].map((hash) => `${hash}\n`).join(''))]);
    },
  };
}
