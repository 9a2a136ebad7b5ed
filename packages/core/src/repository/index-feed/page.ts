// Pages of the feed.
//
// Invariants:
// - Entries come in the order of their times; a page ends where the next one begins, so nothing is skipped and nothing comes twice.
// - A page reads a bounded number of batches and entries, wherever in the feed it is and however few entries pass its filters: it may
//   be short or empty and still have a successor.
// - Versions that the gate denies are left out by default, and then nobody learns from the feed that they exist.

import { createLimiter } from '../../async/limiter.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/index.ts';
import { type Micros, parseMicros, type Series, type SeriesBatch, type SeriesEntry } from '../../series/index.ts';
import type { Captured } from '../captured.ts';
import { type Gate, timeOf } from '../gate.ts';
import { checkModulePath, targetOf } from '../keys.ts';
import { badCursor, badOption, formatCursor, type IndexPlace, parseCursor } from './cursor.ts';
import { formatTimestamp, maxEntries } from './entries.ts';
import type { IndexEntry, IndexOptions, IndexPage } from './types.ts';

/** What a page is made from. */
export interface IndexReader {
  readonly series: Series<ModuleVersion>;
  readonly captured: Captured;
  readonly gate: Gate;
}

/** The most batches that one page reads, and the most entries that it looks at. */
export const pageBounds = { batches: 4000, entries: 100_000 } as const;

/** How many modules are judged at once. */
const judgeAtOnce = 8;

type Entry = SeriesEntry<ModuleVersion>;

/** Options that make sense. */
interface Query {
  readonly since: Micros | undefined;
  readonly limit: number;
  readonly place: IndexPlace | undefined;
  matches(entry: Entry): boolean;
}

/** Checks the options of a page. Throws `invalid_argument` with `data.option`, `invalid_path` for a module that is none. */
export function checkIndexOptions(options: IndexOptions): Query {
  const { since, limit = maxEntries, cursor, prefix, module, include } = options;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    const given = Number.isNaN(limit) ? 'that is no number' : limit;
    throw badOption('limit', `limit ${given}: want a whole number from 1 to ${maxEntries}`);
  }
  if (include !== undefined && include !== 'all') throw badOption('include', `include ${include}: want "all" or none`);
  if (since !== undefined && cursor !== undefined) {
    throw badOption('cursor', 'a cursor says itself where to begin: give either since or cursor');
  }
  if (module !== undefined) checkModulePath(module);
  const root = prefix?.replace(/\/$/, '');
  if (root === '')
    throw badOption('prefix', 'an empty prefix: want the beginning of module paths, such as golang.org/x');
  const instant = since === undefined ? undefined : instantOf(since);
  return {
    since: instant,
    limit: Math.min(limit, maxEntries),
    place: cursor === undefined ? undefined : parseCursor(cursor),
    matches: ({ time, value: { path } }) =>
      (instant === undefined || time >= instant) &&
      (module === undefined || path === module) &&
      (root === undefined || path === root || path.startsWith(`${root}/`)),
  };
}

function instantOf(since: string | Date): Micros {
  const text = typeof since === 'string' ? since : Number.isNaN(since.getTime()) ? '' : since.toISOString();
  const micros = parseMicros(text);
  if (micros !== undefined) return micros;
  throw badOption(
    'since',
    `since ${JSON.stringify(text.slice(0, 60))}: want RFC 3339, such as 2006-01-02T15:04:05.999999Z`,
  );
}

/** Reads a page. */
export async function readPage(reader: IndexReader, options: IndexOptions): Promise<IndexPage> {
  const { signal } = options;
  const query = checkIndexOptions(options);
  const page = new Page(reader, options, query, await startOf(reader, query, options));
  for await (const batch of reader.series.read({ from: page.place.batch, signal })) {
    if (await page.take(batch)) return page.answer(true);
  }
  return page.answer(false);
}

async function startOf({ series }: IndexReader, query: Query, options: IndexOptions): Promise<IndexPlace> {
  const { signal, cursor = '' } = options;
  const { since, place } = query;
  if (since !== undefined) return { batch: await series.seek({ time: since }, { signal }), offset: 0 };
  if (place === undefined || (place.batch === 0 && place.offset === 0)) return { batch: 0, offset: 0 };
  const batch = await series.get(place.batch, { signal });
  if (batch === undefined && (await series.get(Math.max(place.batch - 1, 0), { signal })) === undefined) {
    throw badCursor(cursor, 'it is behind the end of this index');
  }
  if (place.offset > 0 && place.offset >= (batch?.entries.length ?? 0)) {
    throw badCursor(cursor, 'this index has no such place');
  }
  return place;
}

/** A page under construction. */
class Page {
  readonly #reader: IndexReader;
  readonly #options: IndexOptions;
  readonly #query: Query;
  readonly #entries: IndexEntry[] = [];
  #batches = 0;
  #looked = 0;
  /** What comes next. */
  place: IndexPlace;

  constructor(reader: IndexReader, options: IndexOptions, query: Query, place: IndexPlace) {
    this.#reader = reader;
    this.#options = options;
    this.#query = query;
    this.place = place;
  }

  /** Takes what it may of the next batch; resolves to whether the page is finished. */
  async take({ number, entries }: SeriesBatch<ModuleVersion>): Promise<boolean> {
    this.#batches++;
    while (this.place.batch === number && !this.#isFull()) {
      await this.#takeSome(number, entries);
    }
    return this.#isFull();
  }

  answer(more: boolean): IndexPage {
    return { entries: this.#entries, cursor: formatCursor(this.place), more };
  }

  #isFull(): boolean {
    // Bounds count whole batches: the page ends where one ends, or where its last entry does.
    const tired = this.#batches >= pageBounds.batches || this.#looked >= pageBounds.entries;
    return this.#entries.length >= this.#query.limit || (tired && this.place.offset === 0);
  }

  /** No more than still fit, so that what is judged is mostly what is shown. */
  async #takeSome(number: number, entries: readonly Entry[]): Promise<void> {
    const room = this.#query.limit - this.#entries.length;
    const matching: Entry[] = [];
    let offset = this.place.offset;
    for (; offset < entries.length && matching.length < room; offset++) {
      const entry = entries[offset];
      if (entry !== undefined && this.#query.matches(entry)) matching.push(entry);
    }
    this.#looked += offset - this.place.offset;
    this.place = offset < entries.length ? { batch: number, offset } : { batch: number + 1, offset: 0 };
    for (const { time, value } of await this.#shown(matching)) {
      this.#entries.push({ path: value.path, version: value.version, timestamp: formatTimestamp(time) });
    }
  }

  async #shown(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const judged = this.#options.include === 'all' ? entries : await this.#allowed(entries);
    const { filter } = this.#options;
    if (filter === undefined) return judged;
    const passed: Entry[] = [];
    for (const entry of judged) if ((await filter(entry.value)) === true) passed.push(entry);
    return passed;
  }

  async #allowed(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const { gate } = this.#reader;
    const { signal } = this.#options;
    const limiter = createLimiter(judgeAtOnce);
    const modules = new Map<string, string[]>();
    for (const { value } of entries) {
      const versions = modules.get(value.path);
      if (versions === undefined) modules.set(value.path, [value.version]);
      else versions.push(value.version);
    }
    const allowed = new Map<string, ReadonlySet<string>>();
    const judge = async (path: string, versions: readonly string[]): Promise<void> => {
      const judged = await gate.judge(path, versions, (version) => this.#commitTime(path, version), { signal });
      allowed.set(path, new Set(judged.allowed));
    };
    await Promise.all([...modules].map((each) => limiter.run(() => judge(...each), signal)));
    return entries.filter(({ value }) => allowed.get(value.path)?.has(value.version) === true);
  }

  /** What a policy may ask for. A version that is no longer there counts as absent. */
  async #commitTime(path: string, version: string): Promise<Date | undefined> {
    const file = await this.#reader.captured.info(targetOf(path, version), this.#options.signal);
    if (file === undefined) throw new GoModKitError('not_found', `${path}@${version} is no longer there`);
    return timeOf(file.info);
  }
}
