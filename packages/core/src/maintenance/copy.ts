// From any storage into any other.
//
// Invariants: those of copy-plan.ts, and
// - What is in the target is compared and never replaced. A version that differs stays as it is, whole; nothing of ours is put beside it.
// - Where both storages had a life of their own, what only grows cannot be joined by keys: withdrawals are then made anew in the target,
//   its index gets what it lacks, its tree heads stay. Two logs under one name are a conflict.
// - Done again it copies what is missing, and ends in the same place whenever it was stopped.

import { sleep } from '../async/abort.ts';
import { hashZip } from '../dirhash/index.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { createRepository } from '../repository/create-repository.ts';
import { targetOf } from '../repository/keys.ts';
import { commitsDiffer } from '../repository/publish-info.ts';
import { createStore, listAll } from '../repository/store.ts';
import { type StoredObjects, type StoredThing, storedThings } from '../repository/stored-objects.ts';
import { parseInfo } from '../source/info.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import { type Copied, copyObject, copyUnlessThere, type Equivalent, type Sides, textOf } from './copy-object.ts';
import { beforeVersions, type Chain, listOwnKeys, otherOwnKeys } from './copy-plan.ts';
import { inParallel } from './parallel.ts';

/** Options of {@link copyStorage}. */
export interface CopyOptions extends CallOptions {
  /** Versions or objects worked on at once. Default 16. */
  readonly concurrency?: number | undefined;
  /** `false`: zips are not hashed on their way, so that damage is copied too. Default `true`. */
  readonly verify?: boolean | undefined;
}

/** What becomes of an object. */
export type CopyEvent =
  | { readonly type: 'copied'; readonly key: string; readonly bytes: number }
  | { readonly type: 'present'; readonly key: string }
  /** Not copied: the target has something else there, or what is there is damaged. */
  | { readonly type: 'conflict'; readonly key: string; readonly reason: string }
  /** Not copied, for a reason that is none to worry about. */
  | { readonly type: 'skipped'; readonly key: string; readonly reason: string }
  | { readonly type: 'done'; readonly report: CopyReport };

/** How a copy ended. */
export interface CopyReport {
  readonly copied: number;
  /** Of what was copied. */
  readonly bytes: number;
  readonly present: number;
  readonly skipped: number;
  readonly conflicts: readonly { readonly key: string; readonly reason: string }[];
  /** Entries that the target's index lacked, and got. */
  readonly indexed: number;
}

type Step = Exclude<CopyEvent, { readonly type: 'done' }>;

/**
 * Copies everything that a storage holds into another: versions with their sums, withdrawals, marks, the index, logs and tree heads. Events say
 * what becomes of each object; the last is `done`, and its report is also returned. Who stops reading stops the copy; the same call
 * goes on from there. Servers may be at work on both.
 *
 * Rejects with `invalid_argument` for nonsensical options, `storage_unavailable`, and the signal's reason.
 *
 * @example
 * ```ts
 * import { maintenance, type Storage } from '@gomodkit/core';
 *
 * export async function move(from: Storage, to: Storage): Promise<void> {
 *   for await (const event of maintenance.copyStorage(from, to))
 *     if (event.type === 'conflict') console.warn(event.key, event.reason);
 * }
 * ```
 */
export async function* copyStorage(
  from: Storage,
  to: Storage,
  options: CopyOptions = {},
): AsyncGenerator<CopyEvent, CopyReport, void> {
  const { concurrency = 16, verify = true, signal } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new GoModKitError('invalid_argument', `concurrency must be a positive integer, not ${concurrency}`);
  const sides: Sides = { from: createStore(from, { sleep }), to: createStore(to, { sleep }), signal };
  const counts = { copied: 0, bytes: 0, present: 0, skipped: 0 };
  const conflicts: { readonly key: string; readonly reason: string }[] = [];
  for await (const step of steps(from, to, sides, { concurrency, verify })) {
    if (step.type === 'conflict') conflicts.push({ key: step.key, reason: step.reason });
    else counts[step.type]++;
    if (step.type === 'copied') counts.bytes += step.bytes;
    yield step;
  }
  const report = { ...counts, conflicts, indexed: await completeIndex(to, { signal }) };
  yield { type: 'done', report };
  return report;
}

async function* steps(
  from: Storage,
  to: Storage,
  sides: Sides,
  { concurrency, verify }: { readonly concurrency: number; readonly verify: boolean },
): AsyncGenerator<Step> {
  const { signal } = sides;
  const own = await listOwnKeys(sides.from, { signal });
  yield* copyWithdrawals(from, to, sides, own.withdrawals);
  for (const prefix of beforeVersions) {
    yield* inParallel(listAll(sides.from, prefix, { signal }), concurrency, async ({ key }) => [await one(sides, key)]);
  }
  const things = storedThings(sides.from, { signal });
  yield* inParallel(things, concurrency, (thing) => copyThing(sides, thing, verify));
  yield* inParallel(otherOwnKeys(sides.from, { signal }), concurrency, async (key) => [await forgiving(sides, key)]);
  for (const chain of [...own.logs, ...own.heads, own.index]) yield* copyChain(sides, chain);
  if (own.marker !== undefined) yield await forgiving(sides, own.marker);
}

/** A version in the order of its publication; or what is nobody's. */
async function copyThing(sides: Sides, thing: StoredThing, verify: boolean): Promise<readonly Step[]> {
  if (thing.foreign !== undefined) return [await one(sides, thing.foreign.key)];
  return copyVersion(sides, thing.version, verify);
}

async function copyVersion(
  sides: Sides,
  { path, version, files }: StoredObjects,
  verify: boolean,
): Promise<readonly Step[]> {
  const keys = targetOf(path, version);
  if (files.info === undefined || files.mod === undefined) {
    return [{ type: 'skipped', key: keys.info, reason: 'what a capture left that was not finished' }];
  }
  const done: Step[] = [];
  for (const [key, isSame] of [[keys.mod], [keys.info, sameVersion], [keys.ziphash, sameSum]] as const) {
    if (key === keys.ziphash && files.ziphash === undefined) continue;
    const step = await one(sides, key, isSame);
    done.push(step);
    // Nothing of ours beside another version.
    if (step.type !== 'copied' && step.type !== 'present') return done;
  }
  if (files.zip === undefined) return done;
  const bound = files.ziphash === undefined || !verify ? undefined : await textOf(sides, 'from', keys.ziphash);
  const check = async (content: Parameters<typeof hashZip>[0]): Promise<string | undefined> => {
    if (bound === undefined) return undefined;
    const sum = await hashZip(content, { signal: sides.signal }).catch((error: unknown) => {
      if (isGoModKitError(error, 'invalid_zip')) return 'no zip';
      throw error;
    });
    return sum === bound ? undefined : `it is damaged: it is ${sum}, and was captured with ${bound}`;
  };
  done.push(stepOf(keys.zip, await copyUnlessThere(sides, keys.zip, check)));
  return done;
}

/** `.info` says more or less of one commit, depending on who captured it. */
const sameVersion: Equivalent = (here, there) => {
  try {
    const [a, b] = [parseInfo(here), parseInfo(there)];
    return a.version === b.version && !commitsDiffer(a, b);
  } catch {
    return false;
  }
};

const sameSum: Equivalent = (here, there) => {
  const [a, b] = [here, there].map((bytes) => new TextDecoder().decode(bytes).trim());
  return a === b;
};

async function one(sides: Sides, key: string, isSame?: Equivalent): Promise<Step> {
  return stepOf(key, await copyObject(sides, key, isSame));
}

/** Of what is only remembered, the target's own word counts. */
async function forgiving(sides: Sides, key: string): Promise<Step> {
  const step = await one(sides, key);
  return step.type === 'conflict' ? { type: 'skipped', key, reason: 'the target remembers it otherwise' } : step;
}

function stepOf(key: string, copied: Copied): Step {
  if (copied.outcome === 'absent') return { type: 'skipped', key, reason: 'it was removed meanwhile' };
  const { outcome, ...rest } = copied;
  return { type: outcome, key, ...rest } as Step;
}

/** Copies keys one after the other, up to the first that differs. */
async function* copyChain(sides: Sides, { name, kind, keys }: Chain): AsyncGenerator<Step, boolean> {
  for (const key of keys) {
    sides.signal?.throwIfAborted();
    const step = await one(sides, key);
    if (step.type !== 'conflict') {
      yield step;
      continue;
    }
    const reason = `${name} of the target went another way`;
    yield { type: kind === 'log' ? 'conflict' : 'skipped', key, reason };
    return false;
  }
  return true;
}

/** Withdrawals hold in the target before anything else is there: as they are, or where both have some, made anew. */
async function* copyWithdrawals(from: Storage, to: Storage, sides: Sides, chain: Chain): AsyncGenerator<Step> {
  const joined = yield* copyChain(sides, chain);
  if (joined) return;
  const [source, target] = [from, to].map((storage) => createRepository({ storage }));
  if (source === undefined || target === undefined) return;
  try {
    const { signal } = sides;
    const known = new Set((await target.withdrawals({ signal })).map(({ path, version }) => `${path}@${version}`));
    for (const { date: _, ...withdrawal } of await source.withdrawals({ signal })) {
      if (known.has(`${withdrawal.path}@${withdrawal.version}`)) continue;
      await target.withdraw(withdrawal, { signal });
      yield { type: 'copied', key: `${chain.name}: ${withdrawal.path}@${withdrawal.version}`, bytes: 0 };
    }
  } finally {
    await source.close();
    await target.close();
  }
}

/** Versions that were published while the index was copied, or whose entry a crash cut off, get theirs. */
async function completeIndex(to: Storage, options: CallOptions): Promise<number> {
  const repository = createRepository({ storage: to });
  try {
    return await repository.rebuildIndex(options);
  } finally {
    await repository.close();
  }
}
