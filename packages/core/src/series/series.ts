// An append-only log on create-if-absent alone (DESIGN §3, "Series"): no locks, no leases, any number of instances.
//
// Invariants:
// - Batch n exists only if batch n − 1 does; create-if-absent gives each number to one writer.
// - An append either is in the series exactly once or is not: a lost answer is settled by looking for the nonce under the number
//   that was tried, and a writer moves on to another number only after it saw somebody else's batch there.
// - Indexes have no gaps, times strictly ascend: max(now, last + 1 µs).

import { hex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { checkKeyPrefix } from '../storage/key.ts';
import { orAborted } from '../storage/plugin.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import {
  type BatchHead,
  batchKey,
  batchNumber,
  batchOf,
  decodeBatch,
  encodeBatch,
  maxBatchNumber,
  type SeriesBatch,
} from './batch.ts';
import { type GetBatch, type ReadSeriesOptions, readSeries } from './read.ts';
import { type SeriesPlace, seekSeries } from './seek.ts';
import type { Micros } from './time.ts';
import { isRetryable, Tries } from './tries.ts';

/** Options of {@link openSeries}. */
export interface SeriesOptions<Value> {
  /** Checks and types a value that was read. What it throws makes the batch corrupt. Default: values are taken as they are. */
  readonly parse?: ((value: unknown) => Value) | undefined;
  /** The clock, in microseconds since 1970. */
  readonly now?: (() => Micros) | undefined;
  /** How often one append tries before it gives up: each failed try means that another writer won or the storage failed. Default 100. */
  readonly attempts?: number | undefined;
  /** How many batches are read ahead. Default 8. */
  readonly readAhead?: number | undefined;
  /** Remembers batches, which never change. Default: none but the newest. */
  readonly cache?: BatchCache<Value> | undefined;
}

/** A memory for batches, by number. It may forget any of them at any time. */
export interface BatchCache<Value> {
  get(number: number): SeriesBatch<Value> | undefined;
  set(number: number, batch: SeriesBatch<Value>): void;
}

/** Options of {@link Series.append}. */
export interface AppendOptions extends CallOptions {
  /**
   * Append as this very batch or not at all: rejects with `conflict` when somebody else's batch has that number. For writers whose
   * entries depend on what the series holds: read to the end, decide, append with `number` = last + 1, and on a conflict read on.
   */
  readonly number?: number | undefined;
  /** Recognises this append; give the same one to try again after a crash with the same `number`. Default: random. */
  readonly nonce?: string | undefined;
}

/** An append-only log, shared by every instance that opens it on the same storage. */
export interface Series<Value> {
  /**
   * Appends entries at once, in order; resolves when they are durable and visible to every reader. An in-process queue keeps
   * appends of one Series from racing each other.
   *
   * Rejects with `invalid_argument` without entries, `limit_exceeded` above 8 MiB, `conflict` when `number` is taken,
   * `storage_unavailable` when the storage failed or the attempts are used up. After a rejection other than `conflict` the entries
   * may be in the series all the same; calling again with the same `nonce` and `number` settles it.
   */
  append(entries: readonly Value[], options?: AppendOptions): Promise<SeriesBatch<Value>>;
  /** The newest batch; undefined when there is none. */
  latest(options?: CallOptions): Promise<SeriesBatch<Value> | undefined>;
  /** One batch; undefined when it is not there (yet). */
  get(number: number, options?: CallOptions): Promise<SeriesBatch<Value> | undefined>;
  /** Batches in order, from a number to the end as it is when it gets there. Polling is `read({ from: last + 1 })`: one miss when nothing is new. */
  read(options?: ReadSeriesOptions): AsyncGenerator<SeriesBatch<Value>, void, void>;
  /** The number of the first batch with an entry at or after a place; one past the newest batch when there is none. In log₂(n) reads. */
  seek(place: SeriesPlace, options?: CallOptions): Promise<number>;
}

/**
 * Opens the series whose keys begin with `prefix`, which must lie below `.gomodkit/`. Opening does no I/O; a series without
 * batches is empty.
 *
 * Throws `invalid_key` for a prefix that no key can have, `invalid_argument` for one outside `.gomodkit/`.
 *
 * @example
 * ```ts
 * import { memoryStorage } from '@gomodkit/core/storage';
 * import { formatMicros, openSeries } from '@gomodkit/core/series';
 *
 * const feed = openSeries<{ path: string; version: string }>(memoryStorage(), '.gomodkit/index');
 * await feed.append([{ path: 'example.com/m', version: 'v1.0.0' }]);
 * for await (const { entries } of feed.read()) {
 *   for (const { time, value } of entries) console.log(formatMicros(time), value.path, value.version);
 * }
 * ```
 */
export function openSeries<Value>(storage: Storage, prefix: string, options: SeriesOptions<Value> = {}): Series<Value> {
  checkKeyPrefix(`${prefix}/`);
  if (!prefix.startsWith('.gomodkit/')) {
    throw new GoModKitError('invalid_argument', `series prefix ${JSON.stringify(prefix)}: want one below ".gomodkit/"`);
  }
  return new StoredSeries(storage, prefix, options);
}

class StoredSeries<Value> implements Series<Value> {
  readonly #storage: Storage;
  readonly #prefix: string;
  readonly #parse: (value: unknown) => Value;
  readonly #now: () => Micros;
  readonly #attempts: number;
  readonly #readAhead: number;
  readonly #cache: BatchCache<Value> | undefined;
  /** The newest batch that was seen: a hint where to begin, never an answer. */
  #seen: SeriesBatch<Value> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(storage: Storage, prefix: string, options: SeriesOptions<Value>) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#parse = options.parse ?? ((value) => value as Value);
    this.#now = options.now ?? (() => Date.now() * 1000);
    this.#attempts = options.attempts ?? 100;
    this.#readAhead = options.readAhead ?? 8;
    this.#cache = options.cache;
  }

  async append(entries: readonly Value[], options: AppendOptions = {}): Promise<SeriesBatch<Value>> {
    options.signal?.throwIfAborted();
    if (entries.length === 0) throw new GoModKitError('invalid_argument', 'an append needs at least one entry');
    const before = this.#queue;
    let done = (): void => {};
    this.#queue = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      await orAborted(before, options.signal);
      return await this.#append([...entries], options);
    } finally {
      // Whoever waits behind an aborted append must still wait for the one before it.
      before.then(done, done);
    }
  }

  async latest(options: CallOptions = {}): Promise<SeriesBatch<Value> | undefined> {
    const number = await this.#newest(options);
    if (number === undefined) return undefined;
    if (this.#seen?.number === number) return this.#seen;
    return this.#get(number, options.signal);
  }

  async get(number: number, options: CallOptions = {}): Promise<SeriesBatch<Value> | undefined> {
    if (!Number.isSafeInteger(number) || number < 0) {
      throw new GoModKitError('invalid_argument', `batch number ${number}: want a whole number from 0`);
    }
    return this.#get(number, options.signal);
  }

  read(options: ReadSeriesOptions = {}): AsyncGenerator<SeriesBatch<Value>, void, void> {
    const get: GetBatch<Value> = (number, call) => this.get(number, call);
    return readSeries({ get, newest: (call) => this.#newest(call) }, this.#readAhead, options);
  }

  async seek(place: SeriesPlace, options: CallOptions = {}): Promise<number> {
    return seekSeries((number, call) => this.get(number, call), await this.latest(options), place, options);
  }

  /** The number of the newest batch. */
  async #newest({ signal }: CallOptions): Promise<number | undefined> {
    const { objects } = await this.#storage.list({ prefix: `${this.#prefix}/`, limit: 1, signal });
    const [newest] = objects;
    if (newest === undefined) return undefined;
    const number = batchNumber(this.#prefix, newest.key);
    if (number !== undefined) return number;
    throw new GoModKitError('storage_unavailable', `${newest.key} does not belong into the series ${this.#prefix}`, {
      data: { key: newest.key, transient: false },
    });
  }

  async #get(number: number, signal: AbortSignal | undefined): Promise<SeriesBatch<Value> | undefined> {
    if (number > maxBatchNumber) return undefined;
    const known = this.#cache?.get(number);
    if (known !== undefined) return known;
    const object = await this.#storage.get(batchKey(this.#prefix, number), { signal });
    if (object === undefined) return undefined;
    const batch = await decodeBatch(object, number, this.#parse);
    if (number >= (this.#seen?.number ?? 0)) this.#seen = batch;
    this.#cache?.set(number, batch);
    return batch;
  }

  async #append(values: readonly Value[], options: AppendOptions): Promise<SeriesBatch<Value>> {
    const { signal } = options;
    const nonce = options.nonce ?? randomNonce();
    const tries = new Tries(this.#attempts, this.#prefix);
    let last = await this.#before(options);
    for (;;) {
      const head = this.#next(last, nonce);
      const found = await this.#take(head, values, tries, signal);
      if (found.nonce === nonce) return found;
      if (options.number !== undefined) throw taken(this.#prefix, found.number);
      await tries.lost(signal);
      last = found;
    }
  }

  /** The batch after which an append goes. */
  async #before({ number, signal }: AppendOptions): Promise<SeriesBatch<Value> | undefined> {
    if (number === undefined) return this.latest({ signal });
    if (number === 0) return undefined;
    if (this.#seen?.number === number - 1) return this.#seen;
    const last = await this.get(number - 1, { signal });
    if (last !== undefined) return last;
    throw new GoModKitError(
      'invalid_argument',
      `batch ${number} of ${this.#prefix} cannot follow ${number - 1}, which is absent`,
    );
  }

  #next(last: SeriesBatch<Value> | undefined, nonce: string): BatchHead {
    const end = last?.entries.at(-1);
    const now = Math.floor(this.#now());
    if (last === undefined || end === undefined) return { number: 0, first: 0, time: now, nonce };
    return { number: last.number + 1, first: end.index + 1, time: Math.max(now, end.time + 1), nonce };
  }

  /** Offers a batch for its number until that number is settled; resolves to the batch that has it, ours or not. */
  async #take(
    head: BatchHead,
    values: readonly Value[],
    tries: Tries,
    signal: AbortSignal | undefined,
  ): Promise<SeriesBatch<Value>> {
    const key = batchKey(this.#prefix, head.number);
    // The same bytes at each try: which of them arrives makes no difference.
    const source = bytesSource(encodeBatch(head, values));
    for (;;) {
      let fault: unknown;
      try {
        const { created } = await this.#storage.create(key, source, { signal, contentType: 'application/json' });
        if (created) return this.#remember(batchOf(head, values));
      } catch (error) {
        if (signal?.aborted || !isRetryable(error)) throw error;
        fault = error;
      }
      const found = await this.#look(head.number, tries, signal);
      if (found !== undefined) return found;
      await tries.failed(fault, signal);
    }
  }

  /** A batch by number, with retries. */
  async #look(number: number, tries: Tries, signal: AbortSignal | undefined): Promise<SeriesBatch<Value> | undefined> {
    for (;;) {
      try {
        return await this.#get(number, signal);
      } catch (error) {
        if (signal?.aborted || !isRetryable(error)) throw error;
        await tries.failed(error, signal);
      }
    }
  }

  #remember(batch: SeriesBatch<Value>): SeriesBatch<Value> {
    this.#seen = batch;
    this.#cache?.set(batch.number, batch);
    return batch;
  }
}

function taken(prefix: string, number: number): GoModKitError {
  return new GoModKitError('conflict', `batch ${number} of ${prefix} was appended by somebody else`, {
    data: { number },
  });
}

function randomNonce(): string {
  return hex(crypto.getRandomValues(new Uint8Array(12)));
}
