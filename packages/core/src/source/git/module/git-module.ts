// One module in one open repository: what a source says of it.
//
// Invariants:
// - A pinned commit is used as it is, and where it cannot be had any more the answer is `conflict` (source.ts).
// - Without a pin, a version's files come from the commit that its name leads to now, and only if it would be answered by that name.
// - Questions about go.mod fetch no file contents but go.mod's.

import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import { autoQuote, parseLax, retractedBy } from '../../../modfile/index.ts';
import { prerelease } from '../../../semver/index.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import { isVersionPrefix, pickHighest, withPrefix } from '../../list.ts';
import type { Origin, VersionInfo, VersionOptions } from '../../source.ts';
import type { GitCommit, GitRepository, WantedCommit } from '../engine.ts';
import { type RefTable, refTable, type TagHash } from '../revision/ref-table.ts';
import { isHashPrefix, latestRevision, type Revision, resolveRevision } from '../revision/revision.ts';
import { type CommitFiles, commitFiles, invalidVersion } from './commit-files.ts';
import { type ConvertedVersion, convertRevision } from './convert.ts';
import { incompatibleSuffix } from './incompatible.ts';
import type { ModuleLayout } from './layout.ts';
import { listVersions } from './list-versions.ts';
import { locateModule } from './locate.ts';
import { revisionName } from './lookup-name.ts';
import { pickedFromList, versionInfo } from './origin.ts';

/** A module's directory at a commit. */
export interface ModuleTree {
  readonly commit: WantedCommit;
  /** In the repository, a major directory included. */
  readonly directory: string;
  readonly goMod: Uint8Array | undefined;
  readonly files: CommitFiles;
}

/** Answers about one module. */
export interface GitModule {
  versions(): Promise<readonly string[]>;
  resolve(query: string): Promise<VersionInfo>;
  goMod(version: string, origin: Origin | undefined): Promise<Uint8Array>;
  /** Where the files of a version are. */
  tree(version: string, origin: Origin | undefined): Promise<ModuleTree>;
}

/** The module of a layout in an open repository, for the calls of one caller. */
export function gitModule(repository: GitRepository, layout: ModuleLayout, asked: VersionOptions): GitModule {
  // What is looked at besides the version in question has no zip that follows.
  const options: CallOptions = { signal: asked.signal };
  // With a commit all its files come: too many for a module that is one directory of a large repository.
  const call: VersionOptions = { ...options, zipFollows: asked.zipFollows === true && layout.tagPrefix === '' };
  const { path, tagPrefix } = layout;
  let listed: Promise<readonly string[]> | undefined;
  let retractions: Promise<(version: string) => boolean> | undefined;

  const filesOf = (hash: string): CommitFiles => commitFiles(repository, hash, options);

  const hasRootGoMod = async ({ tag, hash }: TagHash): Promise<boolean> => {
    const commit = await obtain(repository, { hash, ref: `refs/tags/${tag}` }, options);
    return commit !== undefined && (await filesOf(hash).read('go.mod')) !== undefined;
  };

  const list = (refs: RefTable): Promise<readonly string[]> => {
    listed ??= listVersions(layout, refs.tags, hasRootGoMod);
    return listed;
  };

  const isRetracted = async (refs: RefTable, version: string): Promise<boolean> => {
    retractions ??= readRetractions(refs);
    return (await retractions)(version);
  };

  /** Whatever goes wrong: then nothing is retracted (spec §4.14). */
  const readRetractions = async (refs: RefTable): Promise<(version: string) => boolean> => {
    try {
      const versions = (await list(refs)).filter((version) => !version.endsWith(incompatibleSuffix));
      const newest = versions.findLast((version) => prerelease(version) === '') ?? versions.at(-1);
      if (newest === undefined) return () => false;
      const tag = tagPrefix + newest;
      const hash = refs.hash(`refs/tags/${tag}`) ?? '';
      const commit = await obtain(repository, { hash, ref: `refs/tags/${tag}` }, options);
      // Tags may point to trees and blobs.
      if (commit === undefined) return () => false;
      const { goMod } = await locateModule(layout, filesOf(hash), { version: newest, revision: tag });
      const parsed = goMod === undefined ? undefined : parseLax('go.mod', goMod);
      return (version) => parsed !== undefined && retractedBy(parsed, version).length > 0;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isGoModKitError(error, 'not_found', 'invalid_go_mod', 'limit_exceeded')) return () => false;
      throw error;
    }
  };

  const convert = async (revision: Revision, requested: string): Promise<ConvertedVersion & { files: CommitFiles }> => {
    const files = filesOf(revision.hash);
    const retracted = (version: string) => isRetracted(revision.refs, version);
    const conversion = { repository, layout, revision, files, requested, isRetracted: retracted };
    return { ...(await convertRevision(conversion, options)), files };
  };

  const lookUp = async (query: string): Promise<Revision> => {
    try {
      return await resolveRevision(repository, revisionName(layout, query), call);
    } catch (error) {
      if (isGoModKitError(error, 'not_found')) throw invalidVersion(path, query, error.message);
      throw error;
    }
  };

  const resolveRevisionQuery = async (query: string): Promise<VersionInfo> => {
    const revision = await lookUp(query);
    const { version } = await convert(revision, query);
    return versionInfo(repository.remote.url, layout, revision, version, query);
  };

  const tipOfDefaultBranch = async (): Promise<VersionInfo> => {
    const revision = await latestRevision(repository, options).catch((error: unknown) => {
      if (isGoModKitError(error, 'not_found')) throw new GoModKitError('not_found', `module ${path}: ${error.message}`);
      throw error;
    });
    const { version } = await convert(revision, '');
    return versionInfo(repository.remote.url, layout, revision, version, '');
  };

  /** Spec §4.4: whether it says more than what would be made up for it. */
  const hasOwnGoMod = async (version: string): Promise<boolean> => {
    const { goMod } = await tree(version, undefined);
    return goMod !== undefined && decode(goMod) !== decode(synthesized(path));
  };

  const fromList = async (prefix: string): Promise<VersionInfo | undefined> => {
    const refs = refTable(await repository.refs(options));
    const versions = await list(refs);
    const picked = await pickHighest(prefix === '' ? versions : withPrefix(versions, prefix), hasOwnGoMod);
    if (picked === undefined) return undefined;
    const sumPrefix = prefix === '' ? tagPrefix : `${tagPrefix}${prefix}.`;
    return pickedFromList(await resolveRevisionQuery(picked), refs, sumPrefix);
  };

  const tree = async (version: string, origin: Origin | undefined): Promise<ModuleTree> => {
    if (origin?.Hash !== undefined) return pinnedTree(version, origin.Hash, origin.Ref);
    const revision = await lookUp(version);
    const converted = await convert(revision, version);
    if (converted.version !== version) {
      throw invalidVersion(path, version, `it resolves to version ${converted.version}`);
    }
    const { directory, goMod, files } = converted;
    return { commit: { hash: revision.hash, ref: revision.ref }, directory, goMod, files };
  };

  const pinnedTree = async (version: string, hash: string, ref: string | undefined): Promise<ModuleTree> => {
    const commit = { hash, ref };
    const lost = () => {
      const message = `${path}@${version} was captured from commit ${hash}, which its repository does not have any more`;
      return new GoModKitError('conflict', message, { data: { path, version, hash } });
    };
    if (!isHashPrefix(hash, 64)) throw lost();
    if ((await obtain(repository, commit, call)) === undefined) throw lost();
    const files = filesOf(hash);
    const located = await locateModule(layout, files, { version, revision: revisionName(layout, version) });
    return { commit, ...located, files };
  };

  return {
    async versions() {
      const versions = await list(refTable(await repository.refs(options)));
      // Any path below a repository would have an empty list; only a module's is an answer (spec §4.12).
      if (versions.length === 0) await tipOfDefaultBranch();
      return versions;
    },
    async resolve(query) {
      if (query === 'latest') return (await fromList('')) ?? (await tipOfDefaultBranch());
      if (!isVersionPrefix(query)) return resolveRevisionQuery(query);
      const found = await fromList(query);
      if (found !== undefined) return found;
      throw new GoModKitError('not_found', `module ${path}: no matching versions for query "${query}"`);
    },
    async goMod(version, origin) {
      return (await tree(version, origin)).goMod ?? synthesized(path);
    },
    tree,
  };
}

/** What stands for a go.mod that is not there (spec §5.13). */
export function synthesized(path: string): Uint8Array {
  return encodeUtf8(`module ${autoQuote(path)}\n`);
}

/** The commit, fetched where it is not here, without the contents of its files unless a zip follows; undefined where the repository does not have it. */
async function obtain(
  repository: GitRepository,
  wanted: WantedCommit,
  { signal, zipFollows = false }: VersionOptions,
): Promise<GitCommit | undefined> {
  const options = { signal };
  const here = await repository.commit(wanted.hash, options);
  if (here !== undefined) return here;
  try {
    await repository.fetchCommit(wanted, { signal, blobs: zipFollows });
  } catch (error) {
    if (isGoModKitError(error, 'not_found')) return undefined;
    throw error;
  }
  return repository.commit(wanted.hash, options);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
