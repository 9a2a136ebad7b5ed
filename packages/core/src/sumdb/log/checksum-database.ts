// A checksum database of our own (spec §12.8, §12.16).
//
// Invariants:
// - A module version has one record, for ever. Other sums are a conflict, whoever comes with them.
// - Sums of a version that is not recorded come from a trusted database's authenticated record, or from the provider; never from
//   whoever asks. An unreachable trusted database is "could not find out": what it may know is not taken from elsewhere.
// - An answer to a lookup carries a signed tree that contains the record.

import { createSingleFlight } from '../../async/single-flight.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { tryUnescapePath, tryUnescapeVersion } from '../../module/escape.ts';
import type { ModuleVersion } from '../../module/version.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { checkDatabaseName } from '../client/go-sumdb.ts';
import type { SignedTree } from '../client/signed-tree.ts';
import type { SumdbClient } from '../client/sumdb-client.ts';
import type { Signer } from '../note/signer.ts';
import { formatDataTile } from '../tlog/data-tile.ts';
import { formatRecord } from '../tlog/record-text.ts';
import { readTileData, type Tile } from '../tlog/tile.ts';
import { formatTree } from '../tlog/tree-text.ts';
import type { Cosign } from '../witness/quorum.ts';
import { Cosigned, originText } from './cosigned.ts';
import type { Head } from './head.ts';
import type { LogRecord } from './lookup.ts';
import { SignedLog } from './signed-log.ts';
import {
  type BothSums,
  bothSums,
  checkModule,
  formatSumRecord,
  moduleKey,
  type SumRecord,
  type SumsProvider,
  sumRecordKey,
} from './sum-record.ts';
import { hashesOf, maxLevel, noTile, parseTile, readTlogTile, recordsOf } from './tlog-view.ts';

/** Options of {@link createChecksumDatabase}. */
export interface ChecksumDatabaseOptions {
  /** Where the log is kept, below `.gomodkit/logs/<name>/`. Shared by any number of instances; needs no `delete`. */
  readonly storage: Storage;
  /**
   * Signs tree heads. Its name is the database's, as in GOSUMDB: `host[/path]`. Make it with `note.newSigner`, or with
   * `note.newEd25519Signer` where the key is kept elsewhere. A log keeps its key for ever.
   */
  readonly signer: Signer;
  /** Where sums come from when a version is looked up that is not recorded. Default: nowhere; only what was added is known. */
  readonly sums?: SumsProvider | undefined;
  /** Databases whose authenticated records are copied, asked in this order before `sums`. Paths that one skips are not asked of it. */
  readonly trusted?: readonly SumdbClient[] | undefined;
  /** The first line of checkpoints. Default: the name. */
  readonly origin?: string | undefined;
  /** Has checkpoints cosigned, such as `cosignWith` does. The log does not depend on it: without, or late, checkpoints go out with its own signature. */
  readonly cosign?: Cosign | undefined;
  /** How many milliseconds the checkpoint of a new head waits for witnesses. Default 2,000. */
  readonly cosignPatience?: number | undefined;
  /** The most bytes of tiles and records kept in memory. Default 16 MiB. */
  readonly memory?: number | undefined;
  /** Told of failures that no caller waits for: signing, derived objects, witnesses. All are tried again. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A checksum database. It can be handed to `createHandler` as `sumdb`. */
export interface ChecksumDatabase {
  readonly name: string;
  /** `NAME+HASH+KEY`: what GOSUMDB begins with. */
  readonly key: string;
  /**
   * What is served at `/sumdb/DATABASE/`: `supported`, `latest`, `lookup/MODULE@VERSION`, `tile/H/L/N[.p/W]` with H up to 8.
   * Rejects with `not_found` for another database, an unknown version or a tile beyond the tree; `bad_request` for a malformed path;
   * `storage_unavailable` when storage or signer fail, or what is stored does not fit together; and with what `sums` and `trusted`
   * reject with.
   */
  sumdb(database: string, path: string, options?: CallOptions): Promise<Uint8Array>;
  /**
   * Records module versions; resolves to their record numbers when they are durable. What is recorded already keeps its number.
   * Rejects with `conflict` when other sums are recorded for one; others of the call may have been recorded all the same.
   */
  add(records: readonly SumRecord[], options?: CallOptions): Promise<readonly number[]>;
  /** The newest signed tree, with what all instances have added until now. */
  head(options?: CallOptions): Promise<SignedTree>;
  /** The same tree as C2SP tlog-tiles: `checkpoint`, `tile/L/N[.p/W]`, `tile/entries/N[.p/W]`. Rejects as {@link sumdb}. */
  tlog(path: string, options?: CallOptions): Promise<Uint8Array>;
  /** Resolves when nothing is under way any more, such as signing what was added: then the storage can be closed. */
  idle(): Promise<void>;
}

/**
 * Creates a checksum database, or opens the one that the storage has. Does nothing before the first call.
 *
 * Throws `invalid_argument` when the signer's name is no `host[/path]` or it does not say its verifier key.
 *
 * @example
 * ```ts
 * import { createHandler, createRepository, memoryStorage, repositorySums, sumdb } from '@gomodkit/core';
 *
 * async function serve(signerKey: string) {
 *   const storage = memoryStorage();
 *   const repository = createRepository({ storage });
 *   const signer = await sumdb.note.newSigner(signerKey);
 *   const database = sumdb.createChecksumDatabase({ storage, signer, sums: repositorySums(repository) });
 *   console.log(`GOSUMDB="${database.key}"`);
 *   return createHandler({ repository, sumdb: database });
 * }
 * ```
 */
export function createChecksumDatabase(options: ChecksumDatabaseOptions): ChecksumDatabase {
  return new Database(options);
}

/** The greatest height of tiles that are served: what is stored. */
const maxHeight = 8;

class Database implements ChecksumDatabase {
  readonly name: string;
  readonly key: string;
  readonly #log: SignedLog;
  readonly #cosigned: Cosigned;
  readonly #options: ChecksumDatabaseOptions;
  readonly #flights = createSingleFlight();

  constructor(options: ChecksumDatabaseOptions) {
    const { storage, signer, origin = signer.name, memory, onError } = options;
    checkDatabaseName(signer.name);
    const texts = { tree: formatTree, checkpoint: originText(origin) };
    this.#log = new SignedLog({ storage, signer, texts, keyOf: sumRecordKey, memory, onError });
    this.name = this.#log.name;
    this.key = this.#log.key;
    this.#options = options;
    const { cosign, cosignPatience: patience = 2000 } = options;
    this.#cosigned = new Cosigned({ log: this.#log, cosign, patience, onError });
  }

  async sumdb(database: string, path: string, options: CallOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    if (database !== this.name) {
      throw new GoModKitError('not_found', `checksum database ${JSON.stringify(database)} is not served here`);
    }
    if (path === 'supported') return new Uint8Array(0);
    if (path === 'latest') return encodeUtf8((await this.head(options)).note);
    if (path.startsWith('lookup/')) return this.#lookup(parseLookup(path), options);
    if (path.startsWith('tile/')) return this.#tile(parseTile(path, path), path, options);
    throw new GoModKitError('bad_request', 'want supported, latest, lookup/MODULE@VERSION or tile/H/L/N[.p/W]');
  }

  async add(records: readonly SumRecord[], options: CallOptions = {}): Promise<readonly number[]> {
    return this.#log.append(records.map(formatSumRecord), options);
  }

  async head(options: CallOptions = {}): Promise<SignedTree> {
    const { head } = await this.#log.refresh(options);
    return { size: BigInt(head.size), hash: head.hash.slice(), note: treeNote(head) };
  }

  async tlog(path: string, options: CallOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    if (path !== 'checkpoint') return readTlogTile(this.#log, path, options);
    return encodeUtf8(await this.#cosigned.checkpoint(await this.#log.refresh(options), options));
  }

  idle(): Promise<void> {
    return this.#log.idle();
  }

  async #lookup(module: ModuleVersion, options: CallOptions): Promise<Uint8Array> {
    const record = (await this.#log.find(moduleKey(module), options)) ?? (await this.#record(module, options));
    const { head } = await this.#log.headOf(record.number + 1, options);
    return encodeUtf8(formatRecord({ number: BigInt(record.number), text: record.text }) + treeNote(head));
  }

  /** What others may have recorded meanwhile, else what is recorded now. */
  #record(module: ModuleVersion, { signal }: CallOptions): Promise<LogRecord> {
    const key = moduleKey(module);
    const work = async (own: AbortSignal): Promise<LogRecord> => {
      await this.#log.refresh({ signal: own });
      const known = await this.#log.find(key, { signal: own });
      if (known !== undefined) return known;
      const sums = await this.#sums(module, { signal: own });
      const text = formatSumRecord({ ...module, sums });
      const [number = 0] = await this.#log.append([text], { signal: own });
      return { number, text };
    };
    return this.#flights.run(key, work, signal);
  }

  async #sums(module: ModuleVersion, options: CallOptions): Promise<BothSums> {
    for (const client of this.#options.trusted ?? []) {
      if (client.skips(module.path)) continue;
      const sums = await copySums(client, module, options);
      if (sums !== undefined) return sums;
    }
    if (this.#options.sums !== undefined) return this.#options.sums(module, options);
    throw new GoModKitError('not_found', `${module.path}@${module.version} is not in checksum database ${this.name}`);
  }

  async #tile(tile: Tile, path: string, options: CallOptions): Promise<Uint8Array> {
    if (tile.h === maxHeight) {
      if (tile.l >= 0) return hashesOf(this.#log, tile, path, options);
      return encodeUtf8(formatDataTile(await recordsOf(this.#log, tile, path, options)));
    }
    // Nobody but an auditor with a taste of its own asks for these.
    if (tile.h > maxHeight) throw new GoModKitError('not_found', `tiles are served up to height ${maxHeight}: ${path}`);
    const level = Math.max(tile.l, 0) * tile.h;
    if (level > maxLevel) throw noTile(this.#log, path);
    const end = ((tile.n << BigInt(tile.h)) + BigInt(tile.w)) << BigInt(level);
    const signed = await this.#log.headOf(Number(end), options);
    if (end > BigInt(signed.head.size)) throw noTile(this.#log, path);
    if (tile.l >= 0) return readTileData(tile, this.#log.hashReader(signed), options);
    return encodeUtf8(formatDataTile(await lowRecords(this.#log, tile, path, options)));
  }
}

/** Records of a tile that is lower than what is stored, and so lies within one that is. */
async function lowRecords(log: SignedLog, tile: Tile, path: string, options: CallOptions): Promise<readonly string[]> {
  const first = Number(tile.n) * 2 ** tile.h;
  const start = first % 256;
  const stored: Tile = { h: maxHeight, l: -1, n: BigInt(Math.floor(first / 256)), w: start + tile.w };
  return (await recordsOf(log, stored, path, options)).slice(start);
}

/** Both sums of a trusted database's record; undefined where it has none with both. */
async function copySums(
  client: SumdbClient,
  { path, version }: ModuleVersion,
  options: CallOptions,
): Promise<BothSums | undefined> {
  try {
    return bothSums((await client.lookup(path, version, options)).sums);
  } catch (error) {
    if (isGoModKitError(error, 'not_found', 'gone')) return undefined;
    throw error;
  }
}

function treeNote({ notes }: Head): string {
  return notes.tree ?? '';
}

/** `lookup/MODULE@VERSION`, escaped (spec §12.8). */
const lookup = /^lookup\/([^@]+)@(v[0-9]+\.[0-9]+\.[0-9]+(?:-[^@]*)?(?:\+incompatible)?)$/;

function parseLookup(path: string): ModuleVersion {
  const match = lookup.exec(path);
  const module = tryUnescapePath(match?.[1] ?? '').value;
  const version = tryUnescapeVersion(match?.[2] ?? '').value;
  if (module === undefined || version === undefined) {
    throw new GoModKitError('bad_request', 'invalid module@version syntax: want lookup/MODULE@VERSION, both escaped');
  }
  try {
    checkModule({ path: module, version });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GoModKitError('not_found', `${module}@${version} has no checksum record: ${reason}`, { cause });
  }
  return { path: module, version };
}
