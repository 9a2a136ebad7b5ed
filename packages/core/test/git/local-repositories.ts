// Repositories on disk as they are, read by plain git: for tests of what stands above the cache and its engines.

import { spawnSync } from 'node:child_process';
import { GoModKitError } from '../../src/errors/error.ts';
import type { GitFile, GitRepositories, GitRepository } from '../../src/source/git/engine.ts';

/** What git printed, by repository and arguments. */
type Printed = Map<string, Buffer | undefined>;

/** Opens bare repositories: `directoryOf` says where a remote's is. With `unchanging`, git is asked nothing twice. */
export function localRepositories(
  directoryOf: (url: string) => string,
  { unchanging = false }: { readonly unchanging?: boolean } = {},
): GitRepositories {
  const printed: Printed = new Map();
  return {
    engine: async () => 'git',
    open: async (remote) => localRepository(remote.url, directoryOf(remote.url), unchanging ? printed : new Map()),
    close: async () => {},
  };
}

function localRepository(url: string, directory: string, printed: Printed): GitRepository {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: directory };
  const attemptBytes = (...args: string[]): Buffer | undefined => {
    const key = [directory, ...args].join('\0');
    if (!printed.has(key)) {
      const done = spawnSync('git', args, { env, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 });
      printed.set(key, done.status === 0 ? done.stdout : undefined);
    }
    return printed.get(key);
  };
  const attempt = (...args: string[]): string | undefined => attemptBytes(...args)?.toString();
  const bytes = (...args: string[]): Buffer => {
    const found = attemptBytes(...args);
    if (found === undefined) throw new Error(`git ${args.join(' ')} failed`);
    return found;
  };
  const text = (...args: string[]): string => bytes(...args).toString();
  const isCommit = (hash: string): boolean => attempt('cat-file', '-t', hash)?.trim() === 'commit';

  return {
    remote: { url, address: url },
    async refs() {
      const objectFormat = text('rev-parse', '--show-object-format').trim() as 'sha1' | 'sha256';
      const refs = new Map<string, string>();
      const lines = (attempt('ls-remote', '-q', directory) ?? '').split('\n');
      for (const line of lines) {
        const [hash, name] = line.split('\t');
        if (hash === undefined || name === undefined || !/^(HEAD$|refs\/(heads|tags)\/)/.test(name)) continue;
        refs.set(name.replace(/\^\{\}$/, ''), hash);
      }
      return { objectFormat, refs: [...refs].map(([name, hash]) => ({ name, hash })) };
    },
    async fetchCommit({ hash }) {
      if (!isCommit(hash)) throw new GoModKitError('not_found', `no commit ${hash}`);
    },
    fetchHistory: async () => {},
    async findCommits(prefix) {
      const reachable = text('rev-list', '--branches', '--tags', 'HEAD').split('\n');
      return reachable.filter((hash) => hash !== '' && hash.startsWith(prefix));
    },
    async commit(hash) {
      if (!isCommit(hash)) return undefined;
      return { hash, time: Number(text('show', '-s', '--format=%ct', hash)) };
    },
    async ancestors(hash, candidates) {
      const before = new Set(text('rev-list', hash).split('\n'));
      return new Set(candidates.filter((each) => before.has(each)));
    },
    async readBlob(hash, path) {
      const spec = `${hash}:${path}`;
      if (attempt('cat-file', '-t', spec)?.trim() !== 'blob') return undefined;
      return new Uint8Array(bytes('cat-file', 'blob', spec));
    },
    async archive(hash, archived) {
      const listing = attempt('ls-tree', '-r', '-z', '-l', archived === '' ? hash : `${hash}:${archived}`);
      if (listing === undefined) throw new GoModKitError('not_found', `no directory ${archived}`);
      const files = listing.split('\0').flatMap((line): GitFile[] => {
        const [, mode, type, blob = '', , path = ''] = /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? [];
        if (mode === undefined) return [];
        const content = type === 'blob' ? bytes('cat-file', 'blob', blob) : Buffer.alloc(0);
        const kind = type === 'commit' ? 'directory' : mode === '120000' ? 'symlink' : 'regular';
        return [{ path, kind, size: content.length, open: () => new Blob([content]).stream() }];
      });
      return { files, close: async () => {} };
    },
    close: async () => {},
  };
}
