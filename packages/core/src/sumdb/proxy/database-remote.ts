// How a database is reached: through a proxy that serves it, else at its own address (spec §10.24, §10.25).
//
// Invariants:
// - Whoever serves it is asked everything, and "no such record" is believed only of somebody who serves the database: what does not
//   serve it answers 404 to everything, and that is "could not find out".
// - Nobody else is asked: without `direct` no name leaves for anybody but the proxy.

import { createSingleFlight } from '../../async/single-flight.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { SumdbRemote } from '../client/sumdb-client.ts';

/** Answers of checksum databases by name; every `SumdbSource` is one. */
export interface SumdbAnswers {
  /** `path` is `supported`, `latest`, `lookup/…` or `tile/…`. Rejects with `not_found` for a database that is not served here. */
  sumdb(database: string, path: string, options?: CallOptions): Promise<Uint8Array>;
}

/** Options of {@link databaseRemote}. */
export interface DatabaseRemoteOptions {
  /** The database's name. */
  readonly name: string;
  /** Asked first, if it serves the database. */
  readonly through?: SumdbAnswers | undefined;
  /** Asked where `through` does not serve it. Default: nobody, so that this is `upstream_unavailable`. */
  readonly direct?: SumdbRemote | undefined;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: (() => number) | undefined;
}

/** Milliseconds for which an answer about `supported` counts, where what followed makes one doubt it. */
const doubtAfter = 10_000;

/**
 * A database as a client's `remote`, reached as the go command reaches it: through a proxy that says that it supports it, else directly.
 *
 * @example
 * ```ts
 * import { upstreamSource } from '@gomodkit/core/source';
 * import { createSumdbClient, databaseRemote } from '@gomodkit/core/sumdb';
 *
 * const through = upstreamSource('https://goproxy.example');
 * const client = createSumdbClient({
 *   key: 'sum.golang.org',
 *   remote: databaseRemote({ name: 'sum.golang.org', through }),
 * });
 * ```
 */
export function databaseRemote(options: DatabaseRemoteOptions): SumdbRemote {
  const { name, through, direct, now = Date.now } = options;
  const flights = createSingleFlight();
  let chosen: { readonly remote: SumdbRemote | undefined; readonly at: number } | undefined;

  const choose = async (signal: AbortSignal): Promise<SumdbRemote | undefined> => {
    const serves = through !== undefined && (await supports(name, through, signal));
    const remote: SumdbRemote | undefined = serves ? (path, call) => through.sumdb(name, path, call) : direct;
    chosen = { remote, at: now() };
    return remote;
  };
  const doubtful = (): boolean => chosen === undefined || now() - chosen.at >= doubtAfter;
  const pick = async (again: boolean, signal: AbortSignal | undefined): Promise<SumdbRemote> => {
    const stale = chosen === undefined || ((again || chosen.remote === undefined) && doubtful());
    const remote = stale ? await flights.run('supported', choose, signal) : chosen?.remote;
    if (remote !== undefined) return remote;
    throw new GoModKitError('upstream_unavailable', `the upstream does not serve the checksum database ${name}`, {
      data: { database: name, transient: false },
    });
  };

  return async (path, call) => {
    const remote = await pick(false, call.signal);
    try {
      return await remote(path, call);
    } catch (error) {
      // A proxy that no longer serves the database answers 404 to every question.
      if (remote === direct || !isGoModKitError(error, 'not_found', 'gone') || !doubtful()) throw error;
      const other = await pick(true, call.signal);
      if (other !== direct) throw error;
      return other(path, call);
    }
  };
}

async function supports(name: string, through: SumdbAnswers, signal: AbortSignal): Promise<boolean> {
  try {
    await through.sumdb(name, 'supported', { signal });
    return true;
  } catch (error) {
    if (isGoModKitError(error, 'not_found', 'gone', 'unsupported')) return false;
    throw error;
  }
}
