// What the index feed is made of, and where it is kept.
//
// Invariants:
// - An entry names one version; its time is its place in the series, strictly ascending, so no two entries share an instant.
// - What is read back is checked: a value that is no version makes its batch corrupt, never a hole in the feed.

import { decodeUtf8, encodeUtf8 } from '../../bytes/utf8.ts';
import { createByteCache } from '../../cache/byte-cache.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/index.ts';
import { formatMicros, type Micros, openSeries, type Series, type SeriesBatch } from '../../series/index.ts';
import type { Storage } from '../../storage/storage.ts';

/** The series of the feed. */
export const indexPrefix = '.gomodkit/index';

/** Where versions wait whose `.info` may be there and whose entry is not yet. */
export const pendingPrefix = '.gomodkit/index-pending';

/** There when every version of the time before the feed has its entry. */
export const backfilledKey = '.gomodkit/index-backfill/complete.json';

/** The most entries of one batch, of a pending key, and of a page. */
export const maxEntries = 2000;

/** Batches read at once: where publications come one by one, a page is 2,000 of them, and round trips are what it costs. */
const readAhead = 32;

/** What a pending key holds. */
export interface PendingRecord {
  /**
   * A batch number such that no earlier batch has an entry of these versions: the end of the series as it was seen before their `.info`
   * was seen to be absent.
   */
  readonly from: number;
  readonly versions: readonly ModuleVersion[];
}

/** What {@link openIndex} is told. */
export interface OpenIndexOptions {
  /** In milliseconds. */
  readonly now: () => number;
  /** Bytes for batches that are kept in memory: clients follow the end, and page by page. */
  readonly memory: number;
}

/** Opens the series of the feed. */
export function openIndex(storage: Storage, { now, memory }: OpenIndexOptions): Series<ModuleVersion> {
  // Room of its own: whoever reads the whole feed must not push hot answers out of memory.
  const batches = createByteCache({ maxBytes: memory, now }).section<SeriesBatch<ModuleVersion>>({ weigh: weightOf });
  return openSeries(storage, indexPrefix, {
    parse: versionOf,
    now: () => now() * 1000,
    attempts: 3,
    readAhead,
    cache: { get: (number) => batches.get(String(number)), set: (number, batch) => batches.set(String(number), batch) },
  });
}

/** Bytes of a batch in memory, estimated. */
function weightOf({ entries }: SeriesBatch<ModuleVersion>): number {
  return entries.reduce((sum, { value }) => sum + 2 * (value.path.length + value.version.length) + 200, 200);
}

/** `path@version`. */
export function nameOf({ path, version }: ModuleVersion): string {
  return `${path}@${version}`;
}

/** Versions, each once, in their order. */
export function distinct(versions: readonly ModuleVersion[]): ModuleVersion[] {
  return [...new Map(versions.map((each) => [nameOf(each), { path: each.path, version: each.version }])).values()];
}

/** An instant as Go prints it: RFC 3339 in UTC, a fraction without trailing zeros (formats.md §3). */
export function formatTimestamp(time: Micros): string {
  return formatMicros(time).replace(/\.?0*Z$/, 'Z');
}

/** The bytes of a pending record. */
export function encodePending({ from, versions }: PendingRecord): Uint8Array {
  return encodeUtf8(`${JSON.stringify({ v: 1, from, versions })}\n`);
}

/** Reads a pending record; undefined when the bytes are none. */
export function decodePending(bytes: Uint8Array): PendingRecord | undefined {
  try {
    return pendingOf(JSON.parse(decodeUtf8(bytes) ?? ''));
  } catch {
    return undefined;
  }
}

/** Checks a pending record. Throws `invalid_argument`. */
export function pendingOf(value: unknown): PendingRecord {
  const { from, versions } = (value ?? {}) as { readonly from?: unknown; readonly versions?: unknown };
  if (!Number.isSafeInteger(from) || (from as number) < 0 || !Array.isArray(versions)) throw noEntry(value);
  return { from: from as number, versions: versions.map(versionOf) };
}

function versionOf(value: unknown): ModuleVersion {
  const { path, version } = (value ?? {}) as { readonly path?: unknown; readonly version?: unknown };
  if (typeof path !== 'string' || typeof version !== 'string') throw noEntry(value);
  return { path, version };
}

function noEntry(value: unknown): GoModKitError {
  const text = JSON.stringify(value) ?? String(value);
  return new GoModKitError('invalid_argument', `${text.slice(0, 200)} is no entry of the index`);
}
