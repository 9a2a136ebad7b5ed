// Filling a copy.
//
// Invariants:
// - What came is what was wanted, or it is an error: git checks every object against its hash, we check that the wanted commit and its
//   trees are all here before the ref says so.
// - Without history a fetch is one commit deep; once the history was wanted, no later fetch cuts it off again (`--depth` would).
// - History is commits alone (`tree:0`), contents are fetched when they are wanted, where the server allows it; else all comes.

import { join, lstat, writeNewFile } from '#files';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { EngineCopy } from '../driver.ts';
import type { GitRemote, WantedCommit } from '../engine.ts';
import { shown } from './connection.ts';
import { excerpt } from './failure.ts';
import type { GitSetting } from './invocation.ts';
import { missingBlobs, missingTrees } from './missing.ts';
import { removeLeftovers } from './repair.ts';
import { availableRef, checkHash, type Repository } from './repository.ts';
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
const historyMark = 'gomodkit-history';
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

  const isHere = async (hash: string, signal: AbortSignal | undefined): Promise<boolean> =>
    (await run(['cat-file', '-e', `${hash}^{commit}`], { signal })).status === 0;

  const hasHistory = async (): Promise<boolean> => (await lstat(join(directory, historyMark))) !== undefined;

  /** Wants objects by their hashes, all in one request. */
  const fetchObjects = (
    remote: GitRemote,
    what: string,
    hashes: readonly string[],
    without: 'blobs' | 'nothing',
    signal: AbortSignal | undefined,
  ): Promise<void> =>
    fetch(remote, what, [], { without, fresh: true, input: hashes.map((hash) => `${hash}\n`).join(''), signal });

  const completeTrees = async (
    remote: GitRemote,
    hash: string,
    without: 'blobs' | 'nothing',
    signal: AbortSignal | undefined,
  ): Promise<boolean> => {
    for (let round = 0; round < rounds; round++) {
      const trees = await missingTrees(repository, hash, signal);
      if (trees.length === 0) return true;
      await fetchObjects(remote, `fetching the directories of ${hash}`, trees, without, signal);
    }
    return (await missingTrees(repository, hash, signal)).length === 0;
  };

  const fetchAll = async (
    remote: GitRemote,
    without: FetchOptions['without'],
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const shallow = await lstat(join(directory, 'shallow'));
    const depth = shallow !== undefined && shallow.size > 0 ? ['--unshallow'] : [];
    await fetch(remote, 'fetching its history', allRefs, { without, depth: ['--prune', ...depth], signal });
    if (!(await hasHistory())) await writeNewFile(join(directory, historyMark), [], 0o644);
  };

  const attempts = async (wanted: WantedCommit, blobs: boolean): Promise<readonly Attempt[]> => {
    const { hash, ref } = wanted;
    const target = `refs/gomodkit-incoming/${hash}`;
    const deep = await hasHistory();
    const without = deep ? 'trees' : blobs ? 'nothing' : 'blobs';
    const depth = deep ? [] : ['--depth=1'];
    const one = (name: string): Attempt => ({ refs: [`+${name}:${target}`], options: { without, depth } });
    // By hash it is that very commit; by name, for servers that hand out nothing else, what the name means by now.
    return ref === undefined || ref === 'HEAD' ? [one(hash)] : [one(hash), one(ref)];
  };

  return {
    async fetchCommit(remote, wanted, { blobs, signal }) {
      const { hash } = wanted;
      checkHash(hash);
      const what = `fetching ${wanted.ref ?? hash}`;
      if (!(await isHere(hash, signal))) {
        await tryEach(
          await attempts(wanted, blobs),
          () => isHere(hash, signal),
          async ({ refs, options }) => fetch(remote, what, refs, { ...options, signal }),
        );
        if (!(await isHere(hash, signal))) await fetchAll(remote, blobs ? 'nothing' : 'trees', signal);
        if (!(await isHere(hash, signal))) throw notThere(remote, hash);
      }
      if (!(await completeTrees(remote, hash, blobs ? 'nothing' : 'blobs', signal))) {
        throw new GoModKitError('upstream_invalid', `${shown(remote)}: commit ${hash} came without its directories`);
      }
      const { messages, status } = await run(['update-ref', '--end-of-options', availableRef(hash), hash], { signal });
      if (status !== 0) {
        const why = `its commit ${hash} cannot be kept in the cache (${excerpt(messages)})`;
        throw new GoModKitError('storage_unavailable', `${shown(remote)}: ${why}`);
      }
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

interface Attempt {
  readonly refs: readonly string[];
  readonly options: Pick<FetchOptions, 'depth' | 'without'>;
}

/** One after the other until it is here. What a server refuses is no failure yet; what breaks a limit or never gets there is. */
async function tryEach(
  attempts: readonly Attempt[],
  isHere: () => Promise<boolean>,
  run: (attempt: Attempt) => Promise<void>,
): Promise<void> {
  for (const attempt of attempts) {
    try {
      await run(attempt);
    } catch (error) {
      if (!isGoModKitError(error, 'upstream_invalid', 'not_found') && !isRefusal(error)) throw error;
    }
    if (await isHere()) return;
  }
}

function isRefusal(error: unknown): boolean {
  return isGoModKitError(error, 'upstream_unavailable') && error.data.refused === true;
}

function notThere(remote: GitRemote, hash: string): GoModKitError {
  const message = `${shown(remote)} has no commit ${hash}, or none that a branch or tag leads to`;
  return new GoModKitError('not_found', message);
}
