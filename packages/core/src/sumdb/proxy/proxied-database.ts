// One checksum database, proxied.
//
// Invariants:
// - Lookups go out as the database gave them, byte for byte, after the client proved them: the record is in the log, the signed tree
//   fits all others. Private paths are refused before anything else, what is not admitted before anybody is asked.
// - Tiles are made of hashes that were authenticated against the newest known tree. So a tile of any width that a known tree ever had is
//   right, also one that the database no longer has, and none is answered that no tree proves.
// - No tree is answered, in `latest` or with a lookup, that the client has not merged; and merging reads what ties the tree to the newest
//   one. So what is kept always suffices for every tree that was ever answered: while the database is down, clients can go on.
// - Where nobody can be asked, `supported` says yes only when a whole tree is at hand: a client that hears it asks nobody else.
// - After misbehaviour nothing is answered any more. Memory is bounded.

import { createSingleFlight, type SingleFlight } from '../../async/single-flight.ts';
import { readAll } from '../../bytes/source.ts';
import { encodeUtf8, equalBytes } from '../../bytes/utf8.ts';
import { type CacheSection, createByteCache } from '../../cache/byte-cache.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { tell } from '../../errors/tell.ts';
import { unescapePath, unescapeVersion } from '../../module/escape.ts';
import type { ModuleVersion } from '../../module/version.ts';
import { isKey } from '../../storage/key.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { forgivingCache, type SumdbCache, storageCache } from '../client/cache.ts';
import { createSumdbClient } from '../client/client.ts';
import { verifierKeyOf } from '../client/go-sumdb.ts';
import { storageHeads } from '../client/heads.ts';
import type { SignedTree } from '../client/signed-tree.ts';
import type { SumdbClient, SumdbRecord, SumdbRemote } from '../client/sumdb-client.ts';
import { newVerifier } from '../note/verifier.ts';
import { parseDataTile } from '../tlog/data-tile.ts';
import { recordHash } from '../tlog/hash.ts';
import { parseRecord } from '../tlog/record-text.ts';
import { storedHashIndex } from '../tlog/stored-index.ts';
import { parseTilePath, readTileData, type Tile, tilePath } from '../tlog/tile.ts';
import { notServed } from './combine.ts';
import type { ProxiedSumdb, SumdbProxyOptions } from './types.ts';

const nothing = new Uint8Array(0);
/** The widest tile that is made: heights up to 12. */
const maxWidth = 4096;
const defaultTtl = 15_000;
const defaultMemory = 16 * 1024 * 1024;

/** A database behind a proxy. */
export class ProxiedDatabase {
  readonly name: string;
  readonly client: SumdbClient;
  readonly #cache: Required<SumdbCache>;
  readonly #remote: SumdbRemote;
  /** Nobody is asked. */
  readonly #alone: boolean;
  readonly #admit: ProxiedSumdb['admit'];
  readonly #options: SumdbProxyOptions;
  readonly #flights: SingleFlight = createSingleFlight();
  /** What is proved, by path. */
  readonly #answers: CacheSection<Uint8Array>;
  /** Lookups as the client just fetched them, by path. */
  readonly #fetched: CacheSection<Uint8Array>;
  readonly #now: () => number;
  /** When the database was last asked for its latest tree, and whether it answered. */
  #asked = { at: Number.NEGATIVE_INFINITY, failure: undefined as unknown };
  /** The newest tree whose right edge is known to be at hand. */
  #whole: SignedTree | undefined;
  #misbehaviour: GoModKitError | undefined;

  constructor({ key, remote: reached, noSumdb, admit }: ProxiedSumdb, options: SumdbProxyOptions) {
    const { storage, now = Date.now, memory = defaultMemory, onError } = options;
    this.name = newVerifier(verifierKeyOf(key)).name;
    this.#options = options;
    this.#now = now;
    const remote = reached ?? unpacked(storage, this.name);
    this.#remote = remote;
    this.#alone = reached === undefined;
    this.#admit = admit;
    const bytes = createByteCache({ maxBytes: memory, now });
    this.#answers = bytes.section({ weigh: ({ length }) => length });
    this.#fetched = bytes.section({ weigh: ({ length }) => length });
    const cache = storageCache(storage, this.name);
    this.#cache = forgivingCache(cache, onError);
    this.client = createSumdbClient({
      key,
      noSumdb,
      cache,
      heads: storageHeads(storage, this.name),
      onCacheError: onError,
      remote: async (path, call) => {
        const answer = await remote(path, call);
        if (path.startsWith('lookup/')) this.#fetched.set(path, answer);
        return answer;
      },
    });
  }

  /** Answers a path below the database's URL. */
  async answer(spelled: string, { signal }: CallOptions): Promise<Uint8Array> {
    const path = spelled.replaceAll('%21', '!');
    if (this.#misbehaviour !== undefined) throw this.#misbehaviour;
    if (path === 'supported') return this.#alone ? this.#kept({ signal }) : nothing;
    const module = path.startsWith('lookup/') ? moduleOf(path) : undefined;
    // Before memory: what was asked for before it became private stays here, too.
    if (module !== undefined && this.client.skips(module.path)) throw isPrivate(module, this.name);
    const known = this.#answers.get(path);
    if (known !== undefined) return known;
    try {
      return await this.#flights.run(path, (own) => this.#find(path, module, { signal: own }), signal);
    } catch (error) {
      if (isGoModKitError(error, 'checksum_misbehaviour')) this.#misbehaviour = error;
      throw error;
    }
  }

  /** Nothing, when a whole tree is kept. */
  async #kept(options: CallOptions): Promise<Uint8Array> {
    try {
      await this.answer('latest', options);
      return nothing;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isCouldNotAsk(error)) throw error;
      throw notServed(this.name);
    }
  }

  async #find(path: string, module: ModuleVersion | undefined, options: CallOptions): Promise<Uint8Array> {
    if (path === 'latest') return this.#latest(options);
    const answer = module === undefined ? await this.#tile(path, options) : await this.#lookup(path, module, options);
    this.#answers.set(path, answer);
    return answer;
  }

  /** The client proves, and its answer is looked for where it left it; only where no cache works the database is asked again. */
  async #lookup(path: string, module: ModuleVersion, options: CallOptions): Promise<Uint8Array> {
    await this.#admit?.(module, this.name, options);
    const { path: of, version } = module;
    const record = await this.client.lookup(of, version, options);
    const places = [
      async () => this.#fetched.get(path),
      () => this.#cache.get(path, options),
      () => this.#remote(path, options),
    ];
    for (const read of places) {
      const answer = await read();
      if (answer === undefined || !(await this.#carries(answer, record, options))) continue;
      this.#fetched.delete(path);
      return answer;
    }
    throw this.#wrong(path, 'it answers one lookup with several records');
  }

  /** Whether an answer is of this record, with a tree that fits. */
  async #carries(answer: Uint8Array, { number, text }: SumdbRecord, options: CallOptions): Promise<boolean> {
    try {
      const parsed = parseRecord(answer);
      if (parsed.number !== number || parsed.text !== text) return false;
      if (parsed.rest.length > 0) await this.client.merge(parsed.rest, options);
      return true;
    } catch (error) {
      if (isGoModKitError(error, 'invalid_log', 'upstream_invalid')) return false;
      throw error;
    }
  }

  async #tile(path: string, options: CallOptions): Promise<Uint8Array> {
    const tile = tileOf(path);
    if (tile.w > maxWidth) throw absent(`${path}: tiles of this height are not served`);
    await this.#reach(tile, options);
    return tile.l < 0 ? this.#dataTile(tile, options) : readTileData(tile, this.client, options);
  }

  /** Resolves when the known tree has all of a tile. */
  async #reach(tile: Tile, options: CallOptions): Promise<void> {
    const { h, l, n, w } = tile;
    const end = ((n << BigInt(h)) + BigInt(w)) << BigInt(h * Math.max(l, 0));
    if (end <= ((await this.client.head(options))?.size ?? 0n)) return;
    // The client may know a newer tree from elsewhere.
    await this.#update(options);
    if (end <= ((await this.client.head(options))?.size ?? 0n)) return;
    if (this.#asked.failure !== undefined) throw this.#asked.failure;
    throw absent(`${tilePath(tile)} is beyond the tree of ${this.name}`);
  }

  async #dataTile(tile: Tile, options: CallOptions): Promise<Uint8Array> {
    const path = tilePath(tile);
    const first = tile.n << BigInt(tile.h);
    const indexes = Array.from({ length: tile.w }, (_, i) => storedHashIndex(0, first + BigInt(i)));
    const hashes = await this.client.readHashes(indexes, options);
    const proves = (data: Uint8Array): boolean => {
      try {
        return parseDataTile(data, tile.w).every((text, i) => equalBytes(recordHash(text), hashes[i] ?? nothing));
      } catch (error) {
        if (isGoModKitError(error, 'invalid_log')) return false;
        throw error;
      }
    };
    const kept = await this.#cache.get(path, options);
    if (kept !== undefined && proves(kept)) return kept;
    const data = await this.#remote(path, options);
    if (!proves(data)) throw this.#wrong(path, 'its records are not those of the tree');
    await this.#cache.put(path, data, { ...options, replace: kept !== undefined });
    return data;
  }

  /** The newest tree that clients can be given, signed. */
  async #latest(options: CallOptions): Promise<Uint8Array> {
    await this.#update(options);
    const head = await this.client.head(options);
    if (head === undefined) {
      if (this.#asked.failure !== undefined) throw this.#asked.failure;
      // The empty tree: there is nothing to know of it.
      const note = await this.#remote('latest', options);
      await this.client.merge(note, options);
      return note;
    }
    try {
      // Reading any hash proves and keeps the whole right edge, without which nobody can do anything with a tree.
      await this.client.readHashes([storedHashIndex(0, head.size - 1n)], options);
      this.#whole = head;
      return encodeUtf8(head.note);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (this.#whole === undefined || !isCouldNotAsk(error)) throw error;
      tell(this.#options.onError, error);
      return encodeUtf8(this.#whole.note);
    }
  }

  /** Asks for the latest tree, unless that was done a moment ago. A failure is for `#asked`: what is known stays known. */
  async #update(options: CallOptions): Promise<void> {
    const { latestTtl = defaultTtl, onError } = this.#options;
    if (this.#now() - this.#asked.at < latestTtl) return;
    let failure: unknown;
    try {
      await this.client.update(options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isCouldNotAsk(error)) throw error;
      tell(onError, error);
      failure = error;
    }
    this.#asked = { at: this.#now(), failure };
  }

  #wrong(path: string, why: string): GoModKitError {
    return new GoModKitError('upstream_invalid', `${path}: wrong answer of checksum database ${this.name}: ${why}`, {
      data: { database: this.name },
    });
  }
}

/** Failures of the database, not of what is kept here nor of the timeline. */
function isCouldNotAsk(error: unknown): boolean {
  return !isGoModKitError(error, 'checksum_misbehaviour', 'storage_unavailable', 'closed');
}

function moduleOf(path: string): ModuleVersion {
  const [, module = '', version = ''] = /^lookup\/([^@]*)@([^@]*)$/.exec(path) ?? [];
  return { path: unescapePath(module), version: unescapeVersion(version) };
}

function tileOf(path: string): Tile {
  try {
    return parseTilePath(path);
  } catch (error) {
    throw absent(error instanceof Error ? error.message : path);
  }
}

function absent(message: string): GoModKitError {
  return new GoModKitError('not_found', message);
}

/**
 * Asks nobody but what an unpacked bundle has beside its modules. Not `not_found`: what was not kept here may well be in the log.
 */
function unpacked(storage: Storage, database: string): SumdbRemote {
  return async (path, { signal }) => {
    const key = `sumdb/${database}/${path}`;
    const object = isKey(key) ? await storage.get(key, { signal }) : undefined;
    if (object !== undefined) return readAll(object.body, maxUnpacked);
    throw new GoModKitError(
      'upstream_unavailable',
      `the checksum database ${database} is not asked here, and its ${path} was not kept`,
      { data: { database, transient: false } },
    );
  };
}

/** Above any answer of a database. */
const maxUnpacked = 4 * 1024 * 1024;

function isPrivate({ path }: ModuleVersion, database: string): GoModKitError {
  return new GoModKitError(
    'denied',
    `${path} is private here, so its name is not passed on to ${database}; set GONOSUMDB or GOPRIVATE for it`,
    { data: { policy: 'GONOSUMDB', path, database } },
  );
}
