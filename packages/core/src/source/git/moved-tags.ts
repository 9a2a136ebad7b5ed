// What became of the tags and commits that versions were captured from.
//
// Invariants:
// - A version's own tag is compared, and no branch: those move all the time. A pseudo-version has only its commit.
// - Where one of the commits cannot be had, there is no difference to tell, which is no failure.

import { equalBytes } from '../../bytes/utf8.ts';
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
  { version }: ModuleVersion,
  origin: Origin & { readonly Hash: string },
  options: OriginCheckOptions,
): Promise<OriginCheck> {
  const refs = refTable(await open.repository.refs(options));
  if (isPseudoVersion(version)) {
    const reachable = await isReachable(open.repository, refs, origin.Hash, options);
    return { status: reachable ? 'unchanged' : 'deleted' };
  }
  const ref = `refs/tags/${revisionName(open.layout, version)}`;
  const hash = refs.hash(ref);
  if (hash === undefined) return { status: 'deleted', ref };
  if (hash === origin.Hash) return { status: 'unchanged', ref };
  if (options.differences !== true) return { status: 'moved', ref, hash };
  return { status: 'moved', ref, hash, difference: await differenceOf(open, version, origin, hash, options) };
}

async function isReachable(
  repository: GitRepository,
  refs: RefTable,
  hash: string,
  options: CallOptions,
): Promise<boolean> {
  if (refs.withPrefix(hash).length > 0) return true;
  await repository.fetchHistory(options);
  for (const tip of new Set(refs.list.refs.map((each) => each.hash))) {
    if ((await repository.ancestors(tip, [hash], options)).has(hash)) return true;
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
      added: [...after.keys()].filter((path) => !before.has(path)).sort(),
      removed: [...before.keys()].filter((path) => !after.has(path)).sort(),
      changed: [...before].flatMap(([path, sum]) => {
        const now = after.get(path);
        return now === undefined || equalBytes(now, sum) ? [] : [path];
      }),
    };
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
