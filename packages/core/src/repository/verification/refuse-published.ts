// What was published here is named to nobody.
//
// Invariants:
// - A version is published here when its bound sum is one that was marked before its publication: a publication that came too late for
//   an upstream's version hides nothing.
// - Nothing but storage is asked; where that cannot answer, nobody is told the name.

import { sleep } from '../../async/abort.ts';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/version.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { targetOf } from '../keys.ts';
import { createStore } from '../store.ts';
import { isOwn } from './marks.ts';

const maxZiphash = 1024;

/**
 * Refuses (`denied`) to name to a checksum database what a repository over `storage` published: for `admit` of `createSumdbProxy`.
 * Rejects with `storage_unavailable` when storage cannot say.
 *
 * @example
 * ```ts
 * import { refusePublished, type Storage } from '@gomodkit/core';
 * import { createSumdbProxy, type SumdbProxy, type SumdbRemote } from '@gomodkit/core/sumdb';
 *
 * export function proxyOf(storage: Storage, remote: SumdbRemote): SumdbProxy {
 *   return createSumdbProxy({ storage, databases: [{ key: 'sum.golang.org', remote, admit: refusePublished(storage) }] });
 * }
 * ```
 */
export function refusePublished(
  storage: Storage,
): (module: ModuleVersion, database: string, options?: CallOptions) => Promise<void> {
  const store = createStore(storage, { sleep });
  return async ({ path, version }, database, { signal } = {}) => {
    const target = targetOf(path, version);
    const bound = await store.read(target.ziphash, maxZiphash, signal);
    const sum = bound && decodeUtf8(bound.bytes)?.trim();
    if (sum === undefined || !(await isOwn(store, 'zip', target, sum, signal))) return;
    const help = `set GONOSUMDB or GOPRIVATE=${path}, or serve a database of your own (--sumdb-key-file)`;
    throw new GoModKitError('denied', `${target.name} was published here and is not asked of ${database}; ${help}`, {
      data: { path, version, database },
    });
  };
}
