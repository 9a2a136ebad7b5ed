// Which versions are withdrawn, as this process knows it.
//
// Invariants:
// - No answer rests on a state older than `maxAge`: it is renewed behind requests from `pollInterval` on, and before them from `maxAge` on. A
//   poll costs one read when nothing is new. There is no timer, so an idle process asks nothing.
// - While the storage cannot be read the last known state counts for `tolerance`; then nothing is answered, as nobody knows what was
//   withdrawn meanwhile. A state that was never read counts for nothing. A fault speaks for its moment: the storage that failed an
//   hour ago is asked again before anything is answered.
// - What this process has written counts at once, or its state does not count until it was read again.
// - Ages are differences of this process's own clock; one that was set back renews. Order is that of the series alone.

import { linkedController, raceAbort } from '../../async/abort.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { openSeries, type Series } from '../../series/index.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import {
  everyVersion,
  parseRecord,
  recordOf,
  type StoredRecord,
  type Withdrawal,
  type WithdrawalRecord,
} from './record.ts';

/** How quickly withdrawals of other processes take effect, in milliseconds. */
export interface WithdrawalOptions {
  /**
   * How old the known withdrawals may be before storage is asked behind a request. From twice this on, requests wait for it: so
   * withdrawals take effect everywhere within twice this. Default 5,000; 0 asks before every answer.
   */
  readonly pollInterval?: number | undefined;
  /** How long the last known withdrawals count while storage cannot be read; then requests fail. Default 300,000. */
  readonly tolerance?: number | undefined;
}

/** {@link WithdrawalOptions} with every number filled in. */
export type WithdrawalSettings = Readonly<Record<keyof WithdrawalOptions, number>>;

/** What counts where the embedder names nothing. */
export const withdrawalDefaults: WithdrawalSettings = { pollInterval: 5_000, tolerance: 300_000 };

/** The withdrawals of a storage. */
export interface Register {
  /** Undefined when what is known counts; else settles when it does. Rejects with `storage_unavailable`, or the signal's reason. */
  ready(options: CallOptions): Promise<void> | undefined;
  /** What is known of a version, or of all versions of its module. */
  find(path: string, version: string): Withdrawal | undefined;
  /** Whether something of the module is withdrawn. */
  concerns(path: string): boolean;
  /** Everything that is withdrawn, in no order that means anything. */
  all(): Iterable<Withdrawal>;
  /** Reads to the end of the series. */
  sync(options: CallOptions): Promise<void>;
  /** Appends a record and lets it take effect here. */
  append(record: StoredRecord, options: CallOptions): Promise<WithdrawalRecord>;
  /** Every record, oldest first, from storage. */
  history(options: CallOptions): AsyncGenerator<WithdrawalRecord>;
  close(reason: unknown): Promise<void>;
}

/** Where the series is. */
export const withdrawalsKey = '.gomodkit/withdrawals';

/** A poll that takes longer has failed. */
const pollTimeout = 5_000;
/** Nor does a failing storage get asked more often than this. */
const failurePause = 1_000;
/** Many small objects: what counts when they are read for the first time is how many reads are under way. */
const readAhead = 64;

/** Options of {@link createRegister}. */
export interface RegisterOptions {
  /** With retries. */
  readonly storage: Storage;
  readonly settings: WithdrawalSettings;
  readonly now: () => number;
  /** Told of every record that takes effect. */
  readonly onRecord: (record: WithdrawalRecord) => void;
}

/** Creates a {@link Register}. Does no I/O. */
export function createRegister(options: RegisterOptions): Register {
  return new StoredRegister(options);
}

class StoredRegister implements Register {
  readonly #options: RegisterOptions;
  readonly #series: Series<StoredRecord>;
  readonly #lifetime = new AbortController();
  readonly #modules = new Map<string, Map<string, Withdrawal>>();
  /** The number of the first batch that was not read yet. */
  #next = 0;
  /** When the series was last known to be read to its end; undefined: never, or not since we wrote to it. */
  #checked: number | undefined;
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  #polling: Promise<void> | undefined;
  /** How often this process has written. */
  #writes = 0;

  constructor(options: RegisterOptions) {
    this.#options = options;
    const now = () => Math.floor(options.now() * 1000);
    this.#series = openSeries(options.storage, withdrawalsKey, { parse: parseRecord, now, readAhead });
  }

  // The signal may be one that is made when it is looked at: a warm answer does not.
  ready(options: CallOptions): Promise<void> | undefined {
    const { pollInterval, tolerance } = this.#options.settings;
    const age = this.#age(this.#checked);
    if (age < pollInterval) return undefined;
    if (this.#failure === undefined || this.#age(this.#failure.at) >= failurePause) this.#polling ??= this.#poll();
    const failed =
      this.#failure !== undefined && this.#age(this.#failure.at) < Math.max(2 * pollInterval, failurePause);
    if (age < 2 * pollInterval || (failed && age < tolerance)) return undefined;
    return this.#renewed(options.signal);
  }

  find(path: string, version: string): Withdrawal | undefined {
    const versions = this.#modules.get(path);
    return versions?.get(version) ?? versions?.get(everyVersion);
  }

  concerns(path: string): boolean {
    return this.#modules.has(path);
  }

  *all(): Generator<Withdrawal> {
    for (const versions of this.#modules.values()) yield* versions.values();
  }

  async sync({ signal }: CallOptions): Promise<void> {
    // One that is under way may have passed the end already.
    while (this.#polling !== undefined) await raceAbort(this.#polling, signal);
    this.#polling = this.#poll();
    await raceAbort(this.#polling, signal);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async append(record: StoredRecord, { signal }: CallOptions): Promise<WithdrawalRecord> {
    try {
      const { entries } = await this.#series.append([record], { signal });
      const [entry] = entries;
      if (entry === undefined) throw new Error('a batch without entries');
      return recordOf(entry);
    } finally {
      // Also where it failed: its answer may have been lost.
      this.#writes++;
      this.#checked = undefined;
      await this.sync({}).catch(() => {});
    }
  }

  async *history(options: CallOptions): AsyncGenerator<WithdrawalRecord> {
    for await (const { entries } of this.#series.read(options)) yield* entries.map(recordOf);
  }

  async close(reason: unknown): Promise<void> {
    this.#lifetime.abort(reason);
    await this.#polling;
  }

  #age(at: number | undefined): number {
    const age = at === undefined ? Number.POSITIVE_INFINITY : this.#options.now() - at;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }

  /** Waits for the poll that is under way, and judges what then is known. */
  async #renewed(signal: AbortSignal | undefined): Promise<void> {
    if (this.#polling !== undefined) await raceAbort(this.#polling, signal);
    if (this.#failure === undefined || this.#age(this.#checked) < this.#options.settings.tolerance) return;
    throw this.#failure.error;
  }

  /** Never rejects. */
  async #poll(): Promise<void> {
    const at = this.#options.now();
    const writes = this.#writes;
    const watch = watchProgress(this.#lifetime.signal);
    try {
      await raceAbort(this.#readOn(watch), watch.signal);
      if (writes === this.#writes) this.#checked = at;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = { error: faultOf(error), at: this.#options.now() };
    } finally {
      watch.stop();
      this.#polling = undefined;
    }
  }

  async #readOn({ signal, progress }: Watch): Promise<void> {
    for await (const { number, entries } of this.#series.read({ from: this.#next, signal })) {
      progress();
      // A poll that was given up may still be reading.
      if (number !== this.#next) continue;
      this.#next++;
      for (const entry of entries) this.#apply(recordOf(entry));
    }
  }

  #apply(record: WithdrawalRecord): void {
    const { path, version } = record;
    const versions = this.#modules.get(path);
    if (record.type === 'withdraw') {
      const { type: _, ...withdrawal } = record;
      if (versions === undefined) this.#modules.set(path, new Map([[version, withdrawal]]));
      else versions.set(version, withdrawal);
    } else if (versions?.delete(version) && versions.size === 0) {
      this.#modules.delete(path);
    }
    this.#options.onRecord(record);
  }
}

interface Watch {
  /** Aborted when nothing has moved for a while. */
  readonly signal: AbortSignal;
  progress(): void;
  stop(): void;
}

function watchProgress(lifetime: AbortSignal): Watch {
  const { controller, release } = linkedController(lifetime);
  const giveUp = (): void => controller.abort(new DOMException('storage does not answer', 'TimeoutError'));
  let timer = setTimeout(giveUp, pollTimeout);
  let armed = performance.now();
  return {
    signal: controller.signal,
    progress() {
      if (performance.now() - armed < pollTimeout / 4) return;
      clearTimeout(timer);
      timer = setTimeout(giveUp, pollTimeout);
      armed = performance.now();
    },
    stop() {
      clearTimeout(timer);
      release();
    },
  };
}

function faultOf(cause: unknown): GoModKitError {
  if (isGoModKitError(cause, 'closed')) return cause;
  const transient = !isGoModKitError(cause) || cause.data.transient !== false;
  const message = 'it cannot be found out which versions are withdrawn, so none is served';
  return new GoModKitError('storage_unavailable', message, { cause, data: { key: withdrawalsKey, transient } });
}
