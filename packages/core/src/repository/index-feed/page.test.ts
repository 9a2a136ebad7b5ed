// Pages: filters, cursors, bounds, and what a gate hides. The model is an array.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSeries, parseMicros } from '../../series/index.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Policy } from '../repository.ts';
import { aroundStorage, put, setUp } from '../testdata/fixture.ts';
import { backfilledKey, formatTimestamp, indexPrefix } from './entries.ts';
import { pageBounds } from './page.ts';
import { allEntries, labels } from './testdata/feed.ts';
import type { IndexOptions } from './types.ts';

interface Version {
  readonly path: string;
  readonly version: string;
}

/** A storage with these batches, one second after the other. */
async function feedOf(batches: readonly (readonly Version[])[]): Promise<Storage> {
  const storage = memoryStorage();
  let now = Date.parse('2026-01-01T00:00:00Z') * 1000;
  const series = openSeries<Version>(storage, indexPrefix, { now: () => now });
  for (const batch of batches) {
    await series.append(batch);
    now += 1_000_000;
  }
  await put(storage, backfilledKey, '{"v":1}');
  return storage;
}

const v = (name: string): Version => {
  const [path = '', version = ''] = name.split('@');
  return { path, version };
};

const golden = [
  ['golang.org/x/text@v0.3.0', 'golang.org/x/text@v0.4.0', 'golang.org/xerrors@v0.1.0'],
  ['github.com/BurntSushi/toml@v1.0.0'],
  ['golang.org/x/net@v0.1.0', 'golang.org/x@v0.0.1'],
  ['example.com/m/v2@v2.0.0', 'example.com/m@v1.0.0+incompatible'],
].map((batch) => batch.map(v));

const all = labels(golden.flat());

async function goldenPage(options: IndexOptions, policy?: Policy) {
  const { repository } = setUp({}, { storage: await feedOf(golden), policy });
  const { entries, more } = await repository.index(options);
  return { entries: labels(entries), more };
}

describe('a page', () => {
  it('has times of microseconds as Go prints them', async () => {
    const { repository } = setUp({}, { storage: await feedOf(golden) });
    expect((await repository.index()).entries.map(({ timestamp }) => timestamp)).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00.000001Z',
      '2026-01-01T00:00:00.000002Z',
      '2026-01-01T00:00:01Z',
      '2026-01-01T00:00:02Z',
      '2026-01-01T00:00:02.000001Z',
      '2026-01-01T00:00:03Z',
      '2026-01-01T00:00:03.000001Z',
    ]);
    expect([997_264, 500_000, 120, 0].map((rest) => formatTimestamp(1_554_923_332_000_000 + rest))).toEqual([
      '2019-04-10T19:08:52.997264Z',
      '2019-04-10T19:08:52.5Z',
      '2019-04-10T19:08:52.00012Z',
      '2019-04-10T19:08:52Z',
    ]);
  });

  it.each<[string, IndexOptions, readonly string[], boolean]>([
    ['of everything', {}, all, false],
    ['with a limit', { limit: 2 }, all.slice(0, 2), true],
    ['with a limit beyond the maximum', { limit: 100_000 }, all, false],
    ['since an instant, inclusive', { since: '2026-01-01T00:00:02Z' }, all.slice(4), false],
    ['since an instant in a batch', { since: '2026-01-01T00:00:02.000001Z' }, all.slice(5), false],
    ['since nanoseconds, which round up', { since: '2026-01-01T00:00:02.0000000001Z' }, all.slice(5), false],
    ['since an instant of another zone', { since: '2026-01-01T01:00:03+01:00' }, all.slice(6), false],
    ['since a date', { since: new Date('2026-01-01T00:00:01Z') }, all.slice(3), false],
    ['since before', { since: '1999-01-01T00:00:00Z', limit: 1 }, all.slice(0, 1), true],
    ['since after', { since: '2030-01-01T00:00:00Z' }, [], false],
    ['below a prefix, by elements', { prefix: 'golang.org/x' }, [all[0], all[1], all[4], all[5]] as string[], false],
    ['below a prefix with a slash', { prefix: 'golang.org/x/' }, [all[0], all[1], all[4], all[5]] as string[], false],
    ['of a module', { module: 'golang.org/x/text' }, all.slice(0, 2), false],
    ['of a module with upper case', { module: 'github.com/BurntSushi/toml' }, all.slice(3, 4), false],
    ['of a module that is not there', { module: 'example.com/absent' }, [], false],
    ['of both', { module: 'golang.org/x/text', prefix: 'example.com' }, [], false],
    [
      'of what a filter lets through',
      { filter: async ({ version }) => version === 'v0.1.0' },
      [all[2], all[4]] as string[],
      false,
    ],
  ])('%s', async (_, options, entries, more) => {
    expect(await goldenPage(options)).toEqual({ entries, more });
  });

  it.each<[string, IndexOptions, string]>([
    ['limit', { limit: 0 }, 'want a whole number'],
    ['limit', { limit: 1.5 }, 'want a whole number'],
    ['limit', { limit: Number.NaN }, 'want a whole number'],
    ['since', { since: 'yesterday' }, 'want RFC 3339'],
    ['since', { since: '' }, 'want RFC 3339'],
    ['since', { since: '2026-02-31T00:00:00Z' }, 'want RFC 3339'],
    ['since', { since: new Date(Number.NaN) }, 'want RFC 3339'],
    ['include', { include: 'some' as 'all' }, 'want "all"'],
    ['prefix', { prefix: '' }, 'an empty prefix'],
    ['prefix', { prefix: '/' }, 'an empty prefix'],
    ['cursor', { cursor: '' }, 'none of ours'],
    ['cursor', { cursor: 'abc' }, 'none of ours'],
    ['cursor', { cursor: btoa('1:1:0x') }, 'none of ours'],
    ['cursor', { cursor: btoa('1:01:0').replace(/=/g, '') }, 'none of ours'],
    ['cursor', { cursor: `${btoa('1:1:0').replace(/=/g, '')}=` }, 'none of ours'],
    ['cursor', { cursor: btoa('1:99:0').replace(/=/g, '') }, 'behind the end'],
    ['cursor', { cursor: btoa('1:0:7').replace(/=/g, '') }, 'no such place'],
    ['cursor', { cursor: btoa('1:4:1').replace(/=/g, '') }, 'no such place'],
    ['cursor', { cursor: btoa('1:0:0').replace(/=/g, ''), since: '2026-01-01T00:00:00Z' }, 'either since or cursor'],
  ])('refuses a bad %s %o', async (option, options, text) => {
    const error = await goldenPage(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'invalid_argument', data: { option } });
    expect((error as Error).message).toContain(text);
  });

  it('refuses a module that is none', async () => {
    await expect(goldenPage({ module: 'no dots' })).rejects.toMatchObject({ code: 'invalid_path' });
  });

  it('goes on at its cursor, also at the end, when there is more', async () => {
    const storage = await feedOf(golden.slice(0, 2));
    const { repository } = setUp({}, { storage });
    const page = await repository.index();
    expect(page.more).toBe(false);
    expect((await repository.index({ cursor: page.cursor })).entries).toEqual([]);
    await openSeries<Version>(storage, indexPrefix).append([v('example.com/new@v1.0.0')]);
    expect(labels((await repository.index({ cursor: page.cursor })).entries)).toEqual(['example.com/new@v1.0.0']);
  });
});

describe('withdrawn and denied versions', () => {
  const policy: Policy = ({ path }) =>
    path.startsWith('golang.org/x/') ? { allow: false, policy: 'p', reason: 'r' } : { allow: true };

  it('are left out, unless all are wanted', async () => {
    const allowed = all.filter((name) => !name.startsWith('golang.org/x/'));
    expect(await goldenPage({}, policy)).toEqual({ entries: allowed, more: false });
    expect(await goldenPage({ limit: 3 }, policy)).toEqual({ entries: allowed.slice(0, 3), more: true });
    expect(await goldenPage({ include: 'all' }, policy)).toEqual({ entries: all, more: false });
  });

  it('are known when they are withdrawn', async () => {
    const storage = await feedOf(golden);
    const { repository } = setUp({}, { storage });
    await repository.withdraw({ ...v('golang.org/x/net@v0.1.0'), status: 'block', reason: 'bad', author: 'me' });
    expect(labels((await repository.index()).entries)).toEqual(
      all.filter((name) => name !== 'golang.org/x/net@v0.1.0'),
    );
    expect(labels((await repository.index({ include: 'all' })).entries)).toEqual(all);
    await repository.close();
  });

  it('are judged by their commit time where a policy asks for it', async () => {
    const storage = await feedOf([['example.com/a@v1.0.0', 'example.com/a@v1.1.0', 'example.com/gone@v1.0.0'].map(v)]);
    const infos = { 'v1.0.0': '2001-01-01T00:00:00Z', 'v1.1.0': '2025-01-01T00:00:00Z' };
    for (const [version, Time] of Object.entries(infos)) {
      await put(storage, `example.com/a/@v/${version}.info`, JSON.stringify({ Version: version, Time }));
    }
    const old: Policy = ({ time }) =>
      time === undefined || time.getUTCFullYear() < 2010
        ? { allow: true }
        : { allow: false, policy: 'p', reason: 'new' };
    const { repository } = setUp({}, { storage, policy: old });
    expect(labels((await repository.index()).entries)).toEqual(['example.com/a@v1.0.0']);
  });

  it('reject the page when the policy cannot decide', async () => {
    const failing: Policy = () => Promise.reject(new Error('no'));
    await expect(goldenPage({}, failing)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

const anyPath = fc.constantFrom('a.b/x', 'a.b/x/y', 'a.b/xy', 'c.d', 'c.d/e');
const anyBatches = fc.array(fc.array(anyPath, { minLength: 1, maxLength: 7 }), { maxLength: 12 });

describe('pages together', () => {
  it('are the feed, whatever their size and filters', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBatches,
        fc.integer({ min: 1, max: 9 }),
        fc.record({ prefix: fc.option(anyPath, { nil: undefined }), module: fc.option(anyPath, { nil: undefined }) }),
        fc.nat(14),
        async (paths, limit, filters, second) => {
          let n = 0;
          const batches = paths.map((batch) => batch.map((path) => ({ path, version: `v1.0.${n++}` })));
          const { repository } = setUp({}, { storage: await feedOf(batches) });
          const since = `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
          const expected = batches
            .slice(second)
            .flat()
            .filter(({ path }) => filters.module === undefined || path === filters.module)
            .filter(({ path }) => filters.prefix === undefined || `${path}/`.startsWith(`${filters.prefix}/`));
          const pages = await allEntries(repository, { ...filters, limit, since });
          expect(labels(pages)).toEqual(labels(expected));
        },
      ),
    );
  });

  it('are what a poller that knows timestamps only sees', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatches, fc.integer({ min: 2, max: 9 }), async (paths, limit) => {
        let n = 0;
        const batches = paths.map((batch) => batch.map((path) => ({ path, version: `v1.0.${n++}` })));
        const { repository } = setUp({}, { storage: await feedOf(batches) });
        const seen = new Set<string>();
        let since = '1970-01-01T00:00:00Z';
        for (;;) {
          const { entries } = await repository.index({ since, limit });
          const fresh = labels(entries).filter((name) => !seen.has(name));
          if (fresh.length === 0) break;
          for (const name of fresh) seen.add(name);
          since = entries.at(-1)?.timestamp ?? since;
          expect(parseMicros(since)).toBeDefined();
        }
        expect([...seen]).toEqual(labels(batches.flat()));
      }),
    );
  });
});

describe('what a page costs', () => {
  async function reads(
    storage: Storage,
    options: IndexOptions,
  ): Promise<{ gets: number; entries: number; more: boolean }> {
    let gets = 0;
    const counted = aroundStorage(storage, (method, key, call) => {
      if (method === 'get' && key.startsWith(`${indexPrefix}/`)) gets++;
      return call();
    });
    const { repository } = setUp({}, { storage: counted, offline: true });
    const { entries, more } = await repository.index(options);
    return { gets, entries: entries.length, more };
  }

  const feed = (batches: number) =>
    feedOf(Array.from({ length: batches }, (_, i) => [{ path: 'example.com/m', version: `v1.0.${i}` }]));

  it('does not depend on the length of the feed', async () => {
    const [short, long] = [await feed(128), await feed(4096)];
    for (const [options, logarithms] of [
      [{ limit: 10 }, 0],
      [{ limit: 10, since: '2026-01-01T00:00:20Z' }, 1],
      [{ limit: 10, cursor: btoa('1:20:0').replace(/=/g, '') }, 0],
    ] as const) {
      const [a, b] = [await reads(short, options), await reads(long, options)];
      expect(a.entries).toBe(10);
      expect(b.entries).toBe(10);
      expect(b.gets - a.gets).toBeLessThanOrEqual(5 * logarithms);
      expect(b.gets).toBeLessThan(64);
    }
  });

  it('is bounded where filters match nothing, and the cursor goes on behind', { timeout: 60_000 }, async () => {
    const storage = await feed(pageBounds.batches + 50);
    const first = await reads(storage, { module: 'example.com/absent' });
    expect(first).toMatchObject({ entries: 0, more: true });
    expect(first.gets).toBeLessThan(pageBounds.batches + 64);
    const { repository } = setUp({}, { storage, offline: true });
    expect(await allEntries(repository, { module: 'example.com/absent' })).toEqual([]);
    expect(await allEntries(repository, { prefix: 'example.com' })).toHaveLength(pageBounds.batches + 50);
  });
});
