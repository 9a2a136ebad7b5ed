// The index feed: every version that is published here, once, in the order of publication (formats.md §3).
//
// Invariants:
// - Reading writes nothing that it depends on: what fails besides the reading itself is tried again later.
// - A repository without a source and without publications of its own only reads.
// - The work of looking after others is done by one at a time in a process, at first use and then at most every few seconds.

import { raceAbort } from '../../async/abort.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { Series } from '../../series/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Settings } from '../options.ts';
import type { Store } from '../store.ts';
import { type Announcement, Announcements } from './announcements.ts';
import { openIndex } from './entries.ts';
import { createPendingNotes } from './pending.ts';
import { abandonAfter, Recovery, settleAge } from './recovery.ts';
import { Tail } from './tail.ts';

/** The writing side of the feed. */
export interface IndexFeed {
  readonly series: Series<ModuleVersion>;
  /** Announces a version that is about to be published. Rejects with `storage_unavailable` when the series cannot be read. */
  announce(version: ModuleVersion, signal: AbortSignal): Promise<Announcement>;
  /** Resolves when entries are there of all that this process has published, and of what others left, as far as that can be done. */
  settled(options: CallOptions): Promise<void>;
  /** Appends entries of stored versions that have none; resolves to how many. */
  rebuild(options: CallOptions): Promise<number>;
  /** Resolves when all that was published has its entry, or its note. */
  close(): Promise<void>;
}

/** Milliseconds between looks at what others left, while this process publishes. */
const watchInterval = 60_000;

/** Creates an {@link IndexFeed}. Does no I/O. */
export function createIndexFeed(settings: Settings, store: Store): IndexFeed {
  const { storage, now, limits } = settings;
  const series = openIndex(storage, { now, memory: limits.memory / 8 });
  const notes = createPendingNotes(store, storage, now);
  const tail = new Tail(series, settings);
  const announcements = new Announcements({ tail, notes, now, abandonAfter });
  const recovery = new Recovery({ series, store, notes, now, isOwn: (id) => announcements.isOwn(id) });
  const closing = new AbortController();
  let writes = settings.source !== undefined;
  let lastLook = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  /** Looks after others, unless that was done within `interval`. Never rejects. */
  const look = (interval: number): Promise<void> => {
    // A clock that was set back must not stop the looking.
    const rests = Math.abs(now() - lastLook) < interval;
    if (looking !== undefined || rests || !writes || closing.signal.aborted) return looking ?? Promise.resolve();
    lastLook = now();
    looking = recovery
      .run({ signal: closing.signal })
      .catch(() => {}) // tried again at the next look
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  return {
    series,
    async announce(version, signal) {
      await raceAbort(tail.open(), signal);
      writes = true;
      const announcement = announcements.announce(version);
      void look(watchInterval);
      return announcement;
    },
    async settled({ signal }) {
      await raceAbort(Promise.all([announcements.flush(), look(settleAge)]), signal);
    },
    rebuild: ({ signal }) => {
      const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      return recovery.backfill({ signal: either });
    },
    async close() {
      closing.abort(new GoModKitError('closed', 'the repository is closed'));
      await looking;
      await announcements.idle();
    },
  };
}
