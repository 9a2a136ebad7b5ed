// One repository as its users have it: the engine's copy below, fetched, refetched and repaired as needed.
//
// Invariants:
// - Nothing is asked of a remote for what is here.
// - Whatever is missing is fetched once and read again; what then is still missing, or cannot be read at all, is damage: the copy is
//   thrown away and made anew, once for a call.
// - Work on a remote waits for the right to write first and for its host's turn then, so that no slot of a host is held by waiting.

import { replaceWhole } from '#cache-files';
import { readFile } from '#files';
import { sha256 } from '#sha256';
import { decodeUtf8, encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import { DamagedCopy, type EngineCopy, type EngineDriver, MissingObjects } from '../driver.ts';
import type { GitRemote, GitRepository, ObjectFormat, RefList, WantedCommit } from '../engine.ts';
import type { CopyState, Wish } from './copy-state.ts';
import type { GitCacheEvent } from './options.ts';

/** What an open repository stands on. */
export interface Ground {
  readonly driver: EngineDriver;
  readonly scratch: string;
  /** Opens the copy for hashes of a format, used until the repository is closed. */
  state(format: ObjectFormat): Promise<CopyState>;
  refs(options: CallOptions & { readonly maxAge?: number | undefined }): Promise<RefList>;
  lastRefs(): RefList | undefined;
  /** Runs work on the remote when its host's turn has come. */
  ask<T>(what: RemoteWork, task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Called after each fetch. */
  grown(): Promise<void>;
  tell(event: GitCacheEvent): void;
  release(): Promise<void>;
}

type RemoteWork = Extract<GitCacheEvent, { type: 'remote' }>['what'];

/** Commits that one request brings besides the one that it is for. */
const othersAtMost = 31;

/** Creates the repository over its ground. */
export function openRepository(remote: GitRemote, ground: Ground): GitRepository {
  const wants = new Map<string, WantedCommit>();
  let closed = false;

  const stateOf = (hash: string): Promise<CopyState> => {
    if (closed) throw new GoModKitError('closed', `${remote.url}: the repository was closed`);
    return ground.state(hash.length === 64 ? 'sha256' : 'sha1');
  };

  /** Work on a copy that may write. What fails because the copy is damaged is done again on a new one. */
  const fetching = async (
    state: CopyState,
    what: RemoteWork,
    work: (copy: EngineCopy) => Promise<void>,
    signal: AbortSignal | undefined,
    // Somebody else may have done it while this one waited.
    isDone: (copy: EngineCopy) => Promise<boolean> = async () => false,
  ): Promise<void> => {
    for (let again = true; ; again = false) {
      let used: EngineCopy | undefined;
      try {
        await state.write(async (copy) => {
          used = copy;
          if (!(await isDone(copy))) await ground.ask(what, () => work(copy), signal);
        }, signal);
        return await ground.grown();
      } catch (error) {
        signal?.throwIfAborted();
        if (!again || used === undefined || !(await isDamage(error, used, signal))) throw outward(error, remote);
        await discard(state, used, error, signal);
      }
    }
  };

  const discard = async (state: CopyState, copy: EngineCopy, why: unknown, signal: AbortSignal | undefined) => {
    ground.tell({ type: 'discarded', url: remote.url, reason: why instanceof Error ? why.message : String(why) });
    await state.discard(copy, signal);
  };

  /** A look at what is here; at nothing where there is no copy, or a damaged one, which goes. */
  const looking = async <T>(
    hash: string,
    look: (copy: EngineCopy) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> => {
    const state = await stateOf(hash);
    const copy = await state.existing(signal);
    try {
      return copy && (await look(copy));
    } catch (error) {
      if (copy === undefined || !(error instanceof DamagedCopy)) throw error;
      await discard(state, copy, error, signal);
      return undefined;
    }
  };

  const ensure = async (wanted: WantedCommit, blobs: boolean, signal: AbortSignal | undefined): Promise<void> => {
    if (await looking(wanted.hash, (copy) => copy.has(wanted.hash, { signal }), signal)) return;
    const state = await stateOf(wanted.hash);
    const wish: Wish = { remote, wanted, blobs };
    const fetchIt = (copy: EngineCopy): Promise<void> =>
      copy.fetchCommit(remote, wanted, { blobs, also: othersLike(wish, state.wishes), signal });
    state.wishes.add(wish);
    try {
      await fetching(state, 'commit', fetchIt, signal, (copy) => copy.has(wanted.hash, { signal }));
    } finally {
      state.wishes.delete(wish);
    }
  };

  /** A read, and what has to be fetched or made anew for it. `path`: where it reads; undefined: history. */
  const reading = async <T>(
    hash: string,
    path: string | undefined,
    read: (copy: EngineCopy) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> => {
    const state = await stateOf(hash);
    for (let tries = 0; ; tries++) {
      const copy = await state.copy(signal);
      try {
        return await read(copy);
      } catch (error) {
        signal?.throwIfAborted();
        const isMissing = error instanceof MissingObjects;
        if ((!isMissing && !(error instanceof DamagedCopy)) || tries === 2) throw outward(error, remote);
        if (isMissing && tries === 0 && path === undefined) {
          // Somebody threw the copy away since the history was fetched.
          await ensure(wants.get(hash) ?? { hash }, false, signal);
          await fetchHistory({ signal });
          continue;
        }
        if (isMissing && tries === 0 && path !== undefined && (await copy.has(hash, { signal }))) {
          const fetchIt = (each: EngineCopy): Promise<void> => each.fetchContents(remote, hash, path, { signal });
          try {
            await fetching(state, 'contents', fetchIt, signal);
            continue;
          } catch (failure) {
            // A server that leaves contents out and then hands out none: all of it has to come at once.
            if (!isGoModKitError(failure) || failure.data.refused !== true) throw failure;
          }
        }
        await discard(state, copy, error, signal);
        await ensure(wants.get(hash) ?? { hash }, true, signal);
        if (path === undefined) await fetchHistory({ signal });
        tries = 1;
      }
    }
  };

  const fetchHistory = async ({ signal }: CallOptions = {}): Promise<void> => {
    const refs = await ground.refs({ signal });
    if (refs.refs.length === 0) return;
    const state = await stateOf(refs.refs[0]?.hash ?? '');
    const mark = state.historyMark;
    const digest = digestOf(refs);
    const isDone = async (): Promise<boolean> => decodeUtf8((await readFile(mark)) ?? new Uint8Array(0)) === digest;
    if ((await isDone()) && (await state.existing(signal)) !== undefined) return;
    const fetchIt = async (copy: EngineCopy): Promise<void> => {
      await copy.fetchHistory(remote, refs, { signal });
      await replaceWhole(mark, digest);
    };
    await fetching(state, 'history', fetchIt, signal, isDone);
  };

  return {
    remote,
    refs: (options = {}) => ground.refs(options).catch((error: unknown) => Promise.reject(outward(error, remote))),
    async fetchCommit(wanted, { blobs, signal }) {
      wants.set(wanted.hash, wanted);
      await ensure(wanted, blobs, signal);
    },
    fetchHistory,
    async findCommits(prefix, { signal } = {}) {
      const hash = ground.lastRefs()?.refs[0]?.hash ?? prefix;
      return (await looking(hash, (copy) => copy.findCommits(prefix, { signal }), signal)) ?? [];
    },
    commit: (hash, { signal } = {}) => looking(hash, (copy) => copy.commit(hash, { signal }), signal),
    ancestors: (hash, candidates, { signal } = {}) =>
      reading(hash, undefined, (copy) => copy.ancestors(hash, candidates, { signal }), signal),
    readBlob: (hash, path, options) =>
      reading(hash, path, (copy) => copy.readBlob(hash, path, options), options.signal),
    archive: (hash, directory, { signal } = {}) =>
      reading(hash, directory, (copy) => copy.archive(hash, directory, { scratch: ground.scratch, signal }), signal),
    async close() {
      if (closed) return;
      closed = true;
      await ground.release();
    },
  };
}

/** Commits that others wait for and that would come by the same request. */
function othersLike({ blobs, remote, wanted }: Wish, wishes: Iterable<Wish>): readonly WantedCommit[] {
  const others = new Map<string, WantedCommit>();
  for (const other of wishes) {
    const { address, trusted } = other.remote;
    if (other.blobs !== blobs || address !== remote.address || trusted !== remote.trusted) continue;
    if (other.wanted.hash !== wanted.hash) others.set(other.wanted.hash, other.wanted);
  }
  return [...others.values()].slice(0, othersAtMost);
}

async function isDamage(error: unknown, copy: EngineCopy, signal: AbortSignal | undefined): Promise<boolean> {
  if (error instanceof DamagedCopy || error instanceof MissingObjects) return true;
  if (!isGoModKitError(error, 'upstream_invalid', 'upstream_unavailable')) return false;
  return (await copy.isDamaged?.({ signal })) ?? false;
}

/** Errors between cache and engine do not leave. */
function outward(error: unknown, { url }: GitRemote): unknown {
  if (!(error instanceof DamagedCopy || error instanceof MissingObjects)) return error;
  const message = `${url}: its local copy could not be read, nor made anew`;
  return new GoModKitError('upstream_invalid', message, { cause: error });
}

function digestOf({ refs }: RefList): string {
  const text = refs.map(({ hash, name }) => `${hash} ${name}\n`).join('');
  return [...sha256(encodeUtf8(text))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
