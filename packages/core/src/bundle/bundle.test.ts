// What goes out comes in: bundles between repositories.

import { unpackTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { createRepository } from '../repository/create-repository.ts';
import type { Repository } from '../repository/repository.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createSumdbClient } from '../sumdb/client/client.ts';
import { keys } from '../sumdb/client/testdata/database.ts';
import { createSumdbProxy } from '../sumdb/proxy/sumdb-proxy.ts';
import { storedContents } from './contents.ts';
import { exportBundle } from './export.ts';
import { readManifest } from './read-manifest.ts';
import {
  altered,
  bundleOf,
  contentsOf,
  databaseName,
  databaseOf,
  graph,
  objectsOf,
  piecesOf,
  placeOf,
  receive,
} from './testdata/bundles.ts';

const key = keys.verifierKey;
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('a bundle', () => {
  it('is a GOPROXY tree in the order of publication, the manifest first', async () => {
    const entries = await unpackTar(await bundleOf(await placeOf()), { strict: true });
    expect(entries.map(({ header }) => header.name)).toEqual([
      '.gomodkit/bundle.json',
      ...['mod', 'info', 'ziphash', 'zip'].map((end) => `example.com/!lib/@v/v1.1.0.${end}`),
      'example.com/!lib/@v/list',
      ...['mod', 'info', 'ziphash', 'zip'].map((end) => `example.com/app/@v/v1.0.0.${end}`),
      'example.com/app/@v/list',
      ...['mod', 'info'].map((end) => `example.com/base/@v/v0.9.0.${end}`),
      ...['mod', 'info', 'ziphash', 'zip'].map((end) => `example.com/base/@v/v1.0.0.${end}`),
      'example.com/base/@v/list',
    ]);
    const list = entries.find(({ header }) => header.name === 'example.com/base/@v/list');
    expect(text(list?.data)).toBe('v1.0.0\n');
  });

  it('has the same bytes whenever it is made', async () => {
    const [a, b] = [await placeOf(graph, await databaseOf()), await placeOf(graph, await databaseOf())];
    expect(await bundleOf(a)).toEqual(await bundleOf(b));
  });

  it('says what it is for', async () => {
    const goMod = 'module example.com/project\n\nrequire example.com/app v1.0.0\n';
    const place = await placeOf();
    const bytes = await bundleOf(place, { contents: await contentsOf(place, { goMod }) });
    const { roots, modules } = await readManifest(piecesOf(bytes, 1000));
    expect(roots).toEqual([
      { wanted: 'example.com/project', path: 'example.com/project', version: '', requires: ['example.com/app v1.0.0'] },
    ]);
    expect(modules.map(({ path, version, zip }) => `${path}@${version} ${zip?.slice(0, 3)}`)).toEqual([
      'example.com/Lib@v1.1.0 h1:',
      'example.com/app@v1.0.0 h1:',
      'example.com/base@v0.9.0 undefined',
      'example.com/base@v1.0.0 h1:',
    ]);
  });

  it('can hold all that is stored', async () => {
    const place = await placeOf();
    await bundleOf(place);
    const all = await bundleOf(place, { contents: await storedContents(place.storage) });
    const { storage } = await receive(all);
    expect(await objectsOf(storage)).toEqual(await objectsOf(place.storage));
  });

  it('is refused before its first byte where something is missing, unless that is allowed', async () => {
    const { 'example.com/base@v1.0.0': _, ...lacking } = graph;
    const place = await placeOf(lacking);
    await expect(bundleOf(place)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/would lack:\nexample.com\/base@v1.0.0 \(version\)/),
    });
    const report = await receive(await bundleOf(place, { allowMissing: true }));
    expect(report).toMatchObject({ missing: [expect.stringMatching(/^example.com\/base@v1.0.0/)], refused: [] });
  });

  it('has of what is withdrawn the go.mod alone', async () => {
    const place = await placeOf();
    const contents = await contentsOf(place);
    await place.repository.withdraw({
      path: 'example.com/base',
      version: 'v0.9.0',
      status: 'block',
      reason: 'bad',
      author: 'test',
    });
    const { storage, refused } = await receive(await bundleOf(place, { contents }));
    expect(refused).toEqual([]);
    const objects = await objectsOf(storage);
    expect(text(objects.get('example.com/base/@v/v0.9.0.info'))).toBe('{"Version":"v0.9.0"}');
    expect(objects.has('example.com/base/@v/v0.9.0.zip')).toBe(false);
  });

  it('stops looking at versions when its reader leaves', async () => {
    const place = await placeOf();
    const contents = await contentsOf(place);
    const { repository } = place;
    let looked = 0;
    let leave: Promise<void> | undefined;
    const watched: Repository = {
      ...repository,
      goMod: async (...call) => {
        looked++;
        leave ??= reader.cancel();
        return repository.goMod(...call);
      },
    };
    const options = { ...place, repository: watched, contents, sumdb: undefined, concurrency: 1 };
    const reader = exportBundle(options).getReader();
    await reader.read();
    await leave;
    expect(looked).toBe(1);
  });

  it('closes the zip that is opened while its reader leaves', async () => {
    const place = await placeOf();
    const contents = await contentsOf(place);
    const [opened, cancelled]: [string[], string[]] = [[], []];
    let leave: Promise<void> | undefined;
    const storage = altered(place.storage, {
      async get(key, call) {
        const object = await place.storage.get(key, call);
        if (object === undefined || !key.endsWith('.zip')) return object;
        opened.push(key);
        leave ??= reader.cancel();
        const body = new ReadableStream<Uint8Array>({ cancel: () => void cancelled.push(key) });
        return { ...object, body };
      },
    });
    const repository = createRepository({ storage, sumdb: 'off' });
    const reader = exportBundle({ repository, storage, contents }).getReader();
    while (!(await reader.read()).done);
    await leave;
    expect(opened).toHaveLength(1);
    expect(cancelled).toEqual(opened);
  });
});

describe('an import', () => {
  it('stores what was exported, byte for byte, with entries in the index', async () => {
    const place = await placeOf();
    const bytes = await bundleOf(place);
    for (const piece of [bytes.length, 1, 511, 70_000]) {
      const { storage, ...report } = await receive(bytes, {}, piece);
      expect(report).toMatchObject({ new: 4, present: 0, refused: [], missing: [] });
      expect(await objectsOf(storage)).toEqual(await objectsOf(place.storage));
      const { entries } = await createRepository({ storage }).index();
      expect(entries.map(({ path, version }) => `${path}@${version}`)).toEqual([
        'example.com/Lib@v1.1.0',
        'example.com/app@v1.0.0',
        'example.com/base@v0.9.0',
        'example.com/base@v1.0.0',
      ]);
    }
  });

  it('done again changes nothing', async () => {
    const bytes = await bundleOf(await placeOf());
    const { storage } = await receive(bytes);
    const before = await objectsOf(storage);
    expect(await receive(bytes, { storage })).toMatchObject({ new: 0, present: 4, bytes: 0, refused: [] });
    expect(await objectsOf(storage)).toEqual(before);
  });

  it('of a bundle that was cut off anywhere leaves whole versions, and is completed by the whole one', async () => {
    const place = await placeOf();
    const bytes = await bundleOf(place);
    const whole = await objectsOf(place.storage);
    for (let end = 0; end < bytes.length; end += 1500) {
      const storage = memoryStorage();
      await expect(receive(bytes.subarray(0, end), { storage }), `${end}`).rejects.toMatchObject({
        code: 'invalid_bundle',
        data: { truncated: true },
      });
      const stored = await objectsOf(storage);
      for (const name of stored.keys()) {
        const base = name.replace(/\.(mod|info|ziphash|zip)$/, '');
        for (const each of whole.keys()) if (each.startsWith(`${base}.`)) expect(stored.has(each), each).toBe(true);
      }
      await receive(bytes, { storage });
      expect(await objectsOf(storage)).toEqual(whole);
    }
  });

  it('keeps what was first, and tells of the conflict', async () => {
    const bytes = await bundleOf(await placeOf());
    const changed = {
      ...graph,
      'example.com/base@v1.0.0': { files: { 'go.mod': 'module example.com/base\n', 'b.go': 'package base // 2\n' } },
      'example.com/base@v0.9.0': { files: { 'go.mod': 'module example.com/base\n\ngo 1.20\n' } },
    };
    const other = await placeOf(changed);
    await bundleOf(other);
    const before = await objectsOf(other.storage);
    const report = await receive(bytes, { storage: other.storage });
    expect(report).toMatchObject({ new: 0, present: 2 });
    expect(report.refused).toMatchObject([
      { subject: 'example.com/base@v0.9.0', code: 'conflict', reason: expect.stringContaining('another go.mod') },
      { subject: 'example.com/base@v1.0.0', code: 'conflict', reason: expect.stringContaining('another zip') },
    ]);
    expect(await objectsOf(other.storage)).toEqual(before);
  });

  it('does not bring back what is withdrawn', async () => {
    const storage = memoryStorage();
    const repository = createRepository({ storage });
    const withdrawn = {
      path: 'example.com/base',
      version: 'v1.0.0',
      status: 'block',
      reason: 'bad',
      author: 'a',
    } as const;
    await repository.withdraw(withdrawn);
    const report = await receive(await bundleOf(await placeOf()), { storage });
    expect(report.refused).toMatchObject([{ subject: 'example.com/base@v1.0.0', code: 'denied' }]);
    expect([...(await objectsOf(storage)).keys()].filter((each) => each.endsWith('v1.0.0.zip'))).toEqual([
      'example.com/app/@v/v1.0.0.zip',
    ]);
  });

  it('ends when nobody reads its events, and when it is aborted', async () => {
    const bytes = await bundleOf(await placeOf());
    const controller = new AbortController();
    const stuck = new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(bytes.subarray(0, 3000)) });
    const waiting = (async () => {
      const { importBundle } = await import('./import.ts');
      for await (const _ of importBundle(stuck, { storage: memoryStorage(), sumdb: 'off', signal: controller.signal }));
    })();
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('with a checksum database', () => {
  const sumdb = { key };

  it('every version is proven, and clients can ask for its record where nobody else is', async () => {
    const place = await placeOf(graph, await databaseOf());
    const bytes = await bundleOf(place);
    const { storage, ...report } = await receive(bytes, { sumdb });
    expect(report).toMatchObject({ new: 4, proven: 4, refused: [] });
    const proxy = createSumdbProxy({ storage, databases: [{ key }] });
    const client = createSumdbClient({ key, remote: (path, call) => proxy.sumdb(databaseName, path, call) });
    for (const name of Object.keys(graph)) await client.lookup(...(name.split('@') as [string, string]));
    expect((await receive(bytes, { sumdb, storage })).proven).toBe(4);
  });

  it('the tree of files answers a client that knows nothing, and so does what imported it', async () => {
    const database = await databaseOf({ 'example.com/app@v1.0.0': graph['example.com/app@v1.0.0'] ?? {} }, 5);
    // Records far apart, so that they share neither tiles nor the edge of the tree.
    for (const [size, name] of [
      [66_000, 'Lib@v1.1.0'],
      [67_000, 'base@v0.9.0'],
      [70_000, 'base@v1.0.0'],
    ] as const) {
      await database.grow(size);
      const [record = ''] = (await databaseOf({ [`example.com/${name}`]: graph[`example.com/${name}`] ?? {} }, 0))
        .records;
      await database.append(`example.com/${name.split('@')[0]}`, name.split('@')[1] ?? '', record);
    }
    const bytes = await bundleOf(await placeOf(graph, database));
    const imported = await receive(bytes, { sumdb });
    expect(imported).toMatchObject({ proven: 4, refused: [] });
    const proxy = createSumdbProxy({ storage: imported.storage, databases: [{ key }] });
    const other = createSumdbClient({ key, remote: (path, call) => proxy.sumdb(databaseName, path, call) });
    for (const name of Object.keys(graph)) await other.lookup(...(name.split('@') as [string, string]));
    const files = new Map((await unpackTar(bytes)).map(({ header, data }) => [header.name, data]));
    const client = createSumdbClient({
      key,
      remote: async (path) => {
        const data = files.get(`sumdb/${databaseName}/${path}`);
        if (data === undefined) throw new Error(`no ${path}`);
        return data;
      },
    });
    for (const name of Object.keys(graph)) await client.lookup(...(name.split('@') as [string, string]));
    expect([...files.keys()].filter((each) => each.includes('/tile/')).length).toBeLessThan(16);
    expect(files.get(`sumdb/${databaseName}/supported`)).toHaveLength(0);
  }, 60_000);

  it('a version without a proof is refused, unless it is private or that is allowed', async () => {
    const bytes = await bundleOf(await placeOf());
    const report = await receive(bytes, { sumdb });
    expect(report.refused).toHaveLength(4);
    expect(report.refused[0]).toMatchObject({ code: 'not_found', reason: expect.stringContaining('without a proof') });
    expect(await objectsOf(report.storage)).toEqual(new Map());
    expect(await receive(bytes, { sumdb: { key, unknown: 'allow' } })).toMatchObject({ new: 4, proven: 0 });
    expect(await receive(bytes, { sumdb: { key, noSumdb: 'example.com' } })).toMatchObject({ new: 4, proven: 0 });
  });

  it('what the database disproves is refused, whatever the manifest says', async () => {
    const evil = {
      ...graph,
      'example.com/base@v1.0.0': { files: { 'go.mod': 'module example.com/base\n', 'b.go': 'package evil\n' } },
    };
    const place = await placeOf(evil);
    const database = await placeOf(graph, await databaseOf());
    const contents = await contentsOf(place);
    const { client } = database;
    const bytes = await bundleOf({ ...place, client }, { contents });
    const { refused, storage } = await receive(bytes, { sumdb });
    expect(refused).toMatchObject([
      {
        subject: 'example.com/base@v1.0.0',
        code: 'checksum_mismatch',
        reason: expect.stringContaining('SECURITY ERROR'),
      },
    ]);
    expect([...(await objectsOf(storage)).keys()].some((each) => each.includes('base/@v/v1.0.0'))).toBe(false);
  });

  it('a later bundle is tied to the tree of an earlier one', async () => {
    const database = await databaseOf();
    const first = await bundleOf(await placeOf(graph, database));
    const { sumdb: head } = await readManifest(piecesOf(first, 1e9));
    const { storage } = await receive(first, { sumdb });
    await database.grow(1500);
    const more = { 'example.com/new@v1.0.0': {} };
    const [record = ''] = (await databaseOf(more, 0)).records;
    await database.append('example.com/new', 'v1.0.0', record);
    const later = await placeOf(more, database);
    const contents = await contentsOf(later, 'example.com/new@v1.0.0');
    const report = await receive(await bundleOf(later, { contents }), { sumdb, storage });
    expect(report).toMatchObject({ new: 1, proven: 1 });
    expect(report.refused).toMatchObject([{ subject: `the records of ${databaseName}`, code: 'upstream_unavailable' }]);
    const tied = await bundleOf(later, { contents, after: [head?.note ?? ''] });
    expect(await receive(tied, { sumdb, storage })).toMatchObject({ present: 1, proven: 1, refused: [] });
    const proxy = createSumdbProxy({ storage, databases: [{ key }] });
    const client = createSumdbClient({ key, remote: (path, call) => proxy.sumdb(databaseName, path, call) });
    await client.merge(head?.note ?? '');
    await client.lookup('example.com/new', 'v1.0.0');
    await client.lookup('example.com/app', 'v1.0.0');
  });

  it('a tree that contradicts the known one ends the import', async () => {
    const { storage } = await receive(await bundleOf(await placeOf(graph, await databaseOf())), { sumdb });
    const forked = await databaseOf(graph, 0);
    await forked.grow(900, 'fork');
    const head = (await readManifest(piecesOf(await bundleOf(await placeOf(graph, await databaseOf())), 1e9))).sumdb;
    const bytes = await bundleOf(await placeOf(graph, forked), { after: [head?.note ?? ''] });
    await expect(receive(bytes, { sumdb, storage })).rejects.toMatchObject({ code: 'checksum_misbehaviour' });
  });

  it('of another name proves nothing', async () => {
    const bytes = await bundleOf(await placeOf(graph, await databaseOf()));
    const report = await receive(bytes, { sumdb: { key: 'sum.golang.org' } });
    expect(report.refused).toHaveLength(4);
  });
});
