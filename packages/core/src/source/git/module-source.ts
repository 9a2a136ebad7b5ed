// A module source over whatever keeps repositories and finds them.
//
// Invariants:
// - A repository is open while a question about it is answered, and closed however that ends; a zip keeps its own open until it is read.
// - What another proxy serves (`mod`) is asked there, and what no engine reads is refused with a way out.

import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { FindRepository, RepositoryRoot } from '../discovery/index.ts';
import type { OriginSource } from '../origin-check.ts';
import type { ModuleSource, VersionOptions } from '../source.ts';
import type { GitEngineName, GitRemote, GitRepositories } from './engine.ts';
import { gitModule } from './module/git-module.ts';
import { moduleLayout } from './module/layout.ts';
import { moduleFiles, moduleZip } from './module/module-zip.ts';
import { checkOrigin, type OpenModule } from './moved-tags.ts';
import { type PageProxyOptions, pageProxies } from './page-proxies.ts';

/** A source over repositories. */
export interface GitSource extends ModuleSource, OriginSource {
  /** Which engine works here. */
  engine(options?: CallOptions): Promise<GitEngineName>;
  /** Ends what is under way and releases the cache. Idempotent. */
  close(): Promise<void>;
}

/** What a source over repositories is made of. */
export interface GitSourceParts {
  readonly repositories: GitRepositories;
  readonly find: FindRepository;
  /** How a repository is reached. */
  readonly remoteOf: (root: RepositoryRoot) => GitRemote;
  /** For modules that a page says another proxy serves. */
  readonly proxies: PageProxyOptions;
}

/** Creates a {@link GitSource}. */
export function moduleSource({ repositories, find, remoteOf, proxies }: GitSourceParts): GitSource {
  const proxyOf = pageProxies(proxies);

  const open = async (path: string, root: RepositoryRoot, call: VersionOptions): Promise<OpenModule> => {
    if (root.kind !== 'git') {
      const message = `module ${path}: its repository at ${root.url} is kept with ${root.kind}, which is not supported: use an upstream for it`;
      throw new GoModKitError('unsupported', message, { data: { path, vcs: root.kind } });
    }
    const layout = moduleLayout(path, root.root, root.subdirectory);
    const repository = await repositories.open(remoteOf(root), call);
    return { repository, layout, module: gitModule(repository, layout, call) };
  };

  const ask = async <T>(
    path: string,
    call: VersionOptions,
    ofGit: (open: OpenModule) => Promise<T>,
    ofProxy: (source: ModuleSource) => Promise<T>,
  ): Promise<T> => {
    const root = await find(path, call);
    if (root.kind === 'mod') return ofProxy(proxyOf(root));
    const opened = await open(path, root, call);
    try {
      return await ofGit(opened);
    } finally {
      await opened.repository.close();
    }
  };

  return {
    versions: (path, call = {}) =>
      ask(
        path,
        call,
        ({ module }) => module.versions(),
        (proxy) => proxy.versions(path, call),
      ),
    resolve: (path, query, call = {}) =>
      ask(
        path,
        call,
        ({ module }) => module.resolve(query),
        (proxy) => proxy.resolve(path, query, call),
      ),
    goMod: (path, version, call = {}) =>
      ask(
        path,
        call,
        ({ module }) => module.goMod(version, call.origin),
        (proxy) => proxy.goMod(path, version, call),
      ),
    async zip(path, version, call = {}) {
      const root = await find(path, call);
      if (root.kind === 'mod') return proxyOf(root).zip(path, version, call);
      const opened = await open(path, root, { ...call, zipFollows: true });
      const { repository, module } = opened;
      try {
        const { commit, directory, files } = await module.tree(version, call.origin);
        await repository.fetchCommit(commit, { ...call, blobs: true });
        const archive = await repository.archive(commit.hash, directory, call);
        const close = async () => {
          await archive.close();
          await repository.close();
        };
        try {
          const list = await moduleFiles(archive, directory, files);
          return { body: moduleZip({ path, version }, list, close, call) };
        } catch (error) {
          await archive.close();
          throw error;
        }
      } catch (error) {
        await repository.close();
        throw error;
      }
    },
    checkOrigin: (module, origin, call = {}) =>
      ask(
        module.path,
        call,
        (opened) => checkOrigin(opened, module, origin, call),
        () =>
          Promise.reject(
            new GoModKitError('unsupported', `module ${module.path}: a proxy serves it, which has no tags`),
          ),
      ),
    engine: (call) => repositories.engine(call),
    close: () => repositories.close(),
  };
}
