// From the name of a revision to its commit (spec §6B).
//
// Invariants:
// - First match wins: tag, branch, the literal HEAD, hash prefix of 7 digits or more in lower case (spec §6.5). A whole hash is a hash,
//   whatever tags are called: git takes it for one, and so go finds nothing by such a tag.
// - Only what heads and tags lead to is ever found (spec §3.9): a bare hash that no ref has is looked for in their history alone.
// - What is not there is `not_found`, also what is ambiguous or no commit (spec §4.22, §6.10), or so late that no version and no .info can say when.

import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import { forMessage } from '../../../zip/clean.ts';
import type { VersionOptions } from '../../source.ts';
import type { GitCommit, GitRepository, WantedCommit } from '../engine.ts';
import { type RefTable, refTable } from './ref-table.ts';

/** A commit as somebody asked for it. */
export interface Revision extends GitCommit {
  /** What stands in pseudo-versions (spec §3.6). */
  readonly short: string;
  /** Names of the tags on it. */
  readonly tags: readonly string[];
  /** The name it was asked by if that is one of its tags, else its hash (spec §6.9). */
  readonly name: string;
  /** Full name of the ref that led here; undefined where it was a hash (spec §6.12). */
  readonly ref: string | undefined;
  /** The refs as they were when it was resolved. */
  readonly refs: RefTable;
}

/** How many digits of a hash pseudo-versions have, whatever the hash function (spec §3.6). */
export const shortDigits = 12;

/** Resolves a name. Rejects with `not_found` where there is no such revision, with Go's words. */
export async function resolveRevision(
  repository: GitRepository,
  name: string,
  options: VersionOptions = {},
): Promise<Revision> {
  const refs = refTable(await repository.refs(options));
  const digits = refs.list.objectFormat === 'sha256' ? 64 : 40;
  if (name.length === digits && isHashPrefix(name, digits)) return atHash(repository, refs, name, options);
  for (const ref of [`refs/tags/${name}`, `refs/heads/${name}`]) {
    const hash = refs.hash(ref);
    if (hash !== undefined) return atRef(repository, refs, name, { hash, ref }, options);
  }
  const head = refs.hash('HEAD');
  if (name === 'HEAD' && head !== undefined) return atRef(repository, refs, name, { hash: head, ref: 'HEAD' }, options);
  if (!isHashPrefix(name, digits)) throw unknownRevision(name);
  return atHash(repository, refs, name, options);
}

/** The tip of the default branch (spec §4.15). Rejects with `not_found` where there are no commits. */
export async function latestRevision(repository: GitRepository, options: CallOptions = {}): Promise<Revision> {
  const refs = refTable(await repository.refs(options));
  const hash = refs.hash('HEAD');
  if (hash === undefined) throw new GoModKitError('not_found', 'no commits');
  return atRef(repository, refs, 'HEAD', { hash, ref: 'HEAD' }, options);
}

/** Whether a name may stand for the beginning of a hash. */
export function isHashPrefix(name: string, digits: number): boolean {
  return name.length >= 7 && name.length <= digits && /^[0-9a-f]+$/.test(name);
}

/** "unknown revision", as the go command says it. */
export function unknownRevision(name: string): GoModKitError {
  return new GoModKitError('not_found', `unknown revision ${forMessage(name)}`);
}

async function atRef(
  repository: GitRepository,
  refs: RefTable,
  name: string,
  { hash, ref }: Required<WantedCommit>,
  options: VersionOptions,
): Promise<Revision> {
  const commit = await obtain(repository, { hash, ref }, name, options);
  return describe(refs, commit, name, ref);
}

async function atHash(
  repository: GitRepository,
  refs: RefTable,
  prefix: string,
  options: VersionOptions,
): Promise<Revision> {
  const named = refs.withPrefix(prefix);
  if (named.length > 1) throw new GoModKitError('not_found', `ambiguous revision ${prefix}`);
  const [hash] = named;
  if (hash !== undefined) {
    const ref = refs.list.refs.find((each) => each.hash === hash)?.name;
    return describe(refs, await obtain(repository, { hash, ref }, prefix, options), prefix, undefined);
  }
  // What was fetched before came by a ref, so that it counts also where no ref leads to it any more.
  const found = (await findOne(repository, prefix, options)) ?? (await searchHistory(repository, prefix, options));
  return describe(refs, found, prefix, undefined);
}

async function searchHistory(repository: GitRepository, prefix: string, options: CallOptions): Promise<GitCommit> {
  await repository.fetchHistory(options);
  const found = await findOne(repository, prefix, options);
  if (found === undefined) throw unknownRevision(prefix);
  return found;
}

async function findOne(
  repository: GitRepository,
  prefix: string,
  options: CallOptions,
): Promise<GitCommit | undefined> {
  const hashes = await repository.findCommits(prefix, options);
  if (hashes.length > 1) throw new GoModKitError('not_found', `ambiguous revision ${prefix}`);
  const [hash] = hashes;
  return hash === undefined ? undefined : repository.commit(hash, options);
}

/** The commit, fetched where it is not here yet; without the contents of its files unless a zip follows. */
async function obtain(
  repository: GitRepository,
  wanted: WantedCommit,
  name: string,
  { signal, zipFollows = false }: VersionOptions,
): Promise<GitCommit> {
  const options = { signal };
  const here = await repository.commit(wanted.hash, options);
  if (here !== undefined) return here;
  try {
    await repository.fetchCommit(wanted, { signal, blobs: zipFollows });
  } catch (error) {
    if (isGoModKitError(error, 'not_found')) throw unknownRevision(name);
    throw error;
  }
  const commit = await repository.commit(wanted.hash, options);
  // Tags may point to trees and blobs.
  if (commit === undefined) throw unknownRevision(name);
  return commit;
}

/** The last second of the year 9999. */
const lastSecond = 253_402_300_799;

function describe(refs: RefTable, commit: GitCommit, name: string, ref: string | undefined): Revision {
  if (commit.time > lastSecond) {
    throw new GoModKitError('not_found', `the commit of revision ${forMessage(name)} is dated beyond the year 9999`);
  }
  const tags = refs.tagsOn(commit.hash);
  return {
    hash: commit.hash,
    time: commit.time,
    short: commit.hash.slice(0, shortDigits),
    tags,
    name: tags.includes(name) ? name : commit.hash,
    ref,
    refs,
  };
}
