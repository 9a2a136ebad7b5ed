// What a proxy of checksum databases answers, keeps, and goes on answering while a database is down.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { createSumdbClient } from '../client/client.ts';
import { keys, recordText, signTree, TestDatabase } from '../client/testdata/database.ts';
import * as note from '../note/index.ts';
import * as tlog from '../tlog/index.ts';
import { createSumdbProxy } from './sumdb-proxy.ts';
import type { SumdbProxy, SumdbProxyOptions } from './types.ts';

const name = 'sum.example/db';
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const lookup = (i: number): string => `lookup/example.com/m${i}@v1.0.0`;

interface Setup {
  readonly database: TestDatabase;
  readonly storage: Storage;
  readonly proxy: SumdbProxy;
  readonly errors: unknown[];
  readonly clock: { now: number };
  get(path: string): Promise<Uint8Array>;
  /** A proxy of another process on the same storage. */
  restart(): Setup;
}

function setUp(
  database: TestDatabase,
  options: Partial<SumdbProxyOptions> & { readonly noSumdb?: string } = {},
  clock: { now: number } = { now: 0 },
): Setup {
  const { storage = memoryStorage(), noSumdb, ...rest } = options;
  const errors: unknown[] = [];
  const proxy = createSumdbProxy({
    storage,
    databases: [{ key: keys.verifierKey, remote: database.remote, noSumdb }],
    now: () => clock.now,
    onError: (error) => errors.push(error),
    ...rest,
  });
  return {
    database,
    storage,
    proxy,
    errors,
    clock,
    get: (path) => proxy.sumdb(name, path),
    restart: () => setUp(database, { ...options, storage }, clock),
  };
}

/** Nothing of the database answers any more. */
function takeDown(database: TestDatabase): void {
  database.answer = async () => {
    throw new GoModKitError('upstream_unavailable', 'connection refused');
  };
}

/** A go command: a client that has only the proxy, and starts with nothing. */
const go = (proxy: SumdbProxy) =>
  createSumdbClient({ key: keys.verifierKey, remote: (path, call) => proxy.sumdb(name, path, call) });

describe('answers', () => {
  it('are those of the database, byte for byte', async () => {
    const setup = setUp(await TestDatabase.of(300));
    expect(await setup.get('supported')).toHaveLength(0);
    const paths = ['latest', lookup(5), 'tile/8/0/000', 'tile/8/0/001.p/44', 'tile/8/1/000.p/1', 'tile/8/0/000.p/7'];
    for (const path of paths) {
      expect(text(await setup.get(path)), path).toBe(text(await setup.database.answer(path)));
    }
    expect(await setup.get('lookup/example.com/%6d5@v1.0.0').catch(({ code }) => code)).toBe('invalid_path');
  });

  it('hold tiles of every width that any tree had, whether or not the database still has them', async () => {
    const database = await TestDatabase.of(700);
    const { get } = setUp(database);
    await get(lookup(1));
    for (const tile of tlog.newTiles(8, 0n, 700n)) {
      for (const w of new Set([1, 7, tile.w])) {
        if (w > tile.w) continue;
        const path = tlog.tilePath({ ...tile, w });
        expect(text(await get(path)), path).toBe(text(await tlog.readTileData({ ...tile, w }, storedOf(database))));
      }
    }
    expect(database.asked.filter((path) => path.includes('.p/7'))).toEqual([]);
    // Another height is another way to cut the same tree.
    expect(await get('tile/2/1/005')).toHaveLength(128);
  });

  it.each([
    ['tile/8/0/002.p/200', 'not_found'],
    ['tile/8/0/003', 'not_found'],
    ['tile/8/1/000.p/3', 'not_found'],
    ['tile/8/9/000', 'not_found'],
    ['tile/30/0/000', 'not_found'],
    ['tile/8/0/0', 'not_found'],
    ['lookup/example.com/absent@v1.0.0', 'not_found'],
    ['lookup/example.com/m1@master', 'invalid_version'],
    ['lookup/nothing', 'invalid_path'],
    ['anything', 'not_found'],
  ])('%s: %s', async (path, code) => {
    await expect(setUp(await TestDatabase.of(600)).get(path)).rejects.toMatchObject({ code });
  });

  it('of databases that are not served are not_found, without anybody being asked', async () => {
    const { proxy, database } = setUp(await TestDatabase.of(1));
    for (const path of ['supported', 'latest', lookup(0)]) {
      await expect(proxy.sumdb('sum.golang.org', path)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(() => proxy.client('sum.golang.org')).toThrow(/not served/);
    expect(proxy.names).toEqual([name]);
    expect(database.asked).toEqual([]);
  });

  it('about private paths are denied, and no name leaves; toolchains are not private', async () => {
    const database = await TestDatabase.of(3);
    const toolchain = 'v0.0.1-go1.30.0.linux-amd64';
    await database.append('golang.org/toolchain', toolchain, recordText('golang.org/toolchain', toolchain));
    const { get } = setUp(database, { noSumdb: 'git.corp.example,golang.org' });
    await expect(get('lookup/git.corp.example/x@v1.0.0')).rejects.toMatchObject({
      code: 'denied',
      data: { policy: 'GONOSUMDB' },
    });
    expect(database.asked).toEqual([]);
    expect(text(await get(`lookup/golang.org/toolchain@${toolchain}`))).toMatch(/^3\n/);
  });

  it('hold records of data tiles, which are compared with the tree', async () => {
    const database = await TestDatabase.of(300);
    const honest = tlog.formatDataTile(database.records.slice(0, 256));
    database.instead.set('tile/8/data/000', bytes(honest.replace('good', 'evil')));
    const setup = setUp(database);
    await expect(setup.get('tile/8/data/000')).rejects.toMatchObject({ code: 'upstream_invalid' });
    database.instead.set('tile/8/data/000', bytes(honest));
    expect(text(await setup.get('tile/8/data/000'))).toBe(honest);
    takeDown(database);
    expect(text(await setup.restart().get('tile/8/data/000'))).toBe(honest);
  });
});

describe('work', () => {
  it('is done once, however many ask: 1,000 cold lookups of 100 modules', async () => {
    const database = await TestDatabase.of(300);
    const { get } = setUp(database);
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => get(lookup(i % 100))));
    expect(new Set(answers.map(text)).size).toBe(100);
    expect(database.asked.filter((path) => path.startsWith('lookup/'))).toHaveLength(100);
    expect(new Set(database.asked).size).toBe(database.asked.length);
  });

  it('is shared with whoever verifies', async () => {
    const database = await TestDatabase.of(300);
    const { get, proxy } = setUp(database);
    await proxy.client(name).lookup('example.com/m7', 'v1.0.0');
    database.asked.length = 0;
    await get(lookup(7));
    await get(lookup(7));
    expect(database.asked).toEqual([]);
  });

  it('on latest is done again after a while', async () => {
    const database = await TestDatabase.of(10);
    const { get, clock } = setUp(database, { latestTtl: 1000 });
    const first = text(await get('latest'));
    await database.grow(20);
    expect(text(await get('latest'))).toBe(first);
    clock.now += 1000;
    expect(text(await get('latest'))).toBe(await database.head());
  });

  it('is not repeated after a restart', async () => {
    const setup = setUp(await TestDatabase.of(300));
    await setup.get(lookup(7));
    setup.database.asked.length = 0;
    await setup.restart().get(lookup(7));
    expect(setup.database.asked).toEqual([]);
  });

  it('goes on where the storage cannot keep it', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(300);
    const failing: Storage = {
      get: (key, options) => storage.get(key, options),
      head: (key, options) => storage.head(key, options),
      list: (options) => storage.list(options),
      create: (key, source, options) =>
        key.includes('/cache/') ? Promise.reject(new Error('disk full')) : storage.create(key, source, options),
    };
    const setup = setUp(database, { storage: failing });
    for (const i of [1, 2, 299]) expect(text(await setup.get(lookup(i)))).toBe(text(await database.answer(lookup(i))));
    expect(setup.errors.length).toBeGreaterThan(0);
    expect(database.asked.filter((path) => path.startsWith('lookup/'))).toHaveLength(3);
    takeDown(database);
    await go(setup.proxy).lookup('example.com/m299', 'v1.0.0');
  });

  it('of two processes on one storage fits together', async () => {
    const database = await TestDatabase.of(100);
    const one = setUp(database);
    const other = one.restart();
    for (let i = 0; i < 100; i += 9) {
      await database.grow(100 + i * 7);
      await Promise.all([one.get(lookup(i)), other.get(lookup(i + 3)), one.get('latest'), other.get(lookup(i))]);
    }
    takeDown(database);
    const third = one.restart();
    const client = go(third.proxy);
    for (let i = 0; i < 100; i += 9) await client.lookup(`example.com/m${i}`, 'v1.0.0');
  });
});

describe('while the database is down', () => {
  it('a go command with nothing gets every lookup that was kept, at every size that was answered', async () => {
    const database = await TestDatabase.of(0, 8);
    const setup = setUp(database, { latestTtl: 0 });
    const kept: number[] = [];
    for (const size of [1, 2, 200, 255, 256, 257, 511, 512, 600, 1030]) {
      await database.grow(size);
      kept.push(size - 1, size >> 1);
      await setup.get(lookup(size - 1));
      // An answer with an older tree, as caches on the way give.
      database.size = Math.max(1, size - 3);
      if (size >> 1 < database.size) await setup.get(lookup(size >> 1));
      else await setup.get(lookup(size - 1));
      database.size = undefined;
    }
    takeDown(database);
    const later = setup.restart();
    for (const order of [kept, kept.toReversed()]) {
      const client = go(later.proxy);
      for (const i of order) {
        if (i === 1) continue;
        await client.verify(`example.com/m${i}`, 'v1.0.0', `h1:good-example.com/m${i}=`);
      }
      // What it was told last is what it keeps: the same tree, and all its tiles.
      await client.update();
    }
    expect(text(await later.get('latest'))).toBe(await database.head(1030));
    await expect(later.get(lookup(700))).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(later.get('tile/8/0/007')).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('a go command that knows the newest tree goes on with it', async () => {
    const database = await TestDatabase.of(300);
    const { get, proxy } = setUp(database);
    await get(lookup(3));
    await database.grow(900);
    const client = go(proxy);
    await client.lookup('example.com/m899', 'v1.0.0');
    takeDown(database);
    expect((await client.lookup('example.com/m3', 'v1.0.0')).number).toBe(3n);
  });

  it('latest is never a tree whose tiles are not at hand', async () => {
    const database = await TestDatabase.of(300);
    const { get, clock } = setUp(database, { latestTtl: 0 });
    const before = text(await get('latest'));
    const honest = database.answer.bind(database);
    await database.grow(400);
    database.answer = async (path) => {
      if (path === 'latest') return honest(path);
      throw new GoModKitError('upstream_unavailable', 'connection refused');
    };
    clock.now += 1;
    expect(text(await get('latest'))).toBe(before);
    // From the start it is no tree at all.
    const fresh = setUp(database, { storage: memoryStorage() });
    await expect(fresh.get('latest')).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('nothing is served where nothing is known', async () => {
    const database = await TestDatabase.of(300);
    takeDown(database);
    const { get } = setUp(database);
    for (const path of ['latest', lookup(1), 'tile/8/0/000']) {
      await expect(get(path), path).rejects.toMatchObject({ code: 'upstream_unavailable' });
    }
    expect(await get('supported')).toHaveLength(0);
  });
});

describe('where nobody is asked', () => {
  const alone = (storage: Storage) => {
    const proxy = createSumdbProxy({ storage, databases: [{ key: keys.verifierKey, noSumdb: 'git.corp.example' }] });
    return { proxy, get: (path: string) => proxy.sumdb(name, path) };
  };

  it('a go command with nothing gets the lookups that were kept', async () => {
    const database = await TestDatabase.of(100);
    const setup = setUp(database);
    for (const size of [100, 255, 600, 601]) {
      await database.grow(size);
      await setup.get(lookup(size - 1));
    }
    database.asked.length = 0;
    const { proxy, get } = alone(setup.storage);
    expect(await get('supported')).toHaveLength(0);
    const client = go(proxy);
    for (const i of [600, 99, 254, 599]) await client.lookup(`example.com/m${i}`, 'v1.0.0');
    expect(await client.update()).toMatchObject({ size: 601n });
    expect(database.asked).toEqual([]);
    // Could not find out, which is not the same as unknown.
    await expect(get(lookup(5))).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/not asked here.*lookup\/example.com\/m5@v1.0.0 was not kept/),
    });
    await expect(get('tile/8/0/003')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(get('lookup/git.corp.example/x@v1.0.0')).rejects.toMatchObject({ code: 'denied' });
  });

  it('is not served before a whole tree was kept, nor once its edge is gone', async () => {
    const storage = memoryStorage();
    const { get } = alone(storage);
    await expect(get('supported')).rejects.toMatchObject({ code: 'not_found' });
    // A head of which no tile was kept.
    await createSumdbProxy({ storage, databases: [{ key: keys.verifierKey }] })
      .client(name)
      .merge(await (await TestDatabase.of(300)).head());
    await expect(alone(storage).get('supported')).rejects.toMatchObject({ code: 'not_found' });
    await setUp(await TestDatabase.of(300), { storage }).get('latest');
    expect(await alone(storage).get('supported')).toHaveLength(0);
    for (const { key } of (await storage.list({ prefix: '.gomodkit/cache/' })).objects) await storage.delete?.(key);
    await expect(alone(storage).get('supported')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a database that lies', () => {
  it('CVE-2026-42501: an authentic record of another module is no answer', async () => {
    const database = await TestDatabase.of(7);
    database.instead.set('lookup/example.com/evil@v1.0.0', await database.answer(lookup(3)));
    await expect(setUp(database).get('lookup/example.com/evil@v1.0.0')).rejects.toMatchObject({
      code: 'upstream_invalid',
    });
  });

  it('CVE-2026-56864: hashes behind the record are no part of it', async () => {
    const database = await TestDatabase.of(7);
    const honest = text(await database.answer(lookup(3)));
    const [record = '', rest = ''] = honest.split('\n\n');
    const forged = `${record.replace('good', 'evil')}\n\n${rest}`;
    database.instead.set(lookup(3), bytes(`${forged}\n\n${honest}`));
    const { get, storage } = setUp(database);
    await expect(get(lookup(3))).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect((await storage.list({ prefix: '.gomodkit/cache' })).objects.filter(({ key }) => /lookup/.test(key))).toEqual(
      [],
    );
  });

  it('CVE-2026-56865: a forged tile below others is seen, and not answered', async () => {
    const database = await TestDatabase.of(600);
    const forged = (await database.answer('tile/8/0/000')).slice();
    forged[0] = (forged[0] ?? 0) ^ 1;
    database.instead.set('tile/8/0/000', forged);
    const { get } = setUp(database);
    await expect(get(lookup(3))).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(get('tile/8/0/000')).rejects.toMatchObject({ code: 'upstream_invalid' });
    // Once it tells the truth, nothing of the lie is left.
    database.instead.clear();
    expect(text(await get('tile/8/0/000'))).toBe(text(await database.answer('tile/8/0/000')));
  });

  it.each([
    ['truncated', (tile: Uint8Array) => tile.slice(0, -1)],
    ['one hash short', (tile: Uint8Array) => tile.slice(0, -32)],
    ['too long', (tile: Uint8Array) => Uint8Array.of(...tile, 0)],
    ['one hash too long', (tile: Uint8Array) => Uint8Array.of(...tile, ...tile.slice(0, 32))],
    ['empty', () => new Uint8Array(0)],
  ])('about tiles (%s) is believed by nobody', async (_, change) => {
    for (const path of ['tile/8/0/000', 'tile/8/0/001.p/44', 'tile/8/1/000.p/1']) {
      const database = await TestDatabase.of(300);
      database.instead.set(path, change(await database.answer(path)));
      const { get } = setUp(database);
      await expect(get(path), path).rejects.toMatchObject({ code: 'upstream_invalid' });
    }
  });

  it('about which lookup it answers is seen', async () => {
    const database = await TestDatabase.of(9);
    database.instead.set(lookup(1), await database.answer(lookup(2)));
    database.instead.set(lookup(2), await database.answer(lookup(1)));
    const { get } = setUp(database);
    for (const i of [1, 2]) await expect(get(lookup(i))).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(text(await get(lookup(3)))).toMatch(/^3\n/);
  });

  it('once is asked again', async () => {
    const database = await TestDatabase.of(9);
    database.instead.set(lookup(1), bytes('1\nnonsense'));
    database.instead.set('latest', bytes('nonsense'));
    const { get, clock, errors } = setUp(database);
    await expect(get(lookup(1))).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(get('latest')).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(errors).not.toEqual([]);
    database.instead.clear();
    clock.now += 60_000;
    expect(text(await get(lookup(1)))).toMatch(/^1\n/);
    expect(text(await get('latest'))).toBe(await database.head());
  });

  it('by replaying old heads moves nobody back', async () => {
    const database = await TestDatabase.of(300);
    const { get, clock } = setUp(database);
    await get('latest');
    database.size = 100;
    clock.now += 60_000;
    expect(text(await get('latest'))).toBe(await database.head(300));
    expect(text(await get(lookup(5)))).toContain('tree\n100\n');
  });

  it('with a fork ends everything, also after a restart that comes before it', async () => {
    const honest = await TestDatabase.of(50);
    const setup = setUp(honest);
    await setup.get(lookup(1));
    const forked = await TestDatabase.of(40);
    await forked.grow(60, 'evil');
    honest.answer = (path) => forked.answer(path);
    const later = setup.restart();
    await expect(later.get(lookup(45))).rejects.toMatchObject({ code: 'checksum_misbehaviour' });
    for (const path of ['latest', 'supported', lookup(1), 'tile/8/0/000.p/40']) {
      await expect(later.get(path), path).rejects.toMatchObject({ code: 'checksum_misbehaviour' });
    }
    const { objects } = await setup.storage.list({ prefix: '.gomodkit/sumdb/' });
    expect(objects.filter(({ key }) => key.includes('/evidence/'))).toHaveLength(1);
  });

  it('with a rollback after a restart is caught', async () => {
    const honest = await TestDatabase.of(50);
    const setup = setUp(honest);
    await setup.get(lookup(1));
    const other = await TestDatabase.of(0);
    await other.grow(20, 'rewritten');
    honest.answer = (path) => other.answer(path);
    await expect(setup.restart().get(lookup(15))).rejects.toMatchObject({ code: 'checksum_misbehaviour' });
  });

  it('with another key is not believed', async () => {
    const database = await TestDatabase.of(9);
    const other = await note.newSigner((await note.generateKey(name, new Uint8Array(32).fill(9))).signerKey);
    const head = await database.head();
    database.instead.set('latest', bytes(await note.sign({ text: head.slice(0, head.indexOf('\n\n') + 1) }, other)));
    await expect(setUp(database).get('latest')).rejects.toMatchObject({ code: 'upstream_invalid' });
  });
});

it('takes one database of a name', async () => {
  const each = { key: keys.verifierKey, remote: async () => bytes('') };
  expect(() => createSumdbProxy({ storage: memoryStorage(), databases: [each, each] })).toThrow(
    /two checksum databases/,
  );
});

it('gives the empty tree of a database without records', async () => {
  const database = await TestDatabase.of(0);
  expect(text(await setUp(database).get('latest'))).toBe(await signTree({ size: 0n, hash: tlog.emptyTreeHash() }));
});

function storedOf(database: TestDatabase): tlog.HashReader {
  return { readHashes: async (indexes) => indexes.map((i) => database.stored[Number(i)] as Uint8Array) };
}
