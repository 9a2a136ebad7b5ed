// A repository as a source: of module graphs, and of another repository.
//
// Invariants:
// - What the repository does not have and may not fetch is not there, as it would be over HTTP (`offline` is 404 on the wire).
// - Who names a commit gets the files of that commit or a `conflict`, as every source promises. `.mod` stays readable where a policy
//   denies the version, so there a denied `.info` settles nothing.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleSource, PinnedOptions, SourceZip } from '../source/source.ts';
import { commitsDiffer } from './publish-info.ts';
import type { Repository } from './repository.ts';

/**
 * A repository as a {@link ModuleSource}: for module graphs, which then cost no fetch of what is stored, and as the upstream of
 * another repository in the same process. Closing the repository closes the source.
 *
 * @example
 * ```ts
 * import { createRepository, memoryStorage, type Repository, repositorySource } from '@gomodkit/core';
 *
 * function cacheOf(shared: Repository): Repository {
 *   return createRepository({ storage: memoryStorage(), source: repositorySource(shared) });
 * }
 * ```
 */
export function repositorySource(repository: Repository): ModuleSource {
  return {
    versions: (path, options) => absentWhenOffline(repository.versions(path, options)),
    async resolve(path, query, options) {
      const answer = query === 'latest' ? repository.latest(path, options) : repository.info(path, query, options);
      return (await absentWhenOffline(answer)).info;
    },
    async goMod(path, version, options = {}) {
      await checkCommit(repository, path, version, options).catch((error: unknown) => {
        if (!isGoModKitError(error, 'denied')) throw error;
      });
      return (await absentWhenOffline(repository.goMod(path, version, options))).bytes;
    },
    async zip(path, version, options = {}) {
      await checkCommit(repository, path, version, options);
      return absentWhenOffline(openZip(repository, path, version, options));
    },
  };
}

async function checkCommit(
  repository: Repository,
  path: string,
  version: string,
  { origin, signal }: PinnedOptions,
): Promise<void> {
  if (origin?.Hash === undefined) return;
  const { info } = await absentWhenOffline(repository.info(path, version, { signal }));
  if (!commitsDiffer(info, { version, origin })) return;
  throw new GoModKitError(
    'conflict',
    `${path}@${version} was captured at commit ${info.origin?.Hash}, and commit ${origin.Hash} is asked for`,
    { data: { stored: info.origin?.Hash, wanted: origin.Hash } },
  );
}

/** Retention may remove a zip between the question and its opening; then it is captured again, once. */
async function openZip(
  repository: Repository,
  path: string,
  version: string,
  { signal }: PinnedOptions,
): Promise<SourceZip> {
  const open = async (): Promise<SourceZip> => {
    const { size, body } = await (await repository.zip(path, version, { signal })).open({ signal });
    return { size, body };
  };
  try {
    return await open();
  } catch (error) {
    if (!isGoModKitError(error, 'storage_unavailable') || error.data.transient !== true) throw error;
    return open();
  }
}

async function absentWhenOffline<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isGoModKitError(error, 'offline')) throw error;
    throw new GoModKitError('not_found', error.message, { cause: error });
  }
}
