// What a proxy of checksum databases takes and gives.

import type { ModuleVersion } from '../../module/version.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import type { SumdbClient, SumdbRemote } from '../client/sumdb-client.ts';
import type { SumdbAnswers } from './database-remote.ts';

/** A database that is proxied. */
export interface ProxiedSumdb {
  /** The database's verifier key, `NAME+HASH+KEY`; or `sum.golang.org`, whose key is built in. */
  readonly key: string;
  /**
   * Reaches it; see `databaseRemote`. Default: nobody is asked. Then it is served, `supported` included, where `storage` has a whole tree
   * head of it, with the lookups that were kept there or that an unpacked bundle left (`sumdb/NAME/…`), so that clients can verify offline; what
   * was not kept is `upstream_unavailable`.
   */
  readonly remote?: SumdbRemote | undefined;
  /** GONOSUMDB: comma-separated patterns of module paths whose lookups are answered `denied` and never passed on. Default: none. */
  readonly noSumdb?: string | undefined;
  /**
   * Rejects, best with `denied`, lookups that are not to be passed on either; see `refusePublished`. Not asked about what this process
   * has answered already.
   */
  readonly admit?:
    | ((module: ModuleVersion, database: string, options: CallOptions) => void | Promise<void>)
    | undefined;
}

/** Options of {@link createSumdbProxy}. */
export interface SumdbProxyOptions {
  readonly databases: readonly ProxiedSumdb[];
  /** Keeps heads (`.gomodkit/sumdb/`) and proved answers (`.gomodkit/cache/sumdb/`). */
  readonly storage: Storage;
  /** Milliseconds for which `latest` is answered without asking the database. Default 15,000. */
  readonly latestTtl?: number | undefined;
  /** The most bytes of answers kept in memory for each database, beside those of its client. Default 16 MiB. */
  readonly memory?: number | undefined;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: (() => number) | undefined;
  /** Told of what fails no request: a cache that cannot be read or written, a database that is down while its last head is served. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A proxy of checksum databases: a `SumdbSource`. */
export interface SumdbProxy extends SumdbAnswers {
  /** The databases that it serves. */
  readonly names: readonly string[];
  /** The client that proves what is answered, for whoever verifies with the same database. Throws `not_found` for other names. */
  client(name: string): SumdbClient;
}
