// The right to write to something, among the processes that share a directory.
//
// Invariants:
// - A lock is a file that names its owner; it appears whole or not at all, and one of many creators wins.
// - A lock whose process has ended is taken over at once; one whose owner cannot be looked up (another host), or whose number another
//   process has by now, when it was not touched for ten minutes. Holders touch theirs every minute.

import { createOwner, createWhole, isOwnerGone, rename, touch } from '#cache-files';
import { lstat, readFile, remove } from '#files';
import { sleep } from '../../../async/abort.ts';
import { decodeUtf8 } from '../../../bytes/utf8.ts';

/** Milliseconds without a touch after which nobody is believed to be behind a name. */
const staleAfter = 600_000;
const touchEvery = 60_000;

/** Waits for the lock at `path` and holds it while `work` runs. */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const owner = createOwner();
  for (let wait = 10; !(await createWhole(path, owner)); wait = Math.min(wait * 2, 500)) {
    if (!(await takeAway(path))) await sleep(wait * (0.5 + Math.random() / 2), signal);
    signal?.throwIfAborted();
  }
  const timer = keepTouched(path);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    // Who took it for stale has written another name.
    if ((await read(path)) === owner) await remove(path);
  }
}

/** Touches a file every minute. Clear the interval to stop. */
export function keepTouched(path: string): ReturnType<typeof setInterval> {
  const timer = setInterval(() => void touch(path).catch(() => {}), touchEvery);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

/** Whether nobody is behind a file that is named after, or names, its owner. What is not there is nobody's. */
export async function isStale(path: string, owner: string): Promise<boolean> {
  if (isOwnerGone(owner) === true) return true;
  const stat = await lstat(path);
  return stat === undefined || Date.now() - stat.modified.getTime() > staleAfter;
}

/** Takes a stale lock away; whether it is worth trying again at once. */
async function takeAway(path: string): Promise<boolean> {
  const owner = await read(path);
  if (owner === undefined) return true;
  if (!(await isStale(path, owner))) return false;
  const aside = `${path}.${createOwner()}`;
  if (!(await rename(path, aside))) return true;
  // Somebody may have been faster, and hold it by now.
  const taken = await read(aside);
  if (taken !== undefined && taken !== owner) await createWhole(path, taken);
  await remove(aside);
  return true;
}

async function read(path: string): Promise<string | undefined> {
  const bytes = await readFile(path);
  return bytes === undefined ? undefined : decodeUtf8(bytes);
}
