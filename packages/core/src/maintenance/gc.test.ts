// What goes, what stays, and that what went comes back the same or not at all.

import { describe, expect, it } from 'vitest';
import { altered, placeOf } from '../bundle/testdata/bundles.ts';
import { bytesSource } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { createRepository } from '../repository/create-repository.ts';
import { keysOf } from '../repository/testdata/fixture.ts';
import { memorySource } from '../source/memory.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { collectGarbage, type GcEvent, type GcOptions, type GcReport } from './gc.ts';

const day = 24 * 3600_000;
const later = (days: number) => () => Date.now() + days * day;
const modules = {
  'example.com/a@v1.0.0': {},
  'example.com/b@v1.0.0': { origin: { VCS: 'git', Hash: 'a'.repeat(40) } },
  'example.com/c@v1.0.0': {},
};
const source = memorySource(modules);

async function run(
  storage: Storage,
  options: GcOptions,
): Promise<{ events: GcEvent[]; report: GcReport; lines: string[] }> {
  const events: GcEvent[] = [];
  const found = collectGarbage(storage, options);
  for (;;) {
    const { done, value } = await found.next();
    if (!done) {
      events.push(value);
      continue;
    }
    const lines = events.flatMap((e) =>
      e.type === 'done' ? [] : [`${e.type} ${e.key}${e.type === 'kept' ? `: ${e.reason}` : ''}`],
    );
    return { events, report: value, lines: lines.sort() };
  }
}

async function filled(): Promise<Storage> {
  const { storage, repository } = await placeOf(modules);
  for (const name of Object.keys(modules)) await repository.zip(...(name.split('@') as [string, string]));
  await repository.publish({ path: 'corp.example.com/own', version: 'v1.0.0' }, { files: [] });
  await repository.close();
  return storage;
}

describe('retention', () => {
  const retention = { olderThan: 90 * day, source };

  it('tells what would go, and touches nothing', async () => {
    const storage = await filled();
    const before = await keysOf(storage);
    const { lines, report } = await run(storage, { retention, now: later(91) });
    expect(lines).toEqual([
      'kept corp.example.com/own/@v/v1.0.0.zip: it was published here',
      'zip example.com/a/@v/v1.0.0.zip',
      'zip example.com/b/@v/v1.0.0.zip',
      'zip example.com/c/@v/v1.0.0.zip',
    ]);
    expect(report).toMatchObject({ applied: false, zips: { objects: 3 }, kept: 1, swept: undefined });
    expect(report.zips.bytes).toBeGreaterThan(100);
    expect(await keysOf(storage)).toEqual(before);
    expect((await run(storage, { retention, now: later(89) })).lines).toEqual([]);
  });

  it('takes zips and nothing else; they are listed no more offline, and come back the same online', async () => {
    const storage = await filled();
    const before = await keysOf(storage);
    await run(storage, {
      retention: { ...retention, match: 'example.com/*', keep: 'example.com/c' },
      now: later(91),
      apply: true,
    });
    const gone = ['example.com/a/@v/v1.0.0.zip', 'example.com/b/@v/v1.0.0.zip'];
    expect(await keysOf(storage)).toEqual(before.filter((key) => !gone.includes(key)));
    const offline = createRepository({ storage });
    expect(await offline.versions('example.com/a')).toEqual([]);
    expect(await offline.versions('example.com/c')).toEqual(['v1.0.0']);
    expect((await offline.goMod('example.com/a', 'v1.0.0')).bytes).toBeDefined();
    await expect(offline.zip('example.com/a', 'v1.0.0')).rejects.toMatchObject({ code: 'offline' });
    const online = createRepository({ storage, source });
    await online.zip('example.com/a', 'v1.0.0');
    expect(await keysOf(storage)).toContain(gone[0]);
  });

  it('lets nothing else come in its place', async () => {
    const storage = await filled();
    await run(storage, { retention, now: later(91), apply: true });
    const moved = memorySource({
      'example.com/a@v1.0.0': { files: { 'go.mod': 'module example.com/a\n', 'x.go': 'package x\n' } },
    });
    await expect(createRepository({ storage, source: moved }).zip('example.com/a', 'v1.0.0')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has changed'),
    });
  });

  it('keeps what could not come back', async () => {
    const storage = await filled();
    await storage.delete?.('example.com/c/@v/v1.0.0.ziphash');
    const moved = memorySource({ 'example.com/b@v1.0.0': { origin: { VCS: 'git', Hash: 'b'.repeat(40) } } });
    const { lines } = await run(storage, { retention: { olderThan: 0, source: moved }, now: later(1), apply: true });
    expect(lines).toEqual([
      'kept corp.example.com/own/@v/v1.0.0.zip: it was published here',
      expect.stringMatching(/^kept example.com\/a\/@v\/v1.0.0.zip: the source does not have it/),
      'kept example.com/b/@v/v1.0.0.zip: the source has another commit now',
      'kept example.com/c/@v/v1.0.0.zip: nothing binds what would be captured in its place',
    ]);
    const down = { ...source, resolve: () => Promise.reject(new Error('down')) };
    const asked = await run(storage, {
      retention: { olderThan: 0, source: down, match: 'example.com/a' },
      now: later(1),
    });
    expect(asked.lines).toEqual([expect.stringContaining('could not ask')]);
  });
});

describe('orphans', () => {
  const leave = async (storage: Storage, ...names: string[]): Promise<void> => {
    for (const name of names) await storage.create(`example.com/o/@v/${name}`, bytesSource(encodeUtf8(name)));
  };

  it('go after a day, .mod last; what is bound and what is whole stays', async () => {
    const storage = await filled();
    const before = await keysOf(storage);
    await leave(storage, 'v1.0.0.zip', 'v1.0.0.ziphash', 'v1.0.0.mod', 'v1.1.0.ziphash', 'list-of-nobody');
    expect((await run(storage, { apply: true })).lines).toEqual([]);
    const { events, report } = await run(storage, { apply: true, now: later(2) });
    const keys = events.flatMap((each) => (each.type === 'orphan' ? [each.key.slice('example.com/o/@v/'.length)] : []));
    expect(keys.filter((key) => key.startsWith('v1.0.0'))).toEqual(['v1.0.0.zip', 'v1.0.0.ziphash', 'v1.0.0.mod']);
    expect(report).toMatchObject({ applied: true, orphans: { objects: 4, bytes: 48 }, zips: { objects: 0 } });
    expect(await keysOf(storage)).toEqual([...before, 'example.com/o/@v/list-of-nobody'].sort());
  });

  it('are left where one file is young, or where the version was finished meanwhile', async () => {
    const storage = memoryStorage();
    await leave(storage, 'v1.0.0.mod');
    const racing = altered(storage, {
      list: async (options) => {
        const page = await storage.list(options);
        await leave(storage, 'v1.0.0.info');
        return page;
      },
    });
    expect((await run(racing, { apply: true, now: later(2) })).report.orphans.objects).toBe(0);
    expect(await keysOf(storage)).toEqual(['example.com/o/@v/v1.0.0.info', 'example.com/o/@v/v1.0.0.mod']);
  });
});

it('sweeps what the storage itself left, only when it is applied', async () => {
  const swept: Date[] = [];
  const storage = altered(memoryStorage(), { sweep: async ({ olderThan }) => swept.push(olderThan) });
  expect((await run(storage, {})).report.swept).toBeUndefined();
  expect((await run(storage, { apply: true })).report.swept).toBe(1);
  expect(Date.now() - (swept[0]?.getTime() ?? 0)).toBeGreaterThanOrEqual(day);
});

it('refuses rules that make no sense, and storages that cannot delete', async () => {
  const storage = memoryStorage();
  for (const options of [
    { orphansOlderThan: 60_000 },
    { concurrency: 0 },
    { retention: { olderThan: Number.NaN, source } },
  ]) {
    await expect(run(storage, options)).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  const writeOnce = altered(storage, { delete: undefined as never });
  await expect(run(writeOnce, { apply: true })).rejects.toMatchObject({ code: 'unsupported' });
});
