// The file system that isomorphic-git is given: a repository without anything, in memory.
//
// Invariants:
// - Nothing is written anywhere. Names of files that the library makes of names of refs lead nowhere.
// - The pack is taken out of the library's hands as soon as it is whole, and the library stops there: its own index would be made without limits on
//   what a stranger's pack unpacks to.

import type { GitFsClient } from '../../../platform/types.ts';

/** What the library is shown, and what it brings. */
export interface ScratchFs {
  readonly fs: GitFsClient;
  readonly gitdir: string;
  /** The pack, once it was written. */
  pack(): Uint8Array | undefined;
}

const gitdir = '/repository';
const config = '[remote "origin"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n';

/** A scratch file system of a repository that has these commits, and all that is reachable from them. */
export function scratchFs(haves: readonly string[]): ScratchFs {
  const files = new Map<string, Uint8Array | string>([
    [`${gitdir}/config`, config],
    [`${gitdir}/packed-refs`, haves.map((hash, i) => `${hash} refs/heads/have-${i}\n`).join('')],
  ]);
  for (const hash of haves) files.set(`${gitdir}/objects/${hash.slice(0, 2)}/${hash.slice(2)}`, '');
  let pack: Uint8Array | undefined;
  const nothing = async (): Promise<void> => {};
  const absent = async (path: string): Promise<never> => {
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  };
  const stat = async (path: string): Promise<unknown> => {
    if (path === gitdir) return { isFile: () => false, isDirectory: () => true };
    return files.has(path) ? { isFile: () => true, isDirectory: () => false } : absent(path);
  };
  const promises = {
    readFile: async (path: string) => files.get(path) ?? absent(path),
    writeFile: async (path: string, data: Uint8Array) => {
      if (!path.endsWith('.pack')) return;
      pack = data;
      throw new Error('the pack is whole');
    },
    stat,
    lstat: stat,
    readdir: async () => [],
    readlink: absent,
    mkdir: nothing,
    rm: nothing,
    rmdir: nothing,
    unlink: nothing,
    symlink: nothing,
    chmod: nothing,
  };
  return { fs: { promises }, gitdir, pack: () => pack };
}
