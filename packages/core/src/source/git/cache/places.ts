// Where copies lie, who uses them, and which go.
//
// Invariants:
// - `copies/NAME/` holds the copy `repository`, when it was used last (`used`), who uses it (`users/OWNER`) and who may write (`lock`).
// - Nothing is half deleted: what goes is renamed into `trash/` first, and a copy is made in `scratch/` and renamed to its place.
// - A copy that somebody uses is not evicted: users are looked for before and after it is renamed.
// - What processes that have ended left in scratch/ and trash/ is removed when a cache opens.

import { createOwner, rename, replaceWhole, touch, treeSize } from '#cache-files';
import { join, lstat, makeDirectories, readDirectory, remove } from '#files';
import { sha256 } from '#sha256';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import type { GitEngineName, ObjectFormat } from '../engine.ts';
import { isStale, keepTouched } from './lock.ts';

/** The directories of one cache, as one process uses them. */
export interface Places {
  /** Belongs to this process alone, and is removed when it closes. */
  readonly scratch: string;
  /** Marks a copy as used until the returned function is called; its directory is made. */
  use(name: string): Promise<() => Promise<void>>;
  /** Paths of a copy. */
  paths(name: string): CopyPaths;
  /** Puts a directory, filled aside, at the place of the copy. */
  install(from: string, name: string): Promise<boolean>;
  /** Takes the copy away, for ever. */
  discard(name: string): Promise<void>;
  /** Removes copies nobody uses, those unused for longest first, until the rest has at most `maxBytes`. */
  evict(maxBytes: number, onEvicted: (name: string, bytes: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** See {@link Places}. */
export interface CopyPaths {
  readonly repository: string;
  readonly lock: string;
  /** Says for which refs the history is here. In the repository, so that it goes with it. */
  readonly history: string;
}

/** The name of the copy of an address: readable in front, exact behind. */
export function copyName(address: string, engine: GitEngineName, format: ObjectFormat): string {
  const digest = [...sha256(encodeUtf8(address))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const hint = address
    .toLowerCase()
    .replace(/^[a-z0-9+.-]*:\/\//, '')
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(-60)
    .replace(/^[.-]+|[.-]+$/g, '');
  return `${hint || 'repository'}-${digest.slice(0, 24)}-${engine === 'git' ? 'git' : 'iso'}-${format}`;
}

/** Opens the directories of a cache. */
export async function openPlaces(directory: string): Promise<Places> {
  const owner = createOwner();
  const [copies, trash, scratches] = ['copies', 'trash', 'scratch'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const scratch = join(scratches, owner);
  for (const each of [copies, trash, scratch]) await makeDirectories(each);
  await sweep(scratches, owner);
  await empty(trash);
  const timer = keepTouched(scratch);
  const known = new Map<string, Measured>();
  const users = (name: string): string => join(copies, name, 'users');

  const throwAway = async (path: string): Promise<string | undefined> => {
    const aside = join(trash, createOwner());
    return (await rename(path, aside)) ? aside : undefined;
  };

  const evictOne = async (name: string): Promise<boolean> => {
    if (await isUsed(users(name))) return false;
    const aside = await throwAway(join(copies, name));
    if (aside === undefined) return false;
    if (await isUsed(join(aside, 'users'))) {
      // Somebody came in between: it goes back, unless they have begun another.
      if (await rename(aside, join(copies, name))) return false;
    }
    await remove(aside);
    return true;
  };

  return {
    scratch,
    paths: (name) => ({
      repository: join(copies, name, 'repository'),
      lock: join(copies, name, 'lock'),
      history: join(copies, name, 'repository', 'history'),
    }),
    async use(name) {
      const mark = join(users(name), createOwner());
      for (;;) {
        await makeDirectories(users(name));
        try {
          await replaceWhole(mark, '');
          await replaceWhole(join(copies, name, 'used'), '');
        } catch (error) {
          if ((error as { code?: unknown }).code === 'ENOENT') continue;
          throw error;
        }
        if ((await lstat(mark)) !== undefined) break;
      }
      const touching = keepTouched(mark);
      return async () => {
        clearInterval(touching);
        await touch(join(copies, name, 'used'));
        await remove(mark);
      };
    },
    async install(from, name) {
      await makeDirectories(join(copies, name));
      return rename(from, join(copies, name, 'repository'));
    },
    async discard(name) {
      const aside = await throwAway(join(copies, name, 'repository'));
      if (aside !== undefined) await remove(aside);
    },
    async evict(maxBytes, onEvicted) {
      const sizes = await measure(copies, known);
      let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
      for (const { bytes, name } of sizes) {
        if (total <= maxBytes) return;
        if (!(await evictOne(name))) continue;
        total -= bytes;
        known.delete(name);
        onEvicted(name, bytes);
      }
    },
    async close() {
      clearInterval(timer);
      await remove(scratch);
    },
  };
}

interface Measured {
  readonly bytes: number;
  /** When its packs last changed. */
  readonly changed: number;
}

/** All copies, unused for longest first. Those whose packs did not change are not measured again. */
async function measure(
  copies: string,
  known: Map<string, Measured>,
): Promise<{ readonly name: string; readonly bytes: number }[]> {
  const found: { name: string; bytes: number; used: number }[] = [];
  for (const { name } of (await readDirectory(copies)) ?? []) {
    const used = (await lstat(join(copies, name, 'used')))?.modified.getTime() ?? 0;
    const packs = await lstat(join(copies, name, 'repository', 'objects', 'pack'));
    const changed = packs?.modified.getTime() ?? 0;
    let measured = known.get(name);
    if (measured?.changed !== changed) {
      measured = { changed, bytes: await treeSize(join(copies, name)) };
      known.set(name, measured);
    }
    found.push({ name, used, bytes: measured.bytes });
  }
  return found.sort((a, b) => a.used - b.used);
}

async function isUsed(users: string): Promise<boolean> {
  for (const { name } of (await readDirectory(users)) ?? []) {
    const path = join(users, name);
    if (!(await isStale(path, name))) return true;
    await remove(path);
  }
  return false;
}

async function sweep(scratches: string, own: string): Promise<void> {
  for (const { name } of (await readDirectory(scratches)) ?? []) {
    if (name !== own && (await isStale(join(scratches, name), name))) await remove(join(scratches, name));
  }
}

/** Whoever deletes has named what he deletes; nobody needs anything here. */
async function empty(trash: string): Promise<void> {
  for (const { name } of (await readDirectory(trash)) ?? []) {
    if (await isStale(join(trash, name), name)) await remove(join(trash, name));
  }
}
