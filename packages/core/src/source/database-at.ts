// A checksum database at its own address, past all proxies (spec §10.24, §12.8).
//
// Invariant: what is asked for is a path of the protocol; nothing in it leads elsewhere on that host.

import type { CallOptions } from '../storage/storage.ts';
import type { UpstreamOptions } from './http-settings.ts';
import { sumdbTarget } from './proxy-client.ts';
import { transportTo } from './upstream.ts';

/**
 * Reads what a checksum database serves below its URL: `latest`, `lookup/…`, `tile/…`. Retries, limits and errors are those of
 * `upstreamSource`. The result is a `remote` of `createSumdbClient`, and `direct` of `databaseRemote`.
 *
 * Throws `invalid_argument` for a URL that is not http, https or file.
 *
 * @example
 * ```ts
 * import { databaseAt } from '@gomodkit/core/source';
 * import { createSumdbClient } from '@gomodkit/core/sumdb';
 *
 * const client = createSumdbClient({ key: 'sum.golang.org', remote: databaseAt('https://sum.golang.org') });
 * ```
 */
export function databaseAt(
  url: string | URL,
  options: UpstreamOptions = {},
): (path: string, options?: CallOptions) => Promise<Uint8Array> {
  const transport = transportTo(url, options);
  const any = 'database';
  return async (path, { signal } = {}) => {
    const target = sumdbTarget(any, path).slice(any.length + 1);
    return transport.read({ kind: 'sumdb', target, what: target, signal });
  };
}
