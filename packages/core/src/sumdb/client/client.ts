// A client of a checksum database (spec §12.9–12.13).
//
// Invariants:
// - Sums are taken only from a record whose hash was read, through authenticated tiles, from the newest known tree: never from the
//   rest of an answer (CVE-2026-56864). An answer without a line for what was asked proves nothing and is an error (CVE-2026-42501).
// - `not_found` means that the database answered that it has no such record. Whatever else fails is "could not find out", and two
//   trees that do not fit are `checksum_misbehaviour`, for good.
// - Nothing is kept before it is proved, in memory or elsewhere. Memory is bounded.

import { createSingleFlight, type SingleFlight } from '../../async/single-flight.ts';
import { equalBytes } from '../../bytes/utf8.ts';
import { type CacheSection, createByteCache } from '../../cache/byte-cache.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { escapePath, escapeVersion } from '../../module/escape.ts';
import { check, isCanonicalVersion, type ModuleVersion } from '../../module/version.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { newVerifier } from '../note/verifier.ts';
import { hashSize, recordHash } from '../tlog/hash.ts';
import { type NumberedRecord, parseRecord } from '../tlog/record-text.ts';
import { storedHashIndex } from '../tlog/stored-index.ts';
import { checkHeight } from '../tlog/tile.ts';
import type { HashReader } from '../tlog/tree.ts';
import type { Tree } from '../tlog/tree-text.ts';
import { forgivingCache, type SumdbCache } from './cache.ts';
import { checkDatabaseName, skippedPaths, verifierKeyOf } from './go-sumdb.ts';
import { memoryHeads } from './heads.ts';
import type { SignedTree } from './signed-tree.ts';
import type { SumdbClient, SumdbClientOptions, SumdbRecord } from './sumdb-client.ts';
import { tileReaders } from './tiles.ts';
import { Timeline } from './timeline.ts';

/** The most bytes of an answer: Go's limit for a tree text, and room for a record. */
const maxAnswer = 2 * 1024 * 1024;
const goModSuffix = '/go.mod';
const noLine = 'the answer has no line for it';

/**
 * Creates a client. It does nothing before the first call, and needs no closing.
 *
 * Throws `invalid_argument` for a malformed key, a database name that is not `host[/path]`, or a tile height out of range.
 *
 * @example
 * ```ts
 * import { upstreamSource } from '@gomodkit/core/source';
 * import { createSumdbClient } from '@gomodkit/core/sumdb';
 *
 * const upstream = upstreamSource('https://goproxy.example');
 * const client = createSumdbClient({
 *   key: 'sum.golang.org',
 *   remote: (path, options) => upstream.sumdb('sum.golang.org', path, options),
 * });
 * const { sums } = await client.lookup('rsc.io/quote', 'v1.5.2');
 * console.log(sums.zip, sums.goMod);
 * ```
 */
export function createSumdbClient(options: SumdbClientOptions): SumdbClient {
  return new Client(options);
}

class Client implements SumdbClient {
  readonly name: string;
  readonly skips: (path: string) => boolean;
  readonly #options: SumdbClientOptions;
  readonly #cache: SumdbCache;
  readonly #records: CacheSection<NumberedRecord>;
  readonly #flights: SingleFlight = createSingleFlight();
  readonly #timeline: Timeline;
  readonly #reader: (tree: Tree) => HashReader;

  constructor(options: SumdbClientOptions) {
    const { noSumdb = '', tileHeight: height = 8, memory: maxBytes = 16 * 1024 * 1024 } = options;
    const verifier = newVerifier(verifierKeyOf(options.key));
    checkDatabaseName(verifier.name);
    checkTileHeight(height);
    this.name = verifier.name;
    this.skips = skippedPaths(noSumdb);
    this.#options = options;
    this.#cache = forgivingCache(options.cache, options.onCacheError);
    const memory = createByteCache({ maxBytes, now: Date.now });
    this.#records = memory.section({ weigh: ({ text }) => 2 * text.length });
    this.#reader = tileReaders({
      database: this.name,
      height,
      readRemote: (path, call) => this.#readRemote(path, call),
      cache: this.#cache,
      memory: memory.section({ weigh: ({ length }) => length }),
      flights: this.#flights,
    });
    const { heads = memoryHeads() } = options;
    this.#timeline = new Timeline({ verifier, heads, flights: this.#flights, reader: this.#reader });
  }

  async lookup(path: string, version: string, { signal }: CallOptions = {}): Promise<SumdbRecord> {
    const bare = version.endsWith(goModSuffix) ? version.slice(0, -goModSuffix.length) : version;
    check(path, bare);
    if (!isCanonicalVersion(bare)) {
      throw new GoModKitError('invalid_version', `${path}@${bare}: invalid version: not canonical`);
    }
    if (this.skips(path)) throw skipped(path, this.name);
    const record = await this.#record({ path, version: bare }, signal);
    const lines = linesOf(record.text, path, version);
    if (lines.length === 0) throw this.#wrong(`${path}@${version}`, noLine);
    const sums = { zip: h1Of(record.text, path, bare), goMod: h1Of(record.text, path, bare + goModSuffix) };
    return { number: record.number, text: record.text, lines, sums };
  }

  async verify(path: string, version: string, sum: string, options: CallOptions = {}): Promise<void> {
    const { lines } = await this.lookup(path, version, options);
    const prefix = `${path} ${version} `;
    for (const line of lines) {
      if (line === prefix + sum) return;
      if (!line.startsWith(`${prefix}h1:`)) continue;
      const theirs = line.slice(prefix.length);
      throw new GoModKitError(
        'checksum_mismatch',
        `${path}@${version}: checksum mismatch\n\tdownloaded: ${sum}\n\t${this.name}: ${theirs}`,
        { data: { path, version, database: this.name, downloaded: sum, expected: theirs } },
      );
    }
    throw this.#wrong(`${path}@${version}`, 'the answer has no sum of a kind that can be compared');
  }

  async head({ signal }: CallOptions = {}): Promise<SignedTree | undefined> {
    await this.#timeline.load({ signal });
    const { known } = this.#timeline;
    return known.note === '' ? undefined : known;
  }

  async update({ signal }: CallOptions = {}): Promise<SignedTree | undefined> {
    const note = await this.#flights.run('latest', (own) => this.#readLatest({ signal: own }), signal);
    await this.merge(note, { signal });
    return this.head({ signal });
  }

  async merge(note: Uint8Array | string, { signal }: CallOptions = {}): Promise<void> {
    await this.#judged('its latest tree', () => this.#timeline.merge(note, { signal }));
  }

  async readHashes(indexes: readonly bigint[], { signal }: CallOptions = {}): Promise<readonly Uint8Array[]> {
    await this.#timeline.load({ signal });
    return this.#judged('its tree', () => this.#reader(this.#timeline.known).readHashes(indexes, { signal }));
  }

  async #record(module: ModuleVersion, signal: AbortSignal | undefined): Promise<NumberedRecord> {
    // Also for what is in memory: after misbehaviour nothing is verified any more.
    await this.#timeline.load({ signal });
    const key = `lookup/${escapePath(module.path)}@${escapeVersion(module.version)}`;
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const record = await this.#flights.run(key, (own) => this.#find(key, module, { signal: own }), signal);
    // Another lookup may have met misbehaviour meanwhile.
    this.#timeline.check();
    return record;
  }

  async #find(key: string, module: ModuleVersion, options: CallOptions): Promise<NumberedRecord> {
    const kept = await this.#cache.get(key, options);
    let record = kept && (await this.#authenticateKept(kept, module, options));
    if (record === undefined) {
      const answer = await this.#readRemote(key, options);
      record = await this.#authenticate(answer, module, options);
      await this.#cache.put(key, answer, { ...options, replace: kept !== undefined });
    }
    this.#records.set(key, record);
    return record;
  }

  /** Undefined when what was kept does not hold: then the database itself is asked. */
  async #authenticateKept(
    kept: Uint8Array,
    module: ModuleVersion,
    options: CallOptions,
  ): Promise<NumberedRecord | undefined> {
    try {
      return await this.#authenticate(kept, module, options);
    } catch (error) {
      if (!isGoModKitError(error, 'upstream_invalid')) throw error;
      this.#options.onCacheError?.(error);
      return undefined;
    }
  }

  async #authenticate(answer: Uint8Array, module: ModuleVersion, options: CallOptions): Promise<NumberedRecord> {
    const what = `${module.path}@${module.version}`;
    return this.#judged(what, async () => {
      const { number, text, rest } = parseRecord(answer);
      // Go takes an answer without a note for the empty timeline.
      if (rest.length > 0) await this.#timeline.merge(rest, options);
      const { known } = this.#timeline;
      if (number >= known.size)
        throw this.#wrong(what, `cannot validate record ${number} in tree of size ${known.size}`);
      const [hash] = await this.#reader(known).readHashes([storedHashIndex(0, number)], options);
      if (hash === undefined || !equalBytes(hash, recordHash(text))) {
        throw this.#wrong(what, 'cannot authenticate record data in server response');
      }
      // An authentic record of another module must not be kept under this one's name.
      if (mentions(text, module)) return { number, text };
      throw this.#wrong(what, noLine);
    });
  }

  async #readLatest(options: CallOptions): Promise<Uint8Array> {
    try {
      return await this.#readRemote('latest', options);
    } catch (error) {
      if (!isGoModKitError(error, 'not_found', 'gone')) throw error;
      throw this.#unavailable('it has no latest tree', error);
    }
  }

  async #readRemote(path: string, options: CallOptions): Promise<Uint8Array> {
    const bytes = await this.#ask(path, options);
    if (bytes.length <= maxAnswer) return bytes;
    throw this.#wrong(path, `the answer has ${bytes.length} bytes, more than ${maxAnswer}`);
  }

  async #ask(path: string, options: CallOptions): Promise<Uint8Array> {
    try {
      return await this.#options.remote(path, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isGoModKitError(error)) throw error;
      throw this.#unavailable(error instanceof Error ? error.message : String(error), error);
    }
  }

  #unavailable(why: string, cause: unknown): GoModKitError {
    return new GoModKitError('upstream_unavailable', `checksum database ${this.name} cannot be asked: ${why}`, {
      cause,
      data: { database: this.name },
    });
  }

  /** Runs `work`; what breaks the rules of notes and logs is a wrong answer of the database. */
  async #judged<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isGoModKitError(error, 'invalid_note', 'invalid_log')) throw error;
      throw this.#wrong(what, error.message, error);
    }
  }

  #wrong(what: string, why: string, cause?: unknown): GoModKitError {
    return new GoModKitError('upstream_invalid', `${what}: wrong answer of checksum database ${this.name}: ${why}`, {
      cause,
      data: { database: this.name },
    });
  }
}

function checkTileHeight(height: number): void {
  checkHeight(height);
  // A tile is an answer.
  if (2 ** height * hashSize <= maxAnswer) return;
  throw new GoModKitError('invalid_argument', `tile height ${height}: the client reads tiles of heights up to 16`);
}

function mentions(text: string, { path, version }: ModuleVersion): boolean {
  return [version, version + goModSuffix].some((each) => linesOf(text, path, each).length > 0);
}

function linesOf(text: string, path: string, version: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(`${path} ${version} `));
}

function h1Of(text: string, path: string, version: string): string | undefined {
  const prefix = `${path} ${version} `;
  return linesOf(text, path, version)
    .map((line) => line.slice(prefix.length))
    .find((sum) => sum.startsWith('h1:'));
}

function skipped(path: string, database: string): GoModKitError {
  return new GoModKitError('denied', `${path} is not asked of ${database}: it is on the GONOSUMDB list`, {
    data: { policy: 'GONOSUMDB', path, database },
  });
}
