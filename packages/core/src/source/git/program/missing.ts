// Which objects a partial copy lacks.

import { textOf } from './invocation.ts';
import type { Repository } from './repository.ts';

/** Trees of commits that are not here; what lies below a missing one shows when that has come. */
export async function missingTrees(
  repository: Repository,
  hashes: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const args = ['rev-list', '--no-walk', '--objects', '--missing=print', '--filter=blob:none'];
  return missing(repository, [...args, '--end-of-options', ...hashes, '--'], signal);
}

/**
 * Blobs below a path (a file, a directory, `''` for the root) of a commit whose trees are here that are not, and the
 * `.gitattributes` of the directories above, which decide how a checkout looks (spec §6.17).
 */
export async function missingBlobs(
  repository: Repository,
  hash: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const above = path.split('/').map((_, i, parts) => [...parts.slice(0, i), '.gitattributes'].join('/'));
  const paths = path === '' ? above : [...above, path];
  const args = ['ls-tree', '-z', '--full-tree', '--end-of-options', hash, '--', ...paths];
  const listed = textOf((await repository.run(args, { signal })).output);
  const blobs = [...listed.matchAll(/(?:^|\0)\d+ blob ([0-9a-f]+)\t/g)].map((match) => match[1]);
  const input = blobs.map((each) => `${each}\n`).join('');
  const checked = await repository.run(['cat-file', '--batch-check=%(objecttype)'], { input, signal });
  const absent = [...textOf(checked.output).matchAll(/^([0-9a-f]+) missing$/gm)].map((match) => match[1] ?? '');
  // rev-list walks a tree, and takes no blob that is missing for a place to begin at.
  const isTree = path === '' || / tree [0-9a-f]+\t/.test(listed);
  const walk = ['rev-list', '--objects', '--missing=print', '--end-of-options', `${hash}:${path}`, '--'];
  const below = isTree ? await missing(repository, walk, signal) : [];
  return [...new Set([...below, ...absent])];
}

async function missing(
  { run }: Repository,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { output } = await run(args, { signal });
  return [...textOf(output).matchAll(/^\?([0-9a-f]+)$/gm)].map((match) => match[1] ?? '');
}
