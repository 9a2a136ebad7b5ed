// A caching proxy of checksum databases, for `/sumdb/NAME/…` (spec §10.24–10.28).
//
// Invariants:
// - Only what was proved is kept or answered (proxied-database.ts). A database is known by its key; others are not served.
// - One client per database: whoever verifies with it (`client(name)`) shares its heads, caches and requests with the proxy.

import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import type { SumdbClient, SumdbRemote } from '../client/sumdb-client.ts';
import { notServed } from './combine.ts';
import type { SumdbAnswers } from './database-remote.ts';
import { ProxiedDatabase } from './proxied-database.ts';

/** A database that is proxied. */
export interface ProxiedSumdb {
  /** The database's verifier key, `NAME+HASH+KEY`; or `sum.golang.org`, whose key is built in. */
  readonly key: string;
  /** Reaches it; see `databaseRemote`. */
  readonly remote: SumdbRemote;
  /** GONOSUMDB: comma-separated patterns of module paths whose lookups are answered `denied` and never passed on. Default: none. */
  readonly noSumdb?: string | undefined;
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

/**
 * Creates a caching proxy of checksum databases. It does nothing before the first call, and needs no closing.
 *
 * Lookups and tiles are proved before they are kept or answered, asked for once however many want them, and kept in `storage`. While a
 * database cannot be reached, the newest known tree head goes on being answered, with its tiles and all lookups that were ever kept, so that
 * builds continue. Answers reject with `not_found` for databases that are not served and for records that do not exist, `denied` for
 * private paths, and otherwise as the client's calls do.
 *
 * Throws `invalid_argument` for a malformed key, or two databases of one name.
 *
 * @example
 * ```ts
 * import { createHandler, createRepository, memoryStorage, upstreamSource } from '@gomodkit/core';
 * import { createSumdbProxy, databaseRemote } from '@gomodkit/core/sumdb';
 *
 * const name = 'sum.golang.org';
 * const source = upstreamSource('https://goproxy.example');
 * const storage = memoryStorage();
 * const sumdb = createSumdbProxy({
 *   storage,
 *   databases: [{ key: name, remote: databaseRemote({ name, through: source }), noSumdb: '*.corp.example' }],
 * });
 * const repository = createRepository({ storage, source, sumdb: { client: sumdb.client(name) } });
 * export const handler = createHandler({ repository, sumdb });
 * ```
 */
export function createSumdbProxy(options: SumdbProxyOptions): SumdbProxy {
  const databases = new Map<string, ProxiedDatabase>();
  for (const each of options.databases) {
    const database = new ProxiedDatabase(each, options);
    if (databases.has(database.name)) {
      throw new GoModKitError('invalid_argument', `two checksum databases are named ${database.name}`);
    }
    databases.set(database.name, database);
  }
  const served = (name: string): ProxiedDatabase => {
    const database = databases.get(name);
    if (database === undefined) throw notServed(name);
    return database;
  };
  return {
    names: [...databases.keys()],
    client: (name) => served(name).client,
    async sumdb(name: string, path: string, call: CallOptions = {}) {
      return served(name).answer(path, call);
    },
  };
}
