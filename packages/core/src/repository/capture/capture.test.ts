import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import { createRepository } from '../create-repository.ts';
import type { RepositoryOptions } from '../options.ts';
import { aroundStorage, FakeSource, keysOf, settle } from '../testdata/fixture.ts';
import { captureClosure } from './capture.ts';
import type { CaptureEvent, CaptureReport, ClosureOptions, Wanted } from './types.ts';

/** `root` needs `dep0`… each of which needs an old version of the next. */
function modules(count = 10) {
  const version = (goMod: string) => ({ goMod });
  const name = (at: number) => `example.com/dep${at}`;
  const entries = Array.from({ length: count }, (_, at) => {
    const next = at + 1 < count ? `require ${name(at + 1)} v0.9.0\n` : '';
    return [
      name(at),
      {
        versions: {
          'v0.9.0': version(`module ${name(at)}\n\ngo 1.21\n`),
          'v1.0.0': version(`module ${name(at)}\n\ngo 1.21\n\n${next}`),
        },
      },
    ];
  });
  const requires = entries.map(([path]) => `require ${path} v1.0.0\n`).join('');
  return {
    ...Object.fromEntries(entries),
    'example.com/root': { versions: { 'v1.0.0': version(`module example.com/root\n\ngo 1.21\n\n${requires}`) } },
  };
}

const root = 'example.com/root@v1.0.0';

function setUp(source: FakeSource = new FakeSource(modules()), options: Partial<RepositoryOptions> = {}) {
  const storage = options.storage ?? memoryStorage();
  const repository = createRepository({ source, ...options, storage });
  const capture = (wanted: Wanted | readonly Wanted[] = root, captureOptions: ClosureOptions = {}) =>
    captureClosure(repository, wanted, captureOptions);
  return { source, storage, repository, capture };
}

async function all(events: AsyncIterable<CaptureEvent>): Promise<{ events: CaptureEvent[]; report: CaptureReport }> {
  const list: CaptureEvent[] = [];
  for await (const event of events) list.push(event);
  const last = list.at(-1);
  if (last?.type !== 'done') throw new Error(`the last event is ${last?.type}`);
  return { events: list, report: last.report };
}

describe('a capture', () => {
  it('stores the closure and tells it file by file', async () => {
    const { capture, storage, repository } = setUp();
    const { events, report } = await all(capture());
    expect(events[0]).toEqual({ type: 'resolved', wanted: root, path: 'example.com/root', version: 'v1.0.0' });
    expect(report.new).toMatchObject({ versions: 20, zips: 11 });
    expect(report.present).toEqual({ versions: 0, zips: 0, bytes: 0 });
    expect(report.refused).toEqual([]);
    const files = events.filter((event) => event.type === 'file');
    expect(files).toHaveLength(31);
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(report.new.bytes);
    const plans = events.filter((event) => event.type === 'planned');
    expect(plans.filter(({ complete }) => complete)).toEqual([
      { type: 'planned', versions: 20, zips: 11, complete: true },
    ]);
    expect(plans.at(-1)).toMatchObject({ versions: 20, zips: 11 });
    expect(Object.values(report.milliseconds).every(Number.isInteger)).toBe(true);
    expect(report.milliseconds.plan).toBeLessThanOrEqual(report.milliseconds.total);
    expect(plans.map(({ versions, zips }) => versions + zips)).toEqual(
      plans.map(({ versions, zips }) => versions + zips).sort((a, b) => a - b),
    );
    expect((await keysOf(storage)).filter((key) => key.endsWith('.zip'))).toHaveLength(11);
    expect((await repository.zip('example.com/dep9', 'v1.0.0', { cachedOnly: true })).size).toBeGreaterThan(0);
    await expect(repository.zip('example.com/dep9', 'v0.9.0', { cachedOnly: true })).rejects.toThrow();
  });

  it('returns its report to whoever drives the generator', async () => {
    const events = setUp().capture('example.com/dep9@v1.0.0');
    let result = await events.next();
    while (result.done !== true) result = await events.next();
    expect(result.value.new).toMatchObject({ versions: 1, zips: 1 });
  });

  it('asks the source for nothing that is stored', async () => {
    const { capture, storage } = setUp();
    await all(capture());
    const again = setUp(new FakeSource(modules()), { storage });
    const { report } = await all(again.capture());
    expect(again.source.calls).toEqual([]);
    expect(report.new).toEqual({ versions: 0, zips: 0, bytes: 0 });
    expect(report.present).toMatchObject({ versions: 20, zips: 11 });
  });

  it('asks for each file once, also when several roots need it', async () => {
    const { capture, source } = setUp();
    await all(capture([root, 'example.com/dep3@v1.0.0', 'example.com/dep3@v1']));
    for (const method of ['goMod', 'zip'] as const) {
      const subjects = source.calls.filter((call) => call.method === method).map(({ subject }) => subject);
      expect(new Set(subjects).size).toBe(subjects.length);
    }
  });

  it('says what an offline repository lacks', async () => {
    const { report } = await all(setUp(undefined, { offline: true }).capture());
    expect(report.refused).toMatchObject([{ path: 'example.com/root', code: 'offline', root: true }]);
  });

  it('keeps to its concurrency', async () => {
    const source = new FakeSource(modules());
    let active = 0;
    let most = 0;
    source.gate = async () => {
      most = Math.max(most, ++active);
      await settle(2);
      active--;
    };
    await all(setUp(source).capture(root, { concurrency: 3 }));
    expect(most).toBe(3);
  });
});

describe('refusals', () => {
  it('of one file stop nothing else, and the next capture makes up for them', async () => {
    const source = new FakeSource(modules());
    const broken = new Set(['goMod example.com/dep4@v1.0.0', 'zip example.com/dep7@v1.0.0']);
    source.gate = ({ method, subject }) => {
      if (broken.has(`${method} ${subject}`)) throw new GoModKitError('upstream_unavailable', `no ${subject} today`);
    };
    const { capture, storage } = setUp(source);
    const { report, events } = await all(capture());
    expect(report.refused).toEqual([
      {
        path: 'example.com/dep4',
        version: 'v1.0.0',
        kind: 'version',
        code: 'upstream_unavailable',
        reason: 'no example.com/dep4@v1.0.0 today',
        root: false,
      },
      expect.objectContaining({ path: 'example.com/dep7', kind: 'zip', reason: 'no example.com/dep7@v1.0.0 today' }),
    ]);
    expect(events.filter(({ type }) => type === 'refused')).toHaveLength(2);
    const next = setUp(new FakeSource(modules()), { storage });
    const second = await all(next.capture());
    expect(second.report.refused).toEqual([]);
    // dep4, and dep5@v0.9.0 which nobody else names.
    expect(second.report.new).toMatchObject({ versions: 2, zips: 2 });
    expect(next.source.count('goMod')).toBe(2);
  });

  it('of a policy leave the go.mod, which graphs need', async () => {
    const { capture } = setUp(undefined, {
      policy: ({ path }) =>
        path === 'example.com/dep2' ? { allow: false, policy: 'no', reason: 'because' } : { allow: true },
    });
    const { report } = await all(capture());
    expect(report.refused).toMatchObject([{ path: 'example.com/dep2', kind: 'zip', code: 'denied' }]);
    expect(report.new).toMatchObject({ versions: 20, zips: 10 });
  });

  it('by a storage that fails again and again end everything', async () => {
    const storage = aroundStorage(memoryStorage(), (method, key, call) => {
      if (method === 'create' && key.includes('dep'))
        throw new GoModKitError('storage_unavailable', 'a symlink', { data: { key, transient: false } });
      return call();
    });
    const { capture } = setUp(new FakeSource(modules(40)), { storage });
    await expect(all(capture())).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it.each([
    ['the system', () => Object.assign(new Error('no space'), { code: 'ENOSPC' }), ': ENOSPC'],
    ['a backend', () => new GoModKitError('storage_unavailable', 'full', { data: { transient: false } }), ''],
  ])('there are none when %s says that the storage is full: that ends everything at once', async (_, full, end) => {
    const storage = aroundStorage(memoryStorage(), (method, key, call) => {
      if (method === 'create' && key.includes('dep')) throw full();
      return call();
    });
    const { capture } = setUp(new FakeSource(modules(40)), { storage });
    const told: CaptureEvent[] = [];
    const reading = (async () => {
      for await (const event of capture()) told.push(event);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(new RegExp(`^storage cannot write example\\.com/dep.*\\.[a-z]+${end}$`)),
    });
    expect(told.filter(({ type }) => type === 'refused')).toEqual([]);
  });

  it('end everything when the repository is closed', async () => {
    const { capture, repository } = setUp();
    const events = capture();
    await events.next();
    const closing = repository.close();
    await expect(all(events)).rejects.toMatchObject({ code: 'closed' });
    await closing;
  });
});

describe('an end before the end', () => {
  it('by a signal rejects with its reason, and the next capture completes the rest', async () => {
    const abort = new AbortController();
    const { capture, source, storage, repository } = setUp();
    let active = 0;
    source.gate = async (call) => {
      active++;
      if (source.calls.length === 15) abort.abort('stop');
      await settle(1);
      active--;
      call.options.signal?.throwIfAborted();
    };
    await expect(all(capture(root, { signal: abort.signal }))).rejects.toBe('stop');
    await repository.close();
    expect(active).toBe(0);
    expect(source.openBodies).toBe(0);
    const next = setUp(new FakeSource(modules()), { storage });
    const { report } = await all(next.capture());
    expect(report.present.versions + report.new.versions).toBe(20);
    expect(report.present.versions).toBeGreaterThan(0);
    expect(report.new.versions).toBeGreaterThan(0);
  });

  it('by a reader who leaves stops the work', async () => {
    const { capture, source } = setUp(new FakeSource(modules(200)));
    for await (const { type } of capture()) if (type === 'file') break;
    const asked = source.calls.length;
    await settle();
    expect(source.calls.length).toBe(asked);
    expect(asked).toBeLessThan(300);
    expect(source.openBodies).toBe(0);
  });

  it('waits for a slow reader instead of piling up events', async () => {
    const { capture, source } = setUp(new FakeSource(modules(600)));
    const events = capture();
    await events.next();
    await settle(200);
    // Whoever had nothing to wait for would have asked for nearly all of 1,200 versions by now, twice.
    const asked = source.calls.length;
    expect(asked).toBeLessThan(1200);
    for (let read = 0; read < 300; read++) await events.next();
    await settle(200);
    expect(source.calls.length).toBeGreaterThan(asked);
    await events.return({} as CaptureReport);
  });

  it('with a signal that is aborted already asks nobody', async () => {
    const { capture, source } = setUp();
    await expect(all(capture(root, { signal: AbortSignal.abort('no') }))).rejects.toBe('no');
    expect(source.calls).toEqual([]);
  });
});
