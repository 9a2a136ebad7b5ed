// Several sources in a row, with the meaning that `,` and `|` have in GOPROXY (spec §10.16, §10.17, §10.24).
//
// Invariants:
// - Each operation walks by itself; the first success wins.
// - After `,` only "not there" leads on; after `|` every failure does. A cancelled call ends the walk.
// - The error that is reported: the one of a direct source, else the last of a proxy, else the last "not there".
// - A source that cannot do an operation (`unsupported`) knows nothing about it: the walk goes on, and its error is reported only if
//   there is no other. Otherwise a proxy's clear 404 would turn into a failure that ends the go command.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { ModuleSource, SumdbSource } from './source.ts';

/** A source in a {@link chain}. */
export interface ChainEntry {
  readonly source: ModuleSource & Partial<SumdbSource>;
  /** `true` for an entry followed by `|`: any failure leads to the next one. */
  readonly fallBackOnError?: boolean | undefined;
  /** `true` for a source that asks repositories themselves: its errors say most. */
  readonly direct?: boolean | undefined;
}

const maxDatabases = 64;

/** How much an error says, in ascending order. */
const rank = { cannot: 0, absent: 1, proxy: 2, direct: 3 } as const;

/**
 * Asks one source after the other.
 *
 * Checksum databases: the first source that supports one answers all further requests about it (spec §10.25); asking `supported` again
 * chooses anew. Sources without `sumdb` count as "not there".
 *
 * @example
 * ```ts
 * import { chain, upstreamSource } from '@gomodkit/core';
 *
 * // GOPROXY=https://goproxy.corp.example|https://goproxy.example
 * const source = chain([
 *   { source: upstreamSource('https://goproxy.corp.example'), fallBackOnError: true },
 *   { source: upstreamSource('https://goproxy.example') },
 * ]);
 * ```
 */
export function chain(entries: readonly ChainEntry[]): ModuleSource & SumdbSource {
  const chosen = new Map<string, SumdbSource>();

  const choose = async (database: string, options: CallOptions): Promise<Uint8Array> =>
    walk(entries, options, async ({ source }) => {
      const answer = await sumdbOf(source).sumdb(database, 'supported', options);
      // Clients choose the names: what they make us remember is bounded.
      if (chosen.size >= maxDatabases) chosen.clear();
      chosen.set(database, sumdbOf(source));
      return answer;
    });

  return {
    versions: (path, options = {}) => walk(entries, options, ({ source }) => source.versions(path, options)),
    resolve: (path, query, options = {}) =>
      walk(entries, options, ({ source }) => source.resolve(path, query, options)),
    goMod: (path, version, options = {}) =>
      walk(entries, options, ({ source }) => source.goMod(path, version, options)),
    zip: (path, version, options = {}) => walk(entries, options, ({ source }) => source.zip(path, version, options)),
    async sumdb(database, path, options = {}) {
      if (path === 'supported') return choose(database, options);
      if (!chosen.has(database)) await choose(database, options);
      return (chosen.get(database) ?? noSumdb).sumdb(database, path, options);
    },
  };
}

async function walk<T>(
  entries: readonly ChainEntry[],
  options: CallOptions,
  ask: (entry: ChainEntry) => Promise<T>,
): Promise<T> {
  let best: { readonly error: unknown; readonly rank: number } | undefined;
  for (const entry of entries) {
    try {
      return await ask(entry);
    } catch (error) {
      options.signal?.throwIfAborted();
      const own = rankOf(error, entry);
      if (best === undefined || own >= best.rank) best = { error, rank: own };
      if (!entry.fallBackOnError && !leadsOn(error)) break;
    }
  }
  throw best === undefined ? new GoModKitError('not_found', 'there is no source to ask') : best.error;
}

function rankOf(error: unknown, entry: ChainEntry): number {
  if (isGoModKitError(error, 'unsupported')) return rank.cannot;
  if (entry.direct) return rank.direct;
  return isGoModKitError(error, 'not_found', 'gone') ? rank.absent : rank.proxy;
}

function leadsOn(error: unknown): boolean {
  return isGoModKitError(error, 'not_found', 'gone', 'unsupported');
}

const noSumdb: SumdbSource = {
  sumdb: (database) => Promise.reject(new GoModKitError('not_found', `no source here serves the database ${database}`)),
};

function sumdbOf({ sumdb }: Partial<SumdbSource>): SumdbSource {
  return sumdb === undefined ? noSumdb : { sumdb };
}
