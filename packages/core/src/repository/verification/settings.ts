// Which checksum database verifies a repository's modules, and what is done about modules that it does not know.
//
// Invariants:
// - On by default for what comes from an upstream, and through that very upstream: no new party learns a name.
// - The client's heads and proved answers live in the repository's storage, so that a restart forgets neither.

import type { ModuleSource, SumdbSource } from '../../source/source.ts';
import type { Storage } from '../../storage/storage.ts';
import type { SumdbClient } from '../../sumdb/index.ts';
import { createSumdbClient, databaseRemote, defaultGoSumdb, storageCache, storageHeads } from '../../sumdb/index.ts';

/** A checksum database that verifies what a repository captures and serves. */
export interface SumdbVerification {
  /** Asks the database. Give it heads and a cache in the same storage, or take it from `createSumdbProxy`, which shares both. */
  readonly client: SumdbClient;
  /**
   * What to do about a version that the database does not know and that is not on the client's GONOSUMDB list: `require` (the default)
   * refuses it with `not_found`, `allow` lets it through with an `unverified` event. Go toolchains are always required.
   */
  readonly unknown?: 'require' | 'allow' | undefined;
}

/** Verification with everything filled in. */
export interface VerificationSettings {
  readonly client: SumdbClient;
  readonly allowUnknown: boolean;
  /** Modules whose source has no database to ask are not verified: they come from nobody's upstream. */
  readonly exemptUnasked: boolean;
  /** What the source calls itself, for messages. */
  readonly sourceName: string;
}

/** What decides about verification. */
export interface VerificationChoice {
  readonly storage: Storage;
  readonly source?: (ModuleSource & Partial<SumdbSource>) | undefined;
  readonly sumdb?: SumdbVerification | 'off' | undefined;
}

/** Fills in the default; undefined where nothing is verified. */
export function verificationSettings({ storage, source, sumdb }: VerificationChoice): VerificationSettings | undefined {
  if (sumdb === 'off') return undefined;
  const { name } = (source ?? {}) as { readonly name?: unknown };
  const sourceName = typeof name === 'string' ? name : 'the source';
  if (sumdb !== undefined) {
    return { client: sumdb.client, allowUnknown: sumdb.unknown === 'allow', exemptUnasked: false, sourceName };
  }
  if (typeof source?.sumdb !== 'function') return undefined;
  return {
    client: defaultClient(storage, source as SumdbSource),
    allowUnknown: false,
    exemptUnasked: true,
    sourceName,
  };
}

function defaultClient(storage: Storage, through: SumdbSource): SumdbClient {
  const name = defaultGoSumdb;
  return createSumdbClient({
    key: name,
    remote: databaseRemote({ name, through }),
    heads: storageHeads(storage, name),
    cache: storageCache(storage, name),
  });
}
