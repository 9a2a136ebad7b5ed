// What git is asked to do, in words that fit the git program and isomorphic-git alike.
//
// Invariants that every engine keeps:
// - Only HEAD, heads and tags are ever seen or fetched (spec §3.9, §6.4); names and hashes from outside never become options.
// - Hashes are whole and lower-case: 40 hexadecimal digits, 64 in repositories of SHA-256.
// - `not_found` means that the server says so; a server that cannot be asked, stalls or lies is `upstream_unavailable`,
//   `upstream_timeout` or `upstream_invalid`. What only the other engine can do is `needs_git_engine`.
// - A cancelled call rejects with the signal's reason and leaves no process, no lock and nothing half-written that a later call trips over.

import type { CallOptions } from '../../storage/storage.ts';
import type { Credentials } from '../credentials.ts';

/** Which engine does the work. */
export type GitEngineName = 'git' | 'isomorphic-git';

/** The hash function of a repository. */
export type ObjectFormat = 'sha1' | 'sha256';

/** Where a repository is and how it may be reached. */
export interface GitRemote {
  /** The address as discovery named it, without user info: what messages and Origin show. */
  readonly url: string;
  /** The address that is connected to: `url`, unless a rewrite leads elsewhere. */
  readonly address: string;
  /** Asked for headers before http(s) requests to `address`. */
  readonly credentials?: Credentials | undefined;
  /** Certificates need not hold (GOINSECURE). */
  readonly insecure?: boolean | undefined;
  /** The address is the user's own word (a rewrite, a private module path): it may be on a private network. */
  readonly trusted?: boolean | undefined;
}

/** A ref that may name a version. */
export interface GitRef {
  /** `HEAD`, `refs/heads/…` or `refs/tags/…`. */
  readonly name: string;
  /** What it points to; for annotated tags what the tag points to in the end (spec §6.4). */
  readonly hash: string;
}

/** The refs of a repository at one moment, in byte order of their names. */
export interface RefList {
  readonly objectFormat: ObjectFormat;
  readonly refs: readonly GitRef[];
}

/** A commit as far as versions depend on it. */
export interface GitCommit {
  readonly hash: string;
  /** The committer's time in whole seconds since 1970 (spec §3.6, §6.8). */
  readonly time: number;
}

/** A commit that is wanted. */
export interface WantedCommit {
  readonly hash: string;
  /** A ref that pointed there when it was listed: servers hand out refs more readily than bare hashes. */
  readonly ref?: string | undefined;
}

/** One entry below a directory of a commit. */
export interface GitFile {
  /** Relative to that directory, `/`-separated; bytes that are not UTF-8 have become U+FFFD. */
  readonly path: string;
  /** `directory` only for submodules, which arrive as empty directories (spec §6.23). */
  readonly kind: 'regular' | 'symlink' | 'directory';
  /** Bytes that `open` delivers. */
  readonly size: number;
  /** The content after git's checkout conversion (spec §6.17); a symlink's is its target. Can be called more than once. */
  open(): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** A directory of a commit as it would be checked out, in tree order (spec §6.24). Close it when every stream is done with. */
export interface GitArchive {
  readonly files: readonly GitFile[];
  close(): Promise<void>;
}

/**
 * One repository's local copy, held open: it is not evicted until `close()`. Calls may run at the same time; fetches of one copy are
 * done one after another.
 */
export interface GitRepository {
  readonly remote: GitRemote;
  /** The refs now, or as they were at most `maxAge` milliseconds ago (default: as the cache is set). Needs no clone. */
  refs(options?: CallOptions & { readonly maxAge?: number | undefined }): Promise<RefList>;
  /**
   * Makes a commit available, without history where that is possible; `blobs: false` where its files' contents are not wanted yet.
   * Falls back to all heads and tags (spec §6.7). Rejects with `not_found` when the server does not hand it out.
   */
  fetchCommit(wanted: WantedCommit, options: CallOptions & { readonly blobs: boolean }): Promise<void>;
  /** Makes the history of all heads and tags available; commits alone suffice. */
  fetchHistory(options?: CallOptions): Promise<void>;
  /** Full hashes of local *commits* that begin with these hexadecimal digits. */
  findCommits(prefix: string, options?: CallOptions): Promise<readonly string[]>;
  /** A commit that is available; undefined when it is not here, no commit, or one that git finds no time in. */
  commit(hash: string, options?: CallOptions): Promise<GitCommit | undefined>;
  /** Those of `candidates` that are `hash` or its ancestors. Call fetchHistory() first. Candidates that are not here or no commits are left out. */
  ancestors(hash: string, candidates: readonly string[], options?: CallOptions): Promise<ReadonlySet<string>>;
  /**
   * The raw blob at a path of an available commit, a symlink's target included (spec §5.10, §6.22); undefined when there is nothing or
   * a directory. Rejects with `limit_exceeded` beyond `limit` bytes. Fetches the blob where it is missing.
   */
  readBlob(
    hash: string,
    path: string,
    options: CallOptions & { readonly limit: number },
  ): Promise<Uint8Array | undefined>;
  /** A directory (`''` for the root) of an available commit. Rejects with `not_found` when there is no such directory. */
  archive(hash: string, directory: string, options?: CallOptions): Promise<GitArchive>;
  /** Gives the copy back. Idempotent. */
  close(): Promise<void>;
}

/** The copies of many repositories, one for each remote. */
export interface GitRepositories {
  /** Which engine works here; with `auto` this looks for the git program once. */
  engine(options?: CallOptions): Promise<GitEngineName>;
  /** Opens the copy of a repository; nothing is fetched yet. */
  open(remote: GitRemote, options?: CallOptions): Promise<GitRepository>;
  /** Stops everything. Idempotent. */
  close(): Promise<void>;
}
