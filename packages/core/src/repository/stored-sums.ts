// The sums of what a storage holds, without reading zips: for audits of logs.
//
// Invariant: the sum of a zip is the one that was bound when it was captured, so that what changed in storage later does not pass for it.

import { readAll } from '../bytes/source.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredSums } from '../sumdb/auditor/audit.ts';
import { targetOf } from './keys.ts';
import { type StoredVersionsOptions, storedVersions } from './stored-versions.ts';

/** The most bytes of a go.mod (spec §7.9). */
const maxGoMod = 16 * 1024 * 1024;

/**
 * The versions that a storage holds, with their sums. Rejects with `storage_unavailable` when the storage cannot be read.
 *
 * @example
 * ```ts
 * import { type Storage, storedSums, sumdb } from '@gomodkit/core';
 *
 * function audit(storage: Storage, log: sumdb.ChecksumDatabase) {
 *   const remote: sumdb.SumdbRemote = (path, call) => log.sumdb(log.name, path, call);
 *   return sumdb.auditLog({ key: log.key, remote, store: storedSums(storage) });
 * }
 * ```
 */
export async function* storedSums(
  storage: Storage,
  options: StoredVersionsOptions = {},
): AsyncGenerator<StoredSums, void, void> {
  const { signal } = options;
  const read = async (key: string, limit: number): Promise<Uint8Array | undefined> => {
    const object = await storage.get(key, { signal });
    return object && readAll(object.body, limit);
  };
  for await (const { path, version } of storedVersions(storage, options)) {
    const { ziphash, mod } = targetOf(path, version);
    const [bound, goMod] = await Promise.all([read(ziphash, 1024), read(mod, maxGoMod)]);
    const zip = bound && decodeUtf8(bound)?.trim();
    yield { path, version, sums: { zip: zip || undefined, goMod: goMod && hashGoMod(goMod) } };
  }
}
