// A caching proxy of checksum databases, for `/sumdb/NAME/…` (spec §10.24–10.28).
//
// Invariants:
// - Only what was proved is kept or answered (proxied-database.ts). A database is known by its key; others are not served.
// - One client per database: whoever verifies with it (`client(name)`) shares its heads, caches and requests with the proxy.

import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { notServed } from './combine.ts';
import { ProxiedDatabase } from './proxied-database.ts';
import type { SumdbProxy, SumdbProxyOptions } from './types.ts';

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
