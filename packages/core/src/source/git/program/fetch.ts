// Filling a copy.
//
// Invariants:
// - What came is what was wanted, or it is an error: git checks every object against its hash, we check that the wanted commit and its
//   trees are all here before the ref says so.
// - Without history a fetch is one commit deep; once the history was wanted, no later fetch cuts it off again (`--depth` would).
// - History is commits alone (`tree:0`), contents are fetched when they are wanted, where the server allows it; else all comes.

import { join, lstat } from '#files';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { EngineCopy } from '../driver.ts';
import type { GitRemote, WantedCommit } from '../engine.ts';
import { shown } from './connection.ts';
import { excerpt } from './failure.ts';
import { type GitSetting, textOf } from './invocation.ts';
import { missingBlobs, missingTrees } from './missing.ts';
import { removeLeftovers } from './repair.ts';
import { availableRef, checkHash, hasHistory, markHistory, type Repository } from './repository.ts';
import { addressHere, type Talker } from './talk.ts';

type Fetcher = Pick<EngineCopy, 'fetchCommit' | 'fetchContents' | 'fetchHistory'>;

interface FetchOptions {
  /** Left out of what comes, where the server allows it. */
  readonly without: 'blobs' | 'trees' | 'nothing';
  readonly signal: AbortSignal | undefined;
  /** Tells the server nothing of what is here already, and so gets everything below what is wanted. */
  readonly fresh?: boolean;
  readonly depth?: readonly string[];
  /** Hashes, one a line. */
  readonly input?: string;
}

const filters = { blobs: '--filter=blob:none', trees: '--filter=tree:0', nothing: '--no-filter' };
const allRefs: readonly string[] = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
const rounds = 4;

/** What fills a repository. */
export function createFetcher(repository: Repository, talker: Talker): Fetcher {
  const { directory, invocation, run } = repository;
  const packs = join(directory, 'objects', 'pack');

  const fetch = async (remote: GitRemote, what: string, refs: readonly string[], options: FetchOptions) => {
    const { depth = [], fresh = false, input, signal, without } = options;
    const args = ['fetch', '--progress', '--force', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
    const settings: GitSetting[] = [
      ['remote.origin.url', addressHere],
      // Given anew each time: the repository's own configuration names no remote that reads could fetch from.
      ['remote.origin.promisor', 'true'],
      ['remote.origin.partialCloneFilter', 'blob:none'],
      ['core.bigFileThreshold', '32m'],
    ];
    if (fresh) settings.push(['fetch.negotiationAlgorithm', 'noop']);
    const stdin = input === undefined ? [] : ['--stdin'];
    const task = {
      repository: directory,
      directory,
      args: [...args, filters[without], ...depth, ...stdin, '--end-of-options', 'origin', ...refs],
      settings,
      input,
      growth: { path: packs, bytes: invocation.limits.fetchBytes },
      signal,
    };
    try {
      await talker.talk({ remote, what, task });
    } catch (error) {
      await removeLeftovers(directory);
      throw error;
    }
  };

  /** Those that are commits and here. */
  const commitsHere = async (
    hashes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> => {
    const input = linesOf(hashes);
    const checked = await run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], { input, signal });
    return [...textOf(checked.output).matchAll(/^([0-9a-f]+) commit$/gm)].map((match) => match[1] ?? '');
  };
  const isHere = async (hash: string, signal: AbortSignal | undefined): Promise<boolean> =>
    (await commitsHere([hash], signal)).length > 0;

  /** Wants objects by their hashes, all in one request. */
  const fetchObjects = (
    remote: GitRemote,
    what: string,
    hashes: readonly string[],
    without: 'blobs' | 'nothing',
    signal: AbortSignal | undefined,
  ): Promise<void> => fetch(remote, what, [], { without, fresh: true, input: linesOf(hashes), signal });

  const completeTrees = async (
    remote: GitRemote,
    hashes: readonly string[],
    without: 'blobs' | 'nothing',
    signal: AbortSignal | undefined,
  ): Promise<boolean> => {
    for (let round = 0; round < rounds; round++) {
      const trees = await missingTrees(repository, hashes, signal);
      if (trees.length === 0) return true;
      await fetchObjects(remote, `fetching the directories of ${hashes[0]}`, trees, without, signal);
    }
    return (await missingTrees(repository, hashes, signal)).length === 0;
  };

  const fetchAll = async (
    remote: GitRemote,
    without: FetchOptions['without'],
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const shallow = await lstat(join(directory, 'shallow'));
    const depth = shallow !== undefined && shallow.size > 0 ? ['--unshallow'] : [];
    await fetch(remote, 'fetching its history', allRefs, { without, depth: ['--prune', ...depth], signal });
    await markHistory(directory);
  };

  const attempts = async ({ hash, ref }: WantedCommit, others: readonly string[], blobs: boolean) => {
    const deep = await hasHistory(directory);
    const without = deep ? 'trees' : blobs ? 'nothing' : 'blobs';
    const depth = deep ? [] : ['--depth=1'];
    const one = (name: string, to = hash): string => `+${name}:refs/gomodkit-incoming/${to}`;
    // By hash it is that very commit; by name, for servers that hand out nothing else, what the name means by now.
    const each = ref === undefined || ref === 'HEAD' ? [hash] : [hash, ref];
    const refs = [
      ...(others.length > 0 ? [[hash, ...others].map((name) => one(name, name))] : []),
      ...each.map((name) => [one(name)]),
    ];
    return refs.map((wants): Attempt => ({ refs: wants, options: { without, depth } }));
  };

  /** Brings a commit that is not here, and perhaps others; resolves to what came of all. */
  const bring = async (
    remote: GitRemote,
    wanted: WantedCommit,
    others: readonly string[],
    { blobs, signal }: { readonly blobs: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<readonly string[]> => {
    const { hash } = wanted;
    const what = `fetching ${wanted.ref ?? hash}`;
    const came = await tryEach(
      await attempts(wanted, others, blobs),
      () => isHere(hash, signal),
      ({ refs, options }) => fetch(remote, what, refs, { ...options, signal }),
      signal,
    );
    if (came) return others.length > 0 ? commitsHere([hash, ...others], signal) : [hash];
    await fetchAll(remote, blobs ? 'nothing' : 'trees', signal);
    if (!(await isHere(hash, signal))) throw notThere(remote, hash);
    return [hash];
  };

  const markAvailable = async (remote: GitRemote, hashes: readonly string[], signal: AbortSignal | undefined) => {
    const input = hashes.map((hash) => `update ${availableRef(hash)} ${hash}\n`).join('');
    const { messages, status } = await run(['update-ref', '--stdin'], { input, signal }).catch(
      async (error: unknown) => {
        await removeLeftovers(directory);
        throw error;
      },
    );
    if (status === 0) return;
    await removeLeftovers(directory);
    const why = `its commit ${hashes[0]} cannot be kept in the cache (${excerpt(messages)})`;
    throw new GoModKitError('storage_unavailable', `${shown(remote)}: ${why}`);
  };

  return {
    async fetchCommit(remote, wanted, { also = [], blobs, signal }) {
      const { hash } = wanted;
      const others = also.map((other) => other.hash);
      for (const each of [hash, ...others]) checkHash(each);
      const without = blobs ? 'nothing' : 'blobs';
      const came = (await isHere(hash, signal)) ? [hash] : await bring(remote, wanted, others, { blobs, signal });
      // What others want is no reason to fail: they ask again when it is their turn.
      const isWhole = came.length > 1 && (await completeTrees(remote, came, without, signal).catch(() => false));
      signal?.throwIfAborted();
      if (isWhole) {
        const marked = await markAvailable(remote, came, signal).then(
          () => true,
          () => false,
        );
        signal?.throwIfAborted();
        if (marked) return;
      }
      if (!(await completeTrees(remote, [hash], without, signal))) {
        throw new GoModKitError('upstream_invalid', `${shown(remote)}: commit ${hash} came without its directories`);
      }
      await markAvailable(remote, [hash], signal);
    },

    async fetchHistory(remote, _refs, { signal } = {}) {
      await fetchAll(remote, 'trees', signal);
    },

    async fetchContents(remote, hash, path, { signal } = {}) {
      checkHash(hash);
      const what = `fetching the files of ${path || 'the root'} of ${hash}`;
      const blobs = await missingBlobs(repository, hash, path, signal);
      if (blobs.length > 0) await fetchObjects(remote, what, blobs, 'blobs', signal);
    },
  };
}

const linesOf = (hashes: readonly string[]): string => hashes.map((hash) => `${hash}\n`).join('');

interface Attempt {
  readonly refs: readonly string[];
  readonly options: Pick<FetchOptions, 'depth' | 'without'>;
}

/**
 * One after the other until it is here; resolves to whether it is. What a server refuses is no failure yet; what never gets there is, and
 * so is what breaks a limit. A request for several fails nobody: what one wants may be at fault for it.
 */
async function tryEach(
  attempts: readonly Attempt[],
  isHere: () => Promise<boolean>,
  run: (attempt: Attempt) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const attempt of attempts) {
    try {
      await run(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      const mayFail =
        attempt.refs.length > 1 || isRefusal(error) || isGoModKitError(error, 'upstream_invalid', 'not_found');
      if (!mayFail) throw error;
    }
    if (await isHere()) return true;
  }
  return false;
}

function isRefusal(error: unknown): boolean {
  return isGoModKitError(error, 'upstream_unavailable') && error.data.refused === true;
}

function notThere(remote: GitRemote, hash: string): GoModKitError {
  const message = `${shown(remote)} has no commit ${hash}, or none that a branch or tag leads to`;
  return new GoModKitError('not_found', message);
}
