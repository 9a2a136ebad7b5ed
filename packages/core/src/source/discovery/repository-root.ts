// What discovery finds: where the repository of a module is.

import type { CallOptions } from '../../storage/storage.ts';

/** Kinds of repositories that a go-import tag may name (spec §11.13). Only `git` and `mod` can be read. */
export type RepositoryKind = 'git' | 'hg' | 'svn' | 'bzr' | 'fossil' | 'mod';

/** The repository that holds a module (spec §11). */
export interface RepositoryRoot {
  /** Module path prefix that stands for the repository's root. */
  readonly root: string;
  readonly kind: RepositoryKind;
  /** Where the repository is, or for `mod` the proxy's base URL. */
  readonly url: string;
  /** Fourth field of a go-import tag; empty for none. */
  readonly subdirectory: string;
}

/** Finds repositories. Rejects with `not_found` where there is none, and with other codes where that could not be found out. */
export type FindRepository = (path: string, options?: CallOptions) => Promise<RepositoryRoot>;
