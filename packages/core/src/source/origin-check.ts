// What became of the place that a version was captured from: tags can be moved and deleted, captures stay.

import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { Origin } from './source.ts';

/** Options of {@link OriginSource.checkOrigin}. */
export interface OriginCheckOptions extends CallOptions {
  /** Where a tag was moved, also say which files of the module differ. Default `false`. */
  readonly differences?: boolean | undefined;
}

/** Paths inside the module whose files differ between two commits, each list in byte order. */
export interface TreeDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/**
 * What became of an origin.
 *
 * - `unchanged`: its ref still points to the captured commit; for a commit that no ref named: it is still reachable.
 * - `moved`: its ref points to another commit.
 * - `deleted`: its ref is gone, or nothing leads to its commit any more.
 */
export interface OriginCheck {
  readonly status: 'unchanged' | 'moved' | 'deleted';
  /** The ref that was looked at, where the version has one. */
  readonly ref?: string | undefined;
  /** Where a moved ref points now. */
  readonly hash?: string | undefined;
  /** With `moved`, and only on request; absent also where one of the commits cannot be had any more. */
  readonly difference?: TreeDifference | undefined;
}

/** A source that can compare captured origins with what is there now. `gitSource` is one. */
export interface OriginSource {
  /**
   * Looks where a version was captured from. `origin` is that of its stored `.info`, with a commit hash. Rejects as sources do where
   * that could not be found out; `not_found` says that the repository itself is gone, `unsupported` that the origin names no whole commit
   * of git or that the module is in no git repository now.
   */
  checkOrigin(module: ModuleVersion, origin: Origin, options?: OriginCheckOptions): Promise<OriginCheck>;
}
