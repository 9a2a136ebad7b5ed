// What an engine does below the cache: the git program and isomorphic-git implement this, nobody else calls it but the cache.
//
// Invariants:
// - The cache owns the directories: it names them, locks them, deletes them. It never runs two calls that `may write` on one copy at
//   the same time, in no process; calls that only read may run beside each other and beside one that writes.
// - The cache owns politeness: every call here that uses the network runs inside a slot of its host. Calls that only read use no
//   network: where an object is missing they reject with MissingObjects, and the cache fetches it and asks again.
// - Engines own everything between: schemes, the network guard, credentials, limits, checks of what arrived, cleaning up after
//   themselves when a call is cancelled or fails.
// - A commit is *available* when has() says so: it and its trees are whole here. An object that merely lies around is not available.
// - Errors are as engine.ts says: `not_found`, `upstream_*`, `limit_exceeded`, `needs_git_engine`, or the signal's reason.

import type { CallOptions } from '../../storage/storage.ts';
import type { NetworkGuard } from '../network-guard.ts';
import type { GitArchive, GitCommit, GitEngineName, GitRemote, ObjectFormat, RefList, WantedCommit } from './engine.ts';

/** What one piece of work may cost. */
export interface GitLimits {
  /** Bytes received by one fetch. Default 2 GiB. */
  readonly fetchBytes: number;
  /** Milliseconds that one fetch may take in all. Default 1,800,000, half an hour. */
  readonly fetchMilliseconds: number;
  /** Milliseconds without any sign of progress. Default 60,000. */
  readonly idleMilliseconds: number;
  /** Refs of one repository, all kinds counted. Default 500,000. */
  readonly refs: number;
  /** Bytes of a list of refs. Default 128 MiB. */
  readonly refsBytes: number;
  /** Bytes of a directory's files when checked out. Default 4 GiB. */
  readonly archiveBytes: number;
  /** Entries of a directory, at all depths. Default 500,000. */
  readonly archiveEntries: number;
  /** Resident bytes of a run of the git program, children included, where the system tells (Linux). Default 2 GiB. */
  readonly processMemory: number;
  /** Bytes of a pack that an engine may hold in memory: isomorphic-git holds all of them (real git does not). Each object of a pack counts 64 at least. Default 64 MiB. */
  readonly packMemory: number;
}

/** The defaults of {@link GitLimits}. */
export const defaultGitLimits: GitLimits = {
  fetchBytes: 2 * 2 ** 30,
  fetchMilliseconds: 1_800_000,
  idleMilliseconds: 60_000,
  refs: 500_000,
  refsBytes: 128 * 2 ** 20,
  archiveBytes: 4 * 2 ** 30,
  archiveEntries: 500_000,
  processMemory: 2 * 2 ** 30,
  packMemory: 64 * 2 ** 20,
};

/**
 * Bytes of all paths of an archive together: 268 for each of half a million. A name in a tree has no limit of its own, and stands in the
 * path of everything below.
 */
export const maxPathBytes: number = 2 ** 27;

/** What every engine is made of. */
export interface EngineSettings {
  readonly limits: GitLimits;
  /** Judges hosts of addresses that are not trusted, and every redirect. */
  readonly network: NetworkGuard;
}

/** A local copy: a directory that the engine filled. */
export interface EngineCopy {
  /** Whether a commit is available. Reads only. */
  has(hash: string, options?: CallOptions): Promise<boolean>;
  /**
   * Makes a commit available that is not: at best it alone, and without the contents of its files where `blobs` is false. Falls back to all
   * heads and tags (spec §6.7). Afterwards `has(wanted.hash)`, or it rejects: with `not_found` when the server does not hand it out. May write, uses the network.
   * `also`: commits that others wait for, of the same remote. What an engine can bring in the same request it may make available too.
   */
  fetchCommit(
    remote: GitRemote,
    wanted: WantedCommit,
    options: CallOptions & { readonly blobs: boolean; readonly also?: readonly WantedCommit[] | undefined },
  ): Promise<void>;
  /**
   * Makes every commit reachable from these refs available, with all ancestors; contents of files are not needed. `refs` is the newest
   * list the cache has. May write, uses the network.
   */
  fetchHistory(remote: GitRemote, refs: RefList, options?: CallOptions): Promise<void>;
  /**
   * Brings the contents of files that are missing below a path (a file, a directory, `''` for all) of an available commit, and what its
   * checkout needs besides (`.gitattributes` of the directories above), in one request. Called after MissingObjects. May write, uses the network.
   */
  fetchContents(remote: GitRemote, hash: string, path: string, options?: CallOptions): Promise<void>;
  /** As in GitRepository. Reads only. */
  findCommits(prefix: string, options?: CallOptions): Promise<readonly string[]>;
  /** As in GitRepository. Reads only. */
  commit(hash: string, options?: CallOptions): Promise<GitCommit | undefined>;
  /** As in GitRepository. Reads only; rejects with MissingObjects where the history is not here. */
  ancestors(hash: string, candidates: readonly string[], options?: CallOptions): Promise<ReadonlySet<string>>;
  /** As in GitRepository. Reads only; rejects with MissingObjects where the blob is not here. */
  readBlob(
    hash: string,
    path: string,
    options: CallOptions & { readonly limit: number },
  ): Promise<Uint8Array | undefined>;
  /** As in GitRepository. Reads only (scratch files go to `scratch`); rejects with MissingObjects where contents are not here. */
  archive(hash: string, directory: string, options: CallOptions & { readonly scratch: string }): Promise<GitArchive>;
  /** Whether what is here cannot be read: asked when a fetch failed for no good reason. May take a while. Reads only. */
  isDamaged?(options?: CallOptions): Promise<boolean>;
  /** Releases what is held open in memory. Idempotent. */
  close(): Promise<void>;
}

/** One engine. */
export interface EngineDriver {
  readonly name: GitEngineName;
  /** The refs of a repository, which needs no copy. Uses the network. */
  listRefs(remote: GitRemote, options?: CallOptions): Promise<RefList>;
  /** Makes an empty copy in an empty directory that exists. May write. */
  createCopy(directory: string, objectFormat: ObjectFormat, options?: CallOptions): Promise<void>;
  /** Opens a copy that createCopy made once, maybe in another process and maybe cut off by a kill in the middle of a fetch. Rejects with DamagedCopy. */
  openCopy(directory: string, objectFormat: ObjectFormat): Promise<EngineCopy>;
  /**
   * Removes what a killed process left in a copy: lock files, temporary packs. The cache calls it before it opens a copy, when it alone
   * holds the right to write. May write.
   */
  repairCopy(directory: string, options?: CallOptions): Promise<void>;
}

/** A read met an object that is not here. The cache calls `fetchContents` and reads again, once; then the copy counts as damaged. */
export class MissingObjects extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}: objects are missing in the local copy`, options);
    this.name = 'MissingObjects';
  }
}

/** A copy cannot be read: truncated packs, broken objects, a missing configuration. The cache throws it away and fetches anew. */
export class DamagedCopy extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`${what}: the local copy is damaged`, options);
    this.name = 'DamagedCopy';
  }
}
