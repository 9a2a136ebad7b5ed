// Building and checking the pseudo-version of a commit (spec §3.7, §3.8).
//
// Invariants:
// - History is fetched only where a tag could be the base.
// - What a pseudo-version says of its commit (hash, time, base) is true, or the version is none.

import { matchPathMajor, pseudoVersionBase, pseudoVersionRev, pseudoVersionTime } from '../../../module/index.ts';
import { compare, major } from '../../../semver/index.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import type { GitRepository } from '../engine.ts';
import type { TagHash } from '../revision/ref-table.ts';
import type { Revision } from '../revision/revision.ts';
import { invalidVersion } from './commit-files.ts';
import { withoutIncompatible } from './incompatible.ts';
import type { ModuleLayout } from './layout.ts';
import { tagVersion } from './tag-version.ts';

/** The highest version among those of a commit and its ancestors that `isAllowed`; empty when there is none. */
export async function highestBefore(
  repository: GitRepository,
  { tagPrefix }: ModuleLayout,
  revision: Revision,
  isAllowed: (version: string) => Promise<boolean>,
  options: CallOptions,
): Promise<string> {
  const plausible: (TagHash & { readonly version: string })[] = [];
  for (const each of revision.refs.tags) {
    const version = tagVersion(each.tag, tagPrefix)?.version;
    if (version !== undefined && (await isAllowed(version))) plausible.push({ ...each, version });
  }
  if (plausible.length === 0) return '';
  const before = await reachable(repository, revision, plausible, options);
  let highest = '';
  for (const { version, hash } of plausible) {
    if (before.has(hash) && (highest === '' || compare(version, highest) > 0)) highest = version;
  }
  return highest;
}

/** Checks a pseudo-version whose module is known to be at its commit. Rejects with `not_found` and Go's reason. */
export async function checkPseudoVersion(
  repository: GitRepository,
  layout: ModuleLayout,
  revision: Revision,
  version: string,
  options: CallOptions,
): Promise<void> {
  const refuse = (why: string) => invalidVersion(layout.path, version, why, 'pseudo-version');
  const rev = pseudoVersionRev(version);
  if (rev !== revision.short) throw refuse(`${revisionProblem(rev, revision.short)} (expected ${revision.short})`);
  const time = attempt(() => pseudoVersionTime(version), refuse);
  if (time.getTime() !== revision.time * 1000) {
    throw refuse(`does not match version-control timestamp (expected ${timestamp(revision.time)})`);
  }
  const base = attempt(() => pseudoVersionBase(withoutIncompatible(version)), refuse);
  if (base === '') {
    if (layout.major !== '' || major(version) !== 'v1') return;
    throw refuse('major version without preceding tag must be v0, not v1');
  }
  // [Q] A tag without the prefix counts as it stands (spec §3.8f).
  const own = revision.tags.find((tag) => withoutPrefix(tag, layout.tagPrefix) === base);
  if (own !== undefined) {
    const why = `tag (${own}) found on revision ${rev} is already canonical`;
    throw refuse(`${why}, so should not be replaced with a pseudo-version derived from that tag`);
  }
  const problem = await baseProblem(repository, layout, revision, base, options);
  if (problem !== undefined) throw refuse(problem);
}

async function baseProblem(
  repository: GitRepository,
  { tagPrefix }: ModuleLayout,
  revision: Revision,
  base: string,
  options: CallOptions,
): Promise<string | undefined> {
  const bases = revision.refs.tags.filter(
    ({ tag }) => tag.startsWith(tagPrefix + base) && compare(withoutPrefix(tag, tagPrefix), base) === 0,
  );
  const last = bases.at(-1);
  if (last === undefined) return `preceding tag (${base}) not found`;
  if ((await reachable(repository, revision, bases, options)).size > 0) return undefined;
  return `revision ${revision.short} is not a descendent of preceding tag (${last.tag})`;
}

/** Those of the tags' commits that are the revision's or its ancestors. */
async function reachable(
  repository: GitRepository,
  { hash }: Revision,
  tags: readonly TagHash[],
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  await repository.fetchHistory(options);
  return repository.ancestors(hash, [...new Set(tags.map((tag) => tag.hash))], options);
}

/** Whether a version fits a path, as tags for pseudo-versions have to. */
export function fitsPath({ pathMajor }: ModuleLayout, version: string): boolean {
  return matchPathMajor(version, pathMajor);
}

function revisionProblem(rev: string, short: string): string {
  if (rev.startsWith(short)) return 'revision is longer than canonical';
  if (short.startsWith(rev)) return 'revision is shorter than canonical';
  return 'does not match short name of revision';
}

function withoutPrefix(tag: string, prefix: string): string {
  return tag.startsWith(prefix) ? tag.slice(prefix.length) : tag;
}

function timestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:T]|\..*$/g, '');
}

/** What Go's rules say of the parts of a version, as a refusal of the whole. */
function attempt<T>(part: () => T, refuse: (why: string) => Error): T {
  try {
    return part();
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}
