// What became of the tags and commits that versions were captured from.
//
// Invariants:
// - A version's own tag is compared, and no branch: those move all the time. A pseudo-version has only its commit.
// - Origins may be another proxy's words: only whole commit hashes of git are compared with anything.
// - Where one of the commits cannot be had, there is no difference to tell, which is no failure.

import { compareUtf8, equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { isPseudoVersion, type ModuleVersion } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { OriginCheck, OriginCheckOptions, TreeDifference } from '../origin-check.ts';
import type { Origin } from '../source.ts';
import { collect } from './collect-files.ts';
import type { GitRepository } from './engine.ts';
import type { GitModule } from './module/git-module.ts';
import type { ModuleLayout } from './module/layout.ts';
import { revisionName } from './module/lookup-name.ts';
import { type RefTable, refTable } from './revision/ref-table.ts';

/** A module whose repository is open. */
export interface OpenModule {
  readonly repository: GitRepository;
  readonly layout: ModuleLayout;
  readonly module: GitModule;
}

/** Compares the origin of a captured version with what is there now. */
export async function checkOrigin(
  open: OpenModule,
  { path, version }: ModuleVersion,
  origin: Origin,
  options: OriginCheckOptions,
): Promise<OriginCheck> {
  const { Hash: captured = '', VCS: vcs = 'git' } = origin;
  if (vcs !== 'git' || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(captured)) {
    throw new GoModKitError('unsupported', `${path}@${version}: its origin names no commit of git`);
  }
  const refs = refTable(await open.repository.refs(options));
  if (isPseudoVersion(version)) {
    const reachable = await isReachable(open.repository, refs, captured, options);
    return { status: reachable ? 'unchanged' : 'deleted' };
  }
  const ref = `refs/tags/${revisionName(open.layout, version)}`;
  const hash = refs.hash(ref);
  if (hash === undefined) return { status: 'deleted', ref };
  if (hash === captured) return { status: 'unchanged', ref };
  if (options.differences !== true) return { status: 'moved', ref, hash };
  return { status: 'moved', ref, hash, difference: await differenceOf(open, version, origin, hash, options) };
}

async function isReachable(
  repository: GitRepository,
  refs: RefTable,
  hash: string,
  options: CallOptions,
): Promise<boolean> {
  const heads = refs.list.refs.filter(({ name }) => !name.startsWith('refs/tags/'));
  const tips = new Set([...heads, ...refs.list.refs].map((each) => each.hash));
  if (tips.has(hash)) return true;
  await repository.fetchHistory(options);
  // Heads first: most tags lie behind one of them, and what does not lead there from a head does not from those either.
  for (const tip of tips) {
    // Tags may point to trees and blobs.
    if ((await repository.commit(tip, options)) === undefined) continue;
    const behind = await repository.ancestors(tip, [hash, ...tips], options);
    if (behind.has(hash)) return true;
    for (const each of behind) tips.delete(each);
  }
  return false;
}

async function differenceOf(
  { repository, module }: OpenModule,
  version: string,
  captured: Origin,
  hash: string,
  options: CallOptions,
): Promise<TreeDifference | undefined> {
  try {
    const before = await collect(repository, await module.tree(version, captured), options);
    const after = await collect(repository, await module.tree(version, { ...captured, Hash: hash }), options);
    return {
      added: inOrder([...after.keys()].filter((path) => !before.has(path))),
      removed: inOrder([...before.keys()].filter((path) => !after.has(path))),
      changed: inOrder(
        [...before].flatMap(([path, sum]) => {
          const now = after.get(path);
          return now === undefined || equalBytes(now, sum) ? [] : [path];
        }),
      ),
    };
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}

function inOrder(paths: string[]): readonly string[] {
  return paths.sort(compareUtf8);
}
