// A signed, append-only log on a storage: no locks, any number of instances (DESIGN §3, spec §12.16).
//
// Invariants:
// - The unsigned batch is committed first, under the number after the last that its writer has read; what was appended is acknowledged
//   when it is durable. Trees are derived from batches, and signed, afterwards. So no crash and no race signs two trees of one size, or
//   loses what was acknowledged.
// - A writer knows all records before its own: a key is recorded once, however many write.
// - Whatever is served belongs to a head that is stored.

import { raceAbort, sleep } from '../../async/abort.ts';
import { createLimiter } from '../../async/limiter.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { createByteCache } from '../../cache/byte-cache.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { tell } from '../../errors/tell.ts';
import { openSeries, type Series } from '../../series/index.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import type { Signer } from '../note/signer.ts';
import type { Verifiers } from '../note/verifier.ts';
import { isValidRecordText } from '../tlog/record-text.ts';
import type { HashReader } from '../tlog/tree.ts';
import { maxRecordBytes } from './entries.ts';
import { GroupCommit, type Waiting } from './group-commit.ts';
import { type HeadTexts, headSigner } from './head.ts';
import { type LogKeys, logKeys } from './log-keys.ts';
import { LogState, type SignedEdge } from './log-state.ts';
import { type LogRecord, readLookup } from './lookup.ts';
import { Serial } from './serial.ts';
import { damaged, type StoredObjects, storedObjects } from './stored-objects.ts';
import { LogTiles } from './tiles.ts';

/** Options of {@link SignedLog}. */
export interface SignedLogOptions {
  readonly storage: Storage;
  readonly signer: Signer;
  /** What is signed for each tree. */
  readonly texts: HeadTexts;
  /** The key of a record: no two have the same. Default: records have none. */
  readonly keyOf?: ((text: string) => string | undefined) | undefined;
  /** The most bytes of tiles and records kept in memory. Default 16 MiB. */
  readonly memory?: number | undefined;
  /** Told of failures that no caller waits for: of signing and storing what is derived, which is done again later. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const mostRecords = 1024;
const mostBytes = 3 * 1024 * 1024;
const mostLosses = 200;
const findsAtOnce = 16;

/** A log. */
export class SignedLog {
  readonly name: string;
  /** `NAME+HASH+KEY`. */
  readonly key: string;
  readonly verifiers: Verifiers;
  readonly keys: LogKeys;
  readonly objects: StoredObjects;
  readonly #tiles: LogTiles;
  readonly #series: Series<string>;
  readonly #state: LogState;
  readonly #keyOf: (text: string) => string | undefined;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #found;
  readonly #serial = new Serial();
  readonly #finds = createLimiter(findsAtOnce);
  readonly #groups: GroupCommit<string, number>;
  #nextRefresh: Promise<SignedEdge> | undefined;

  constructor(options: SignedLogOptions) {
    const { storage, signer, texts, keyOf = () => undefined, memory: maxBytes = 16 * 1024 * 1024 } = options;
    const heads = headSigner(signer, texts);
    const memory = createByteCache({ maxBytes, now: Date.now });
    const keys = logKeys(signer.name);
    const objects = storedObjects(storage);
    const series = openSeries<string>(storage, keys.batches, { parse: checkRecordText });
    const tiles = new LogTiles({ keys, objects, series, memory: memory.section({ weigh: ({ length }) => length }) });
    this.name = signer.name;
    this.key = heads.key;
    this.verifiers = heads.verifiers;
    this.keys = keys;
    this.objects = objects;
    this.#tiles = tiles;
    this.#series = series;
    this.#state = new LogState({ keys, objects, series, tiles, signer: heads, keyOf });
    this.#keyOf = keyOf;
    this.#onError = options.onError;
    this.#found = memory.section<LogRecord>({ weigh: ({ text }) => 2 * text.length + 64 });
    this.#groups = new GroupCommit({
      mostItems: mostRecords,
      mostWeight: mostBytes,
      commit: (group) => this.#serial.run(() => this.#commit(group)),
      afterwards: () => this.#derive(),
    });
  }

  /**
   * Appends records; resolves to their numbers when they are durable. A record that is there already keeps its number. Each is on its
   * own: when one rejects, others of the same call may have been appended.
   */
  async append(texts: readonly string[], { signal }: CallOptions = {}): Promise<number[]> {
    signal?.throwIfAborted();
    for (const text of texts) checkRecordText(text);
    const numbers = texts.map((text) => this.#groups.add(text, encodeUtf8(text).length));
    // All of them, so that whoever hears of a refusal knows that nothing is under way any more.
    const settled = await raceAbort(Promise.allSettled(numbers), signal);
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    });
  }

  /** The record with a key, as far as this process knows without reading on. */
  async find(key: string, options: CallOptions = {}): Promise<LogRecord | undefined> {
    const known = this.#state.fromTail(key) ?? this.#found.get(key);
    if (known !== undefined) return known;
    const stored = await this.objects.read(this.keys.lookup(key), options);
    if (stored === undefined) return undefined;
    const record = readLookup(stored);
    if (record === undefined || this.#keyOf(record.text) !== key) {
      throw damaged(this.keys.lookup(key), `is no record of ${key}`);
    }
    this.#found.set(key, record);
    return record;
  }

  /** The newest head, with what others have appended until now. */
  async refresh({ signal }: CallOptions = {}): Promise<SignedEdge> {
    // Joined only before it begins: afterwards it may have missed what was appended before this call.
    this.#nextRefresh ??= this.#serial.run(() => {
      this.#nextRefresh = undefined;
      return this.#state.refresh();
    });
    return raceAbort(this.#nextRefresh, signal);
  }

  /** A head of at least `size` records: one that is known, else the newest, which may be smaller. */
  async headOf(size: number, options: CallOptions = {}): Promise<SignedEdge> {
    const { signed } = this.#state;
    return signed !== undefined && signed.head.size >= size ? signed : this.refresh(options);
  }

  /** The first `w` hashes of tile `n` of level `l`; undefined where the log is not as large. */
  async row(l: number, n: number, w: number, options: CallOptions = {}): Promise<Uint8Array | undefined> {
    const { edge } = await this.headOf((n * 256 + w) * 256 ** l, options);
    return this.#tiles.row(edge, l, n, w, options);
  }

  /** The first `w` records from `256 n` on; undefined where the log is not as large. */
  async records(n: number, w: number, options: CallOptions = {}): Promise<readonly string[] | undefined> {
    const { edge } = await this.headOf(n * 256 + w, options);
    return this.#tiles.records(edge, n, w, options);
  }

  /** Hashes of the tree of a head, for proofs. */
  hashReader({ edge }: SignedEdge): HashReader {
    return this.#tiles.hashReader(edge);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#groups.idle();
    await this.#serial.idle();
  }

  async #commit(group: readonly Waiting<string, number>[]): Promise<void> {
    for (let losses = 0; losses < mostLosses; losses++) {
      await this.#state.catchUp();
      const number = this.#state.nextBatch;
      const { fresh, settle } = await this.#judge(group);
      if (fresh.length === 0) return settle(0);
      try {
        const batch = await this.#series.append(fresh, { number });
        this.#state.take(batch);
        return settle(batch.entries[0]?.index ?? 0);
      } catch (error) {
        if (!isGoModKitError(error, 'conflict')) throw error;
      }
      // Full jitter, so that writers which met once do not meet again.
      await sleep(Math.random() * Math.min(2 ** losses, 64));
    }
    throw new GoModKitError(
      'storage_unavailable',
      `append to the log ${this.name}: other writers were faster each time`,
      {
        data: { transient: true },
      },
    );
  }

  /** Which records of a group are to be appended, and how to settle all once the first of these has its number. */
  async #judge(
    group: readonly Waiting<string, number>[],
  ): Promise<{ readonly fresh: readonly string[]; readonly settle: (first: number) => void }> {
    const known = await Promise.all(group.map(({ item }) => this.#finds.run(() => this.#findRecord(item))));
    const fresh: string[] = [];
    const own = new Map<string, { readonly at: number; readonly text: string }>();
    const settlements = group.map(({ item, resolve, reject }, i) => {
      const key = this.#keyOf(item);
      const stored = known[i];
      const earlier = key === undefined ? undefined : own.get(key);
      const text = stored?.text ?? earlier?.text ?? item;
      if (text !== item) return () => reject(otherSums(this.name, text, item));
      if (stored !== undefined) return () => resolve(stored.number);
      const at = earlier?.at ?? fresh.push(item) - 1;
      if (key !== undefined) own.set(key, { at, text });
      return (first: number) => resolve(first + at);
    });
    const settle = (first: number): void => {
      for (const each of settlements) each(first);
    };
    return { fresh, settle };
  }

  async #findRecord(text: string): Promise<LogRecord | undefined> {
    const key = this.#keyOf(text);
    return key === undefined ? undefined : this.find(key);
  }

  async #derive(): Promise<void> {
    try {
      await this.#serial.run(() => this.#state.derive());
    } catch (error) {
      tell(this.#onError, error);
    }
  }
}

function otherSums(name: string, stored: string, offered: string): GoModKitError {
  return new GoModKitError('conflict', `the log ${name} has another record of that:\n${stored}offered:\n${offered}`, {
    data: { log: name, stored, offered },
  });
}

function checkRecordText(text: unknown): string {
  if (typeof text !== 'string' || !isValidRecordText(text)) {
    throw new GoModKitError('invalid_argument', 'a record is lines of text without control characters and empty lines');
  }
  if (text.length * 3 <= maxRecordBytes || encodeUtf8(text).length <= maxRecordBytes) return text;
  throw new GoModKitError('limit_exceeded', `a record has at most ${maxRecordBytes} bytes`, {
    data: { limit: maxRecordBytes },
  });
}
