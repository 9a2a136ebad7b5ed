// Which objects a partial copy lacks.

import { textOf } from './invocation.ts';
import type { Repository } from './repository.ts';

/** Trees of a commit that are not here; what lies below a missing one shows when that has come. */
export async function missingTrees(
  repository: Repository,
  hash: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const args = ['rev-list', '--max-count=1', '--objects', '--missing=print', '--filter=blob:none'];
  return missing(repository, [...args, '--end-of-options', hash, '--'], signal);
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
  const args = ['rev-list', '--objects', '--missing=print', '--end-of-options', `${hash}:${path}`, '--'];
  const below = await missing(repository, args, signal);
  const above = path.split('/').map((_, i, parts) => [...parts.slice(0, i), '.gitattributes'].join('/'));
  const listed = await repository.run(['ls-tree', '-z', '--full-tree', '--end-of-options', hash, '--', ...above], {
    signal,
  });
  const attributes = [...textOf(listed.output).matchAll(/(?:^|\0)\d+ blob ([0-9a-f]+)\t/g)].map((match) => match[1]);
  const input = attributes.map((each) => `${each}\n`).join('');
  const checked = await repository.run(['cat-file', '--batch-check=%(objecttype)'], { input, signal });
  const absent = [...textOf(checked.output).matchAll(/^([0-9a-f]+) missing$/gm)].map((match) => match[1] ?? '');
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
