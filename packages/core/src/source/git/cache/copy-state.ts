// One copy as this process holds it: who may write, and what becomes of it when it is damaged.
//
// Invariants:
// - One writer at a time, in all processes: a mutex here, a lock file for the others.
// - A copy is repaired before this process uses it first, and thrown away when it turns out to be damaged.

import { join, lstat, makeDirectories, remove } from '#files';
import { createLimiter } from '../../../async/limiter.ts';
import { DamagedCopy, type EngineCopy, type EngineDriver } from '../driver.ts';
import type { GitRemote, ObjectFormat, WantedCommit } from '../engine.ts';
import { withFileLock } from './lock.ts';
import type { Places } from './places.ts';

/** A commit that somebody waits for. */
export interface Wish {
  readonly remote: GitRemote;
  readonly wanted: WantedCommit;
  readonly blobs: boolean;
}

/** One copy, shared by all who opened it in this process. */
export interface CopyState {
  /** What is waited for: who may write first can bring what the others want as well. */
  readonly wishes: Set<Wish>;
  /** Where it stands for which refs the history is here. */
  readonly historyMark: string;
  /** The copy; it is made where there is none. */
  copy(signal: AbortSignal | undefined): Promise<EngineCopy>;
  /** The copy where there is one. */
  existing(signal: AbortSignal | undefined): Promise<EngineCopy | undefined>;
  /** Does work that may write, alone. */
  write<T>(work: (copy: EngineCopy) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Throws the copy away, unless it is another by now than the one that was found damaged. */
  discard(damaged: EngineCopy, signal: AbortSignal | undefined): Promise<void>;
  close(): Promise<void>;
}

/** Opens the state of a copy. */
export function createCopyState(driver: EngineDriver, places: Places, name: string, format: ObjectFormat): CopyState {
  const { history, lock, repository } = places.paths(name);
  const mutex = createLimiter(1);
  let current: EngineCopy | undefined;

  const alone = <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    mutex.run(() => withFileLock(lock, work, signal), signal);

  const create = async (signal: AbortSignal | undefined): Promise<void> => {
    const aside = join(places.scratch, `new-${crypto.randomUUID()}`);
    await makeDirectories(aside);
    try {
      await driver.createCopy(aside, format, { signal });
      await places.install(aside, name);
    } finally {
      await remove(aside);
    }
  };

  const open = async (signal: AbortSignal | undefined): Promise<EngineCopy> => {
    if (current !== undefined) return current;
    if ((await lstat(repository)) !== undefined) {
      await driver.repairCopy(repository, { signal });
      try {
        current = await driver.openCopy(repository, format);
        return current;
      } catch (error) {
        if (!(error instanceof DamagedCopy)) throw error;
        await places.discard(name);
      }
    }
    await create(signal);
    current = await driver.openCopy(repository, format);
    return current;
  };

  return {
    wishes: new Set(),
    historyMark: history,
    copy: async (signal) => current ?? alone(() => open(signal), signal),
    existing: async (signal) => {
      if (current === undefined && (await lstat(repository)) === undefined) return undefined;
      return current ?? alone(() => open(signal), signal);
    },
    write: (work, signal) => alone(async () => work(await open(signal)), signal),
    discard: (damaged, signal) =>
      alone(async () => {
        if (current !== damaged) return;
        current = undefined;
        await damaged.close();
        await places.discard(name);
      }, signal),
    async close() {
      await current?.close();
      current = undefined;
    },
  };
}
