// The checksum database that `gomodkit serve --sumdb-key-file` serves beside what it proxies.
//
// Invariants:
// - It is in the storage that is served, so that every instance on it is the same log.
// - Public versions are recorded as the database has them that verifies; where that cannot be asked, a lookup says so.

import { type Repository, recordPublications, repositorySums, type SumdbSource, sumdb } from '@gomodkit/core';
import type { RepositorySettings } from '../settings/repository-settings.ts';
import { readKeyFile } from './key-file.ts';

/** A log that is served. */
export interface ServedLog {
  /** What answers below /sumdb/: the log, then what was proxied. */
  readonly sumdb: SumdbSource;
  /** What GOSUMDB is for clients. */
  readonly key: string;
  /** Resolves when nothing is under way any more; before the storage is closed. */
  close(): Promise<void>;
}

/** Opens the log of a key file. Rejects with `invalid_argument`. */
export async function serveLog(
  keyFile: string,
  repository: Repository,
  settings: RepositorySettings,
  onError: (error: unknown) => void,
): Promise<ServedLog> {
  const { signer } = await readKeyFile(keyFile);
  const { storage } = settings.storage;
  const verification = settings.offline ? 'off' : (settings.repository.sumdb ?? 'off');
  const database = sumdb.createChecksumDatabase({
    storage,
    signer,
    sums: repositorySums(repository, { storage }),
    trusted: verification === 'off' ? [] : [verification.client],
    onError,
  });
  const stop = recordPublications(repository, database, { onError });
  const proxied = settings.sumdb === undefined ? [] : [settings.sumdb];
  return {
    sumdb: sumdb.combineSumdbs([database, ...proxied]),
    key: database.key,
    async close() {
      await stop();
      await database.idle();
    },
  };
}
