// The files of a module at a commit, by what is in them.

import { createSha256 } from '#sha256';
import type { CallOptions } from '../../storage/storage.ts';
import { readSourceFile } from '../../zip/source-file.ts';
import type { GitRepository } from './engine.ts';
import type { ModuleTree } from './module/git-module.ts';
import { moduleFiles } from './module/module-zip.ts';

/** The sums of files by path, in the order of the zip. */
export async function collect(
  repository: GitRepository,
  { commit, directory, files }: ModuleTree,
  options: CallOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  await repository.fetchCommit(commit, { ...options, blobs: true });
  const archive = await repository.archive(commit.hash, directory, options);
  try {
    const sums = new Map<string, Uint8Array>();
    for (const file of await moduleFiles(archive, directory, files)) {
      const hash = createSha256();
      for await (const chunk of readSourceFile(file, options.signal)) hash.update(chunk);
      sums.set(file.path, hash.digest());
    }
    return sums;
  } finally {
    await archive.close();
  }
}
