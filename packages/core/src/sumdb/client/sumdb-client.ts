// What a client of a checksum database takes and gives (spec §12.9–12.14).

import type { ModuleSums } from '../../dirhash/go-sum.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { NumberedRecord } from '../tlog/record-text.ts';
import type { HashReader } from '../tlog/tree.ts';
import type { SumdbCache } from './cache.ts';
import type { HeadStore } from './heads.ts';
import type { SignedTree } from './signed-tree.ts';
import type { ReadRemote } from './tiles.ts';

/**
 * Reaches a database: resolves to what it serves at `lookup/…`, `tile/…` or `latest` below its URL, byte for byte. Rejects with
 * `not_found` or `gone` when it answers that there is no such thing, and with anything else when that could not be found out.
 */
export type SumdbRemote = ReadRemote;

/** Options of {@link createSumdbClient}. */
export interface SumdbClientOptions {
  /** The database's verifier key, `NAME+HASH+KEY`; or `sum.golang.org`, whose key is built in. */
  readonly key: string;
  readonly remote: SumdbRemote;
  /** Where the newest tree head is kept. Default: in memory, so that a restart forgets it. */
  readonly heads?: HeadStore | undefined;
  /** Where authenticated answers are kept. Default: in memory only. */
  readonly cache?: SumdbCache | undefined;
  /** GONOSUMDB: comma-separated patterns of module paths that are never asked for. Default: none. */
  readonly noSumdb?: string | undefined;
  /** The height of tiles, 1 to 16. Default 8, which is what databases for the go command have. */
  readonly tileHeight?: number | undefined;
  /** The most bytes of answers kept in memory. Default 16 MiB. */
  readonly memory?: number | undefined;
  /** Told of failures of `cache`, which fail no lookup. */
  readonly onCacheError?: ((error: unknown) => void) | undefined;
}

/** An authenticated record, and what it says about the module version that was asked for. */
export interface SumdbRecord extends NumberedRecord {
  /** The go.sum lines that begin with the path and the version as asked for (with `/go.mod` or without). At least one. */
  readonly lines: readonly string[];
  /** The `h1:` sums of the module version. */
  readonly sums: ModuleSums;
}

/** A client of one checksum database. As a reader of hashes it gives those of the newest known tree, authenticated. */
export interface SumdbClient extends HashReader {
  /** The database's name. */
  readonly name: string;
  /**
   * The authenticated record of a module version; `version` may end in `/go.mod`, which changes what `lines` holds.
   *
   * Rejects with `not_found` or `gone` when the database does not know it, `denied` when the path is on the GONOSUMDB list,
   * `invalid_path` or `invalid_version` before anybody is asked, `upstream_invalid` for an answer that does not hold,
   * `checksum_misbehaviour`, and with what `remote` and `heads` reject with.
   */
  lookup(path: string, version: string, options?: CallOptions): Promise<SumdbRecord>;
  /**
   * Resolves when the database has exactly this `h1:` sum for a module version (of the zip), or for `version/go.mod`. Rejects as
   * {@link lookup}, and with `checksum_mismatch` when it has another.
   */
  verify(path: string, version: string, sum: string, options?: CallOptions): Promise<void>;
  /** Whether a path is on the GONOSUMDB list. */
  skips(path: string): boolean;
  /** The newest tree that is known; undefined before the first. Asks the store, not the database. */
  head(options?: CallOptions): Promise<SignedTree | undefined>;
  /** Asks the database for its latest tree and merges it. */
  update(options?: CallOptions): Promise<SignedTree | undefined>;
  /** Merges a signed note from anywhere, as in {@link lookup}. */
  merge(note: Uint8Array | string, options?: CallOptions): Promise<void>;
}
