// Modules from their repositories themselves: what `direct` stands for.
//
// Invariants:
// - Every answer is what the go command would make of the same repository (spec §3–§7, §11).
// - A repository that cannot be asked is never taken for one that does not have the module.
// - Private modules are asked of their own repositories alone: nothing here knows any proxy but those that pages name (`mod`).

import { isGoModKitError } from '../../errors/error.ts';
import { prefixPatterns } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Credentials } from '../credentials.ts';
import { type DiscoveryOptions, discovery, type FindRepository, type RepositoryRoot } from '../discovery/index.ts';
import { networkGuard } from '../network-guard.ts';
import { type GitCacheOptions, gitRepositories } from './cache/index.ts';
import type { GitRemote, GitRepositories } from './engine.ts';
import { type GitSource, moduleSource } from './module-source.ts';
import { checkRewrites, type GitRewrite, rewritten } from './rewrite.ts';

/** Options of {@link gitSource}. */
export interface GitSourceOptions
  extends Pick<DiscoveryOptions, 'fetch' | 'private' | 'insecure' | 'govcs'>,
    Omit<GitCacheOptions, 'directory' | 'network'> {
  /** Directory that keeps copies of repositories. It may be shared by processes, and removed while none of them runs. */
  readonly cache: string;
  /** Asked for headers before each https request, pages and repositories alike. See `goAuthCredentials`. */
  readonly credentials?: Credentials | undefined;
  /** Other addresses for repositories: the longest `from` that an address begins with is replaced by its `to`. */
  readonly rewrites?: readonly GitRewrite[] | undefined;
  /**
   * Repositories and pages may be at private addresses: all of them, or these host names. Those of paths in `private` and `insecure` may
   * always. Default `false`.
   */
  readonly privateNetworks?: boolean | readonly string[] | undefined;
  /** Finds the repositories of modules. Default: `discovery` with these options. */
  readonly findRepository?: FindRepository | undefined;
}

/**
 * Serves modules from their git repositories, byte for byte as `GOPROXY=direct` does, without a go command.
 *
 * Throws `invalid_argument` for malformed options. Calls reject with `not_found` where the go command would not find the module,
 * `conflict` where a pinned commit is gone, `unsupported` for other version control than git, `needs_git_engine` where only the git
 * program can read a repository, and `upstream_unavailable`, `upstream_timeout` or `upstream_invalid` where it cannot be asked.
 *
 * @example
 * ```ts
 * import { createRepository, gitSource, memoryStorage } from '@gomodkit/core';
 *
 * const source = gitSource({ cache: '/var/cache/gomodkit/git', private: 'git.corp.example' });
 * const repository = createRepository({ storage: memoryStorage(), source });
 * const { info } = await repository.latest('github.com/acme/tool');
 * console.log(info.version);
 * ```
 */
export function gitSource(options: GitSourceOptions): GitSource {
  const { cache, rewrites = [], findRepository, privateNetworks, ...rest } = options;
  checkRewrites(rewrites);
  const network = networkGuard(privateNetworks ?? false);
  const repositories = gitRepositories({ ...rest, directory: cache, network });
  const isPrivate = prefixPatterns(options.private ?? '');
  const isInsecure = prefixPatterns(options.insecure ?? '');
  const remoteOf = ({ url, root }: Pick<RepositoryRoot, 'url' | 'root'>): GitRemote => {
    const address = rewritten(url, rewrites);
    const insecure = isInsecure(root);
    const trusted = address !== undefined || insecure || isPrivate(root);
    return { url, address: address ?? url, credentials: options.credentials, insecure, trusted };
  };
  const find =
    findRepository ??
    discovery({
      ...rest,
      network,
      probe: async (url, root, call) => {
        // Where the user says that it is, it is.
        if (rewritten(url, rewrites) !== undefined) return true;
        return answers(repositories, remoteOf({ url, root }), call);
      },
    });
  return moduleSource({
    repositories,
    find,
    remoteOf,
    proxies: {
      credentials: options.credentials,
      fetch: options.fetch,
      network,
      isOwn: (root) => isPrivate(root) || isInsecure(root),
    },
  });
}

/** Whether there is a repository. Rejects where that could not be found out. */
async function answers(repositories: GitRepositories, remote: GitRemote, options: CallOptions): Promise<boolean> {
  const repository = await repositories.open(remote, options);
  try {
    await repository.refs(options);
    return true;
  } catch (error) {
    if (isGoModKitError(error, 'not_found')) return false;
    throw error;
  } finally {
    await repository.close();
  }
}
