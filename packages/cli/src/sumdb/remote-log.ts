// A log behind a URL that somebody typed: a database itself, or a proxy that serves it.

import { databaseAt, GoModKitError, isGoModKitError, sumdb, upstreamSource } from '@gomodkit/core';

/**
 * Reaches the database `name`: at the URL itself where that is one of `…/sumdb/NAME`, else through it, where it is a proxy that serves
 * the database, else as the database's own URL. Throws `invalid_argument` for a URL that is none.
 */
export function remoteLog(url: string, name: string): sumdb.SumdbRemote {
  const own = databaseAt(url);
  const direct: sumdb.SumdbRemote = async (path, call) => {
    try {
      return await own(path, call);
    } catch (error) {
      // Every log has a latest tree.
      if (path !== 'latest' || !isGoModKitError(error, 'not_found', 'gone')) throw error;
      const { host } = new URL(url);
      throw new GoModKitError('upstream_unavailable', `${host} neither is nor serves the checksum database ${name}`, {
        cause: error,
      });
    }
  };
  if (new URL(url).pathname.replace(/\/$/, '').endsWith(`/sumdb/${name}`)) return direct;
  return sumdb.databaseRemote({ name, through: upstreamSource(url), direct });
}
