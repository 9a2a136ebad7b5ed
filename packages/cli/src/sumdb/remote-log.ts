// A log behind a URL that somebody typed: a database itself, or a proxy that serves it.

import { databaseAt, sumdb, upstreamSource } from '@gomodkit/core';

/**
 * Reaches the database `name`: at the URL itself where that is one of `…/sumdb/NAME`, else through it, where it is a proxy that serves
 * the database, else as the database's own URL. Throws `invalid_argument` for a URL that is none.
 */
export function remoteLog(url: string, name: string): sumdb.SumdbRemote {
  const direct = databaseAt(url);
  if (new URL(url).pathname.replace(/\/$/, '').endsWith(`/sumdb/${name}`)) return (path, call) => direct(path, call);
  return sumdb.databaseRemote({ name, through: upstreamSource(url), direct });
}
