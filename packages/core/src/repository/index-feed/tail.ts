// The end of the series: where entries are appended, each version once.
//
// Invariants:
// - Whoever appends a version has read every batch from one that is older than its `.info` to the last, found no entry of it, and
//   appends with the number behind that last. If another batch takes the number, it is read first. So of any number of writers,
//   finishers and backfills, in any processes, one appends it.
// - A watch sees every batch from its `from` on: this process reads and writes the end in one line, without gaps.

import { isGoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { Series, SeriesBatch } from '../../series/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Settings } from '../options.ts';
import { distinct, maxEntries, nameOf } from './entries.ts';

/** A version of which entries are looked out for. */
export interface Watch extends ModuleVersion {
  /** The first batch that is looked at. */
  readonly from: number;
  /** Whether there is an entry. */
  indexed: boolean;
}

/** The end of the series as this process follows it. */
export class Tail {
  readonly #series: Series<ModuleVersion>;
  readonly #clock: Pick<Settings, 'now' | 'sleep'>;
  readonly #watches = new Map<string, Set<Watch>>();
  #opening: Promise<void> | undefined;
  /** When the end was looked for, in milliseconds. */
  #opened: number | undefined;
  /** The number of the first batch that was not seen. */
  #next = 0;

  constructor(series: Series<ModuleVersion>, clock: Pick<Settings, 'now' | 'sleep'>) {
    this.#series = series;
    this.#clock = clock;
  }

  /** Finds the end, and again when nobody looked for a while: others may have moved it far. */
  open(): Promise<void> {
    const known = this.#opened !== undefined;
    if (known && (this.#watches.size > 0 || Math.abs(this.#clock.now() - (this.#opened ?? 0)) < followFor)) {
      return this.#opening ?? Promise.resolve();
    }
    this.#opening ??= this.#find().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #find(): Promise<void> {
    const newest = await this.#series.latest();
    // Nobody may miss a batch because we jump over it.
    if (this.#watches.size === 0) this.#next = Math.max(this.#next, (newest?.number ?? -1) + 1);
    this.#opened = this.#clock.now();
  }

  /** Looks out for an entry of a version from here on. Only after {@link open}. */
  watch({ path, version }: ModuleVersion): Watch {
    const watch = { path, version, from: this.#next, indexed: false };
    const name = nameOf(watch);
    const known = this.#watches.get(name);
    if (known === undefined) this.#watches.set(name, new Set([watch]));
    else known.add(watch);
    return watch;
  }

  /** Ends a watch. */
  unwatch(watch: Watch): void {
    const name = nameOf(watch);
    const known = this.#watches.get(name);
    if (known?.delete(watch) && known.size === 0) this.#watches.delete(name);
  }

  /** Appends entries for those that have none; resolves when all have one. One call at a time. */
  async append(watches: readonly Watch[]): Promise<void> {
    for (let faults = 0; ; ) {
      const missing = distinct(watches.filter(({ indexed }) => !indexed));
      if (missing.length === 0) return;
      const batch = await offer(this.#series, this.#next, missing, {});
      if (batch instanceof Error) {
        const delay = faultDelays[faults++];
        if (delay === undefined) throw batch;
        await this.#clock.sleep(delay);
      }
      if (batch === undefined || batch instanceof Error) await this.#read();
      else this.#see(batch);
    }
  }

  async #read(): Promise<void> {
    for await (const other of this.#series.read({ from: this.#next })) this.#see(other);
  }

  #see({ number, entries }: SeriesBatch<ModuleVersion>): void {
    this.#next = number + 1;
    this.#opened = this.#clock.now();
    for (const { value } of entries) {
      for (const watch of this.#watches.get(nameOf(value)) ?? []) watch.indexed = true;
    }
  }
}

/** Milliseconds for which the end is believed to be near where it was seen. */
const followFor = 10_000;

/** Milliseconds before an append whose outcome is not known is looked after. */
const faultDelays: readonly number[] = [50, 200, 800];

/** The batch that was appended; undefined when the number is taken; an error when that is not known. */
async function offer(
  series: Series<ModuleVersion>,
  number: number,
  versions: readonly ModuleVersion[],
  options: CallOptions,
): Promise<SeriesBatch<ModuleVersion> | undefined | Error> {
  try {
    return await series.append(versions, { number, signal: options.signal });
  } catch (error) {
    if (isGoModKitError(error, 'conflict')) return undefined;
    // The entries may be there all the same: only reading tells.
    if (isGoModKitError(error, 'storage_unavailable') && error.data.transient !== false) return error;
    throw error;
  }
}

/**
 * Appends entries for those of `versions` that have none from batch `from` on; resolves to how many it appended. The caller knows
 * that no earlier batch has any, and that their `.info` is there.
 */
export async function appendMissing(
  series: Series<ModuleVersion>,
  from: number,
  versions: readonly ModuleVersion[],
  options: CallOptions,
): Promise<number> {
  const missing = new Map(distinct(versions).map((each) => [nameOf(each), each]));
  let next = from;
  let added = 0;
  const see = ({ number, entries }: SeriesBatch<ModuleVersion>): void => {
    next = number + 1;
    for (const { value } of entries) missing.delete(nameOf(value));
  };
  for (let faults = 0; missing.size > 0; ) {
    for await (const batch of series.read({ from: next, signal: options.signal })) see(batch);
    const group = [...missing.values()].slice(0, maxEntries);
    if (group.length === 0) break;
    const batch = await offer(series, next, group, options);
    if (batch instanceof Error && ++faults === faultDelays.length) throw batch;
    if (batch === undefined || batch instanceof Error) continue;
    see(batch);
    added += group.length;
  }
  return added;
}
