// The durable notes of versions whose entry must follow: one key each, and a log where nothing can be deleted.
//
// Invariants:
// - A note is durable before `write` resolves, and stays until it is settled: whoever comes after a crash finds it.
// - Finding what is left costs what is left, not what ever was: settled notes are deleted. Where the storage cannot delete, notes are
//   batches of a series of their own, and another series says how many of them, from the first on, are settled.
// - Settling is best effort: a note that stays although its entries are there is found again, and settled again.

import { hex } from '../../bytes/hex.ts';
import { bytesSource } from '../../bytes/source.ts';
import { openSeries } from '../../series/index.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { listAll, type Store } from '../store.ts';
import { decodePending, encodePending, type PendingRecord, pendingOf, pendingPrefix } from './entries.ts';

/** A note that nobody has settled. */
export interface PendingNote {
  readonly id: string;
  /** Milliseconds since 1970, by the storage's clock. */
  readonly written: number;
  /** Undefined where it was settled meanwhile. */
  read(): Promise<PendingRecord | undefined>;
}

/** Keeps notes. */
export interface PendingNotes {
  /** Writes a note; resolves to its id. */
  write(record: PendingRecord): Promise<string>;
  /** A note is no longer needed. */
  settle(id: string): Promise<void>;
  /** What is there. */
  left(options: CallOptions): AsyncGenerator<PendingNote, void, void>;
}

/** Notes in `storage`, by whichever means it has. */
export function createPendingNotes(store: Store, storage: Storage, now: () => number): PendingNotes {
  return store.canDelete ? keyedNotes(store) : loggedNotes(storage, now);
}

/** More than 2,000 versions with long names have. */
const noteLimit = 8 * 1024 * 1024;

function keyedNotes(store: Store): PendingNotes {
  const prefix = `${pendingPrefix}/keys/`;
  return {
    async write(record) {
      const id = `${prefix}${hex(crypto.getRandomValues(new Uint8Array(12)))}.json`;
      // Nobody else has this name: not created means that an earlier attempt of ours arrived.
      await store.create(id, bytesSource(encodePending(record)), 'application/json');
      return id;
    },
    async settle(id) {
      await store.delete(id);
    },
    async *left(options) {
      for await (const { key, modified } of listAll(store, prefix, options)) {
        const read = async (): Promise<PendingRecord | undefined> => {
          const stored = await store.read(key, noteLimit, options.signal);
          return stored && decodePending(stored.bytes);
        };
        yield { id: key, written: modified.getTime(), read };
      }
    },
  };
}

/** How many notes are settled before that is written down. */
const checkpointEvery = 100;

function loggedNotes(storage: Storage, now: () => number): PendingNotes {
  const clock = (): number => now() * 1000;
  const log = openSeries(storage, `${pendingPrefix}/log`, { parse: pendingOf, now: clock, attempts: 10 });
  const checkpoints = openSeries(storage, `${pendingPrefix}/settled`, { parse: Number, now: clock, attempts: 3 });
  /** Settled notes behind `upTo`, which all notes before are. */
  const settled = new Set<number>();
  let upTo: number | undefined;
  let written = 0;

  const start = async (options: CallOptions): Promise<number> => {
    if (upTo !== undefined) return upTo;
    const newest = await checkpoints.latest(options);
    written = newest?.entries.at(-1)?.value ?? 0;
    upTo ??= written;
    return upTo;
  };

  return {
    write: async (record) => String((await log.append([record])).number),
    async settle(id) {
      let end = await start({});
      settled.add(Number(id));
      while (settled.delete(end)) end++;
      upTo = end;
      if (end - written < checkpointEvery) return;
      written = end;
      await checkpoints.append([end]);
    },
    async *left(options) {
      for await (const { number, entries } of log.read({ from: await start(options), signal: options.signal })) {
        const [entry] = entries;
        if (entry === undefined || settled.has(number)) continue;
        yield { id: String(number), written: entry.time / 1000, read: async () => entry.value };
      }
    },
  };
}
