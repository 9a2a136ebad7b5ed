// Copies between storages: in which order, over what is there, and stopped anywhere.

import { describe, expect, it } from 'vitest';
import { altered, bundleOf, databaseOf, graph, objectsOf, placeOf } from '../bundle/testdata/bundles.ts';
import { bytesSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { createRepository } from '../repository/create-repository.ts';
import { keysOf } from '../repository/testdata/fixture.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { createChecksumDatabase } from '../sumdb/log/checksum-database.ts';
import * as note from '../sumdb/note/index.ts';
import { type CopyEvent, type CopyReport, copyStorage } from './copy.ts';

const withdrawn = {
  path: 'example.com/base',
  version: 'v1.0.0',
  status: 'block',
  reason: 'bad',
  author: 'me',
} as const;

async function copy(from: Storage, to: Storage): Promise<{ events: CopyEvent[]; report: CopyReport }> {
  const events: CopyEvent[] = [];
  const copying = copyStorage(from, to);
  for (;;) {
    const { done, value } = await copying.next();
    if (done) return { events, report: value };
    events.push(value);
  }
}

/** Everything that a storage can have: versions, publications, withdrawals, an index, a log, tree heads, remembered proofs. */
async function fullStorage(): Promise<Storage> {
  const place = await placeOf(graph, await databaseOf());
  await bundleOf(place);
  const { repository, storage } = place;
  await repository.publish({ path: 'corp.example.com/own', version: 'v1.0.0' }, { files: [] });
  for (let i = 0; i < 3; i++) await repository.withdraw({ ...withdrawn, path: `example.com/w${i}` });
  await repository.withdraw(withdrawn);
  const keys = await note.generateKey('log.example', new Uint8Array(32).fill(3));
  const log = createChecksumDatabase({ storage, signer: await note.newSigner(keys.signerKey) });
  for (let i = 0; i < 3; i++) {
    await log.add([
      {
        path: 'example.com/m',
        version: `v1.0.${i}`,
        sums: { zip: `h1:${'A'.repeat(43)}=`, goMod: `h1:${'B'.repeat(43)}=` },
      },
    ]);
    await log.sumdb(log.name, 'latest');
  }
  await repository.close();
  return storage;
}

const lasting = (all: readonly string[]): string[] => all.filter((key) => !/index-pending|probe/.test(key));

describe('a copy', () => {
  it('has everything, and done again changes nothing', async () => {
    const [from, to] = [await fullStorage(), memoryStorage()];
    const { report } = await copy(from, to);
    expect(report).toMatchObject({ conflicts: [], indexed: 0, skipped: 0 });
    expect(await keysOf(to)).toEqual(lasting(await keysOf(from)));
    expect(await objectsOf(to)).toEqual(await objectsOf(from));
    const again = await copy(from, to);
    expect(again.report).toMatchObject({ copied: 0, bytes: 0, conflicts: [], indexed: 0 });
    expect(again.report.present).toBe(report.copied);
    const [a, b] = [createRepository({ storage: from }), createRepository({ storage: to })];
    expect(await b.withdrawals()).toEqual(await a.withdrawals());
    expect((await b.index()).entries).toEqual((await a.index()).entries);
  });

  it('creates nothing before what it rests on', async () => {
    const from = await fullStorage();
    const order: string[] = [];
    const to = memoryStorage();
    const watched = altered(to, {
      create: async (key, source, options) => {
        const created = await to.create(key, source, options);
        order.push(key);
        return created;
      },
    });
    await copy(from, watched);
    const at = (key: string): number => order.indexOf(key);
    for (const key of order) {
      if (key.endsWith('.info') && !key.startsWith('.gomodkit/'))
        expect(at(key.replace(/info$/, 'mod'))).toBeLessThan(at(key));
      if (key.endsWith('.zip') && !key.startsWith('.gomodkit/')) expect(at(`${key}hash`)).toBeLessThan(at(key));
    }
    const groups = order
      .map((key) => key.split('/').slice(0, 2).join('/'))
      .filter((group) => group.startsWith('.gomodkit'));
    expect([...new Set(groups)]).toEqual([
      '.gomodkit/withdrawals',
      '.gomodkit/own',
      '.gomodkit/cache',
      '.gomodkit/verified',
      '.gomodkit/logs',
      '.gomodkit/sumdb',
      '.gomodkit/index',
      '.gomodkit/index-backfill',
    ]);
    const log = order.filter((key) => key.startsWith('.gomodkit/logs')).map((key) => key.split('/')[3]);
    expect(log.lastIndexOf('batches')).toBeLessThan(log.indexOf('heads'));
    for (const series of ['withdrawals', 'index', 'logs/log.example/batches', 'logs/log.example/heads']) {
      const copied = order.filter((key) => key.startsWith(`.gomodkit/${series}/`) && !key.includes('evidence'));
      expect(copied.length, series).toBeGreaterThan(1);
      expect(copied, series).toEqual([...copied].sort().reverse());
    }
  });

  it('stopped after any object is one that a repository can read, and is completed', async () => {
    const from = await fullStorage();
    const whole = lasting(await keysOf(from));
    for (let stop = 0; stop < whole.length; stop += 3) {
      const to = memoryStorage();
      let created = 0;
      const killed = altered(to, {
        create: async (key, source, options) => {
          if (created++ >= stop)
            throw new GoModKitError('storage_unavailable', 'killed', { data: { transient: false } });
          return to.create(key, source, options);
        },
      });
      await expect(copy(from, killed), `${stop}`).rejects.toMatchObject({ code: 'storage_unavailable' });
      const repository = createRepository({ storage: to });
      await repository.withdrawals();
      for (const { path, version } of (await repository.index()).entries) await repository.goMod(path, version);
      const findings: string[] = [];
      for await (const event of repository.audit()) {
        if (event.type === 'finding' && event.severity === 'damage') findings.push(event.key);
      }
      expect(findings).toEqual([]);
      await copy(from, to);
      expect(await keysOf(to)).toEqual(whole);
    }
  }, 60_000);

  it('keeps what the target has, and tells where it differs', async () => {
    const from = await fullStorage();
    const other = {
      ...graph,
      'example.com/base@v1.0.0': { files: { 'go.mod': 'module example.com/base\n', 'o.go': 'package o\n' } },
    };
    const { repository, storage: to } = await placeOf(other);
    await repository.zip('example.com/base', 'v1.0.0');
    await repository.withdraw({ ...withdrawn, path: 'example.com/mine' });
    await repository.close();
    const before = await objectsOf(to);
    const { report } = await copy(from, to);
    expect(report.conflicts).toEqual([
      { key: 'example.com/base/@v/v1.0.0.ziphash', reason: 'it is there already, with other content' },
    ]);
    const after = await objectsOf(to);
    for (const [key, bytes] of before) expect(after.get(key), key).toEqual(bytes);
    const joined = createRepository({ storage: to });
    expect((await joined.withdrawals()).map(({ path }) => path)).toEqual([
      'example.com/base',
      'example.com/mine',
      'example.com/w0',
      'example.com/w1',
      'example.com/w2',
    ]);
    const indexed = (await joined.index()).entries.map(({ path, version }) => `${path}@${version}`);
    expect(new Set(indexed).size).toBe(indexed.length);
    expect(indexed).toContain('corp.example.com/own@v1.0.0');
    expect(indexed.length + 1).toBe([...after.keys()].filter((key) => key.endsWith('.info')).length);
  });

  it('does not take damage along', async () => {
    const { repository, storage: from } = await placeOf();
    await repository.zip('example.com/app', 'v1.0.0');
    await repository.close();
    await from.delete?.('example.com/app/@v/v1.0.0.zip');
    const damaged = new Uint8Array(100);
    await from.create('example.com/app/@v/v1.0.0.zip', bytesSource(damaged));
    const to = memoryStorage();
    expect((await copy(from, to)).report.conflicts).toMatchObject([
      { key: 'example.com/app/@v/v1.0.0.zip', reason: expect.stringMatching(/damaged/) },
    ]);
    expect((await objectsOf(to)).has('example.com/app/@v/v1.0.0.zip')).toBe(false);
    for await (const _ of copyStorage(from, to, { verify: false }));
    expect((await objectsOf(to)).has('example.com/app/@v/v1.0.0.zip')).toBe(true);
  });

  it('passes over what no publication finished', async () => {
    const from = memoryStorage();
    await from.create('example.com/o/@v/v1.0.0.mod', bytesSource(new Uint8Array(3)));
    await from.create('readme.txt', bytesSource(new Uint8Array(3)));
    await from.create('sumdb/sum.example/latest', bytesSource(new Uint8Array(3)));
    const to = memoryStorage();
    expect((await copy(from, to)).report).toMatchObject({ copied: 2, skipped: 1 });
    expect(await keysOf(to)).toEqual(['readme.txt', 'sumdb/sum.example/latest']);
  });

  it('is refused nonsense', async () => {
    const none = copyStorage(memoryStorage(), memoryStorage(), { concurrency: 0 });
    await expect(none.next()).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
