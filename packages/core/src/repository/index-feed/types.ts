// What readers of the feed give and get.

import type { ModuleVersion } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';

/** One line of the index: a version, and when it was published here. */
export interface IndexEntry extends ModuleVersion {
  /** RFC 3339 in UTC, to the microsecond, as Go prints it. Strictly ascending over the whole feed. */
  readonly timestamp: string;
}

/** A page of the index. */
export interface IndexPage {
  readonly entries: readonly IndexEntry[];
  /** Where the next page begins. Also at the end of the feed: given again later, it yields what was published since. */
  readonly cursor: string;
  /** Whether the feed goes on behind this page. A page may be empty and still have `more`: filters may match nothing for long. */
  readonly more: boolean;
}

/** Options of {@link Repository.index}. */
export interface IndexOptions extends CallOptions {
  /** Only entries at or after this instant: RFC 3339, with nanoseconds if need be, or a date. Default: the beginning. */
  readonly since?: string | Date | undefined;
  /** The most entries. Default and maximum 2,000; more are taken for 2,000. */
  readonly limit?: number | undefined;
  /** Where to go on: the `cursor` of another page. Not together with `since`. Never expires. */
  readonly cursor?: string | undefined;
  /** Only module paths that are this path or below it: `golang.org/x` has `golang.org/x/text` and not `golang.org/xerrors`. */
  readonly prefix?: string | undefined;
  /** Only this module. */
  readonly module?: string | undefined;
  /** `all`: also versions that are withdrawn or that the policy denies. Default: only what can be had. */
  readonly include?: 'all' | undefined;
  /** Asked for each entry that passed all else; entries for which it does not resolve to `true` are left out. */
  readonly filter?: ((module: ModuleVersion) => boolean | Promise<boolean>) | undefined;
}
