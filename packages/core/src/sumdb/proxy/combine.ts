// Several checksum databases behind one address.
//
// Invariant: each database has one party that answers for it; nobody is asked about a database that another one serves.

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { SumdbAnswers } from './database-remote.ts';

/** One or more databases. What says neither `name` nor `names` is asked which ones it supports. */
export interface NamedSumdb extends SumdbAnswers {
  readonly name?: string | undefined;
  readonly names?: readonly string[] | undefined;
}

/** Clients choose the names: what they make us remember is bounded. */
const maxDatabases = 64;

/**
 * Joins sources of checksum database answers by the names of their databases, the first one that serves a name for that name: for example
 * a log of one's own and a proxied public database.
 *
 * @example
 * ```ts
 * import { createHandler, type Repository, type SumdbSource } from '@gomodkit/core';
 * import { combineSumdbs } from '@gomodkit/core/sumdb';
 *
 * export const handlerOf = (repository: Repository, own: SumdbSource, proxied: SumdbSource) =>
 *   createHandler({ repository, sumdb: combineSumdbs([own, proxied]) });
 * ```
 */
export function combineSumdbs(parts: readonly NamedSumdb[]): SumdbAnswers {
  const chosen = new Map<string, NamedSumdb>();
  const unnamed = parts.filter((part) => namesOf(part) === undefined);

  const choose = async (database: string, options: CallOptions): Promise<NamedSumdb> => {
    for (const part of unnamed) {
      try {
        await part.sumdb(database, 'supported', options);
      } catch (error) {
        if (isGoModKitError(error, 'not_found', 'gone', 'unsupported')) continue;
        throw error;
      }
      if (chosen.size >= maxDatabases) chosen.clear();
      chosen.set(database, part);
      return part;
    }
    throw notServed(database);
  };

  return {
    async sumdb(database, path, options = {}) {
      const named = parts.find((part) => namesOf(part)?.includes(database));
      if (named !== undefined) return named.sumdb(database, path, options);
      if (path === 'supported') chosen.delete(database);
      const part = chosen.get(database) ?? (await choose(database, options));
      return path === 'supported' ? new Uint8Array(0) : part.sumdb(database, path, options);
    },
  };
}

function namesOf({ name, names }: NamedSumdb): readonly string[] | undefined {
  return names ?? (name === undefined ? undefined : [name]);
}

/** What a database that nobody here knows is answered with. */
export function notServed(database: string): GoModKitError {
  return new GoModKitError('not_found', `the checksum database ${database.slice(0, 255)} is not served here`);
}
