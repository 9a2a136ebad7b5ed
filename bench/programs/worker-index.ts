// Pages of an index feed of any length, which is written straight into the storage.

import { createRepository, memoryStorage } from '@gomodkit/core';
import { openSeries } from '@gomodkit/core/series';
import { bytesSource, type Storage } from '@gomodkit/core/storage';

/** How long the feed is, and how many pages to read. */
export interface IndexPagesRequest {
  readonly entries: number;
  readonly pages: number;
}

const batch = 2000;

/** What a page cost, on average. */
export interface IndexPagesAnswer {
  readonly milliseconds: number;
  /** Storage calls. */
  readonly calls: number;
}

interface Feed {
  readonly page: (since: string) => Promise<number>;
  readonly calls: () => number;
}

/** Feeds that were made, by their length. */
const feeds = new Map<number, Promise<Feed>>();

/** Reads pages that begin at instants all over the feed. */
export async function indexPages({ entries, pages }: IndexPagesRequest): Promise<IndexPagesAnswer> {
  const known = feeds.get(entries) ?? makeFeed(entries);
  feeds.set(entries, known);
  const feed = await known;
  const [before, start] = [feed.calls(), performance.now()];
  for (let i = 0; i < pages; i++) {
    const at = Math.floor(((i + 0.5) / pages) * (entries - batch));
    const shown = await feed.page(new Date(instantOf(at)).toISOString());
    if (shown !== batch) throw new Error(`a page of ${shown} entries`);
  }
  return { milliseconds: (performance.now() - start) / pages, calls: (feed.calls() - before) / pages };
}

/** A second for each batch. */
function instantOf(entry: number): number {
  return Date.parse('2026-01-01T00:00:00Z') + Math.floor(entry / batch) * 1000;
}

async function makeFeed(entries: number): Promise<Feed> {
  const storage = memoryStorage();
  let written = 0;
  const series = openSeries(storage, '.gomodkit/index', { now: () => instantOf(written) * 1000 });
  for (; written < entries; written += batch) {
    const length = Math.min(batch, entries - written);
    const versions = Array.from({ length }, (_, i) => ({
      path: `example.com/group${(written + i) % 97}/module${(written + i) % 10_007}`,
      version: `v1.0.${written + i}`,
    }));
    await series.append(versions);
  }
  await storage.create('.gomodkit/index-backfill/complete.json', bytesSource(new Uint8Array(1)));
  let calls = 0;
  const count = <T>(call: T): T => {
    calls++;
    return call;
  };
  const counted: Storage = {
    get: (...args) => count(storage.get(...args)),
    head: (...args) => count(storage.head(...args)),
    list: (...args) => count(storage.list(...args)),
    create: (...args) => count(storage.create(...args)),
  };
  const repository = createRepository({ storage: counted, offline: true });
  return { page: async (since) => (await repository.index({ since })).entries.length, calls: () => calls };
}
