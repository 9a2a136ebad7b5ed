// Entries that a crash cut off, and versions from before the feed.
//
// Invariants:
// - A note of somebody else is left alone while it is young: most are settled within moments by who wrote them.
// - A note is settled when each of its versions has an entry, or is so old that whoever wrote it has given up: then each `.info` that is
//   still absent is looked at once more after the note is gone.
// - A note with a version whose `.info` may still come is read once, then looked at rarely and from where the series ended then.
// - The backfill is done once per storage: a marker key says so. It lists what is stored, oldest capture first, and appends what has no
//   entry, by the same rule as everybody else; so several at once do no harm, and one that is interrupted is begun anew.

import { bytesSource } from '../../bytes/source.ts';
import { compareUtf8, encodeUtf8 } from '../../bytes/utf8.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { Series } from '../../series/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { targetOf } from '../keys.ts';
import type { Store } from '../store.ts';
import { type StoredVersion, storedVersions } from '../stored-versions.ts';
import { backfilledKey, nameOf, type PendingRecord } from './entries.ts';
import type { PendingNote, PendingNotes } from './pending.ts';
import { appendMissing } from './tail.ts';

/** Milliseconds for which a note is left to who wrote it. */
export const settleAge = 5000;

/** Milliseconds after which a note without `.info` is taken for given up: much more than any publication takes. */
export const abandonAfter: number = 24 * 3600_000;

/** Milliseconds between looks at a note whose `.info` has not come. */
const doubtInterval = 60_000;

/** Notes that one pass looks into. */
const notesPerPass = 1000;

/** Stored versions that are sorted by their time of capture: some fifty megabytes. */
const sliceLength = 250_000;

/** What {@link Recovery} works with. */
export interface RecoveryOptions {
  readonly series: Series<ModuleVersion>;
  readonly store: Store;
  readonly notes: PendingNotes;
  readonly now: () => number;
  readonly isOwn: (id: string) => boolean;
}

/** A note that was looked into. */
interface Doubt {
  /** What of it is still open. */
  readonly record: PendingRecord;
  readonly nextLook: number;
}

/** Brings the feed in step with what is stored. */
export class Recovery {
  readonly #options: RecoveryOptions;
  #doubts: ReadonlyMap<string, Doubt> = new Map();
  #backfilled = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Finishes what others have left, and what was stored before there was a feed. */
  async run(options: CallOptions): Promise<void> {
    await this.#finishNotes(options);
    if (this.#backfilled) return;
    const { store } = this.#options;
    if ((await store.head(backfilledKey, options.signal)) === undefined) {
      await this.backfill(options);
      await store.create(backfilledKey, bytesSource(encodeUtf8('{"v":1}\n')), 'application/json', options.signal);
    }
    this.#backfilled = true;
  }

  /** Appends entries for stored versions that have none; resolves to how many. */
  async backfill(options: CallOptions): Promise<number> {
    let added = 0;
    let slice: StoredVersion[] = [];
    const append = async (): Promise<void> => {
      const versions = slice.sort(byCapture);
      slice = [];
      added += await appendMissing(this.#options.series, 0, versions, options);
    };
    for await (const stored of storedVersions(this.#options.store, options)) {
      slice.push(stored);
      if (slice.length === sliceLength) await append();
    }
    await append();
    return added;
  }

  async #finishNotes(options: CallOptions): Promise<void> {
    const { notes, now, isOwn } = this.#options;
    const doubts = new Map<string, Doubt>();
    let looks = 0;
    for await (const note of notes.left(options)) {
      const age = now() - note.written;
      const known = this.#doubts.get(note.id);
      if (known !== undefined) doubts.set(note.id, known);
      // What was written in the future was written by another clock, which says nothing about its age.
      const isYoung = Math.abs(age) < settleAge;
      if (isYoung || isOwn(note.id) || (known !== undefined && now() < known.nextLook)) continue;
      if (++looks > notesPerPass) break;
      const doubt = await this.#finish(note, age, known, options);
      if (doubt === undefined) doubts.delete(note.id);
      else doubts.set(note.id, doubt);
    }
    this.#doubts = doubts;
  }

  /** Resolves to what stays open. */
  async #finish(
    note: PendingNote,
    age: number,
    known: Doubt | undefined,
    options: CallOptions,
  ): Promise<Doubt | undefined> {
    const { notes, now, series } = this.#options;
    const record = known?.record ?? (await note.read());
    // Taken before the look at `.info`, so that no entry of what is absent now can stand before it.
    const end = ((await series.latest(options))?.number ?? -1) + 1;
    const absent = record === undefined ? [] : await this.#index(record, options);
    if (absent.length > 0 && age <= abandonAfter) {
      return { record: { from: end, versions: absent }, nextLook: now() + doubtInterval };
    }
    if (record !== undefined || age > abandonAfter) await notes.settle(note.id);
    // One that came between the look and the end of the note would be nobody's.
    if (absent.length > 0) await this.#index({ from: end, versions: absent }, options);
    return undefined;
  }

  /** Appends entries for the versions of a record whose `.info` is there; resolves to the others. */
  async #index({ from, versions }: PendingRecord, options: CallOptions): Promise<readonly ModuleVersion[]> {
    const { store, series } = this.#options;
    const present: ModuleVersion[] = [];
    const absent: ModuleVersion[] = [];
    for (const version of versions) {
      const key = infoKeyOf(version);
      // A note that names what can be no version was not written by us.
      if (key === undefined) continue;
      ((await store.head(key, options.signal)) === undefined ? absent : present).push(version);
    }
    await appendMissing(series, from, present, options);
    return absent;
  }
}

function infoKeyOf({ path, version }: ModuleVersion): string | undefined {
  try {
    return targetOf(path, version).info;
  } catch {
    return undefined;
  }
}

function byCapture(a: StoredVersion, b: StoredVersion): number {
  return a.captured.getTime() - b.captured.getTime() || compareUtf8(nameOf(a), nameOf(b));
}
