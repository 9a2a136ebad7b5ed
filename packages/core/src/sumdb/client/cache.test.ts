// Answers in storage: used, proved again, mended, and never in the way.

import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { memoryStorage, type Storage } from '../../storage/index.ts';
import { createSumdbClient, type SumdbCache, storageCache } from '../index.ts';
import { keys, recordText, TestDatabase } from './testdata/database.ts';

const name = 'sum.example/db';
const prefix = '.gomodkit/cache/sumdb/sum.example%2fdb';

function clientOf(database: TestDatabase, cache: SumdbCache, errors: unknown[] = []) {
  const { remote, height: tileHeight } = database;
  return createSumdbClient({
    key: keys.verifierKey,
    remote,
    tileHeight,
    cache,
    onCacheError: (error) => errors.push(error),
  });
}

async function keysIn(storage: Storage): Promise<string[]> {
  const { objects } = await storage.list();
  return objects.map(({ key }) => key.replace(`${prefix}/`, ''));
}

describe('the cache', () => {
  it('has what was proved, under the names of the go command', async () => {
    const storage = memoryStorage();
    await clientOf(await TestDatabase.of(300), storageCache(storage, name)).lookup('example.com/m5', 'v1.0.0');
    expect(await keysIn(storage)).toEqual([
      'lookup/example.com/m5@v1.0.0',
      'tile/8/0/000',
      'tile/8/0/001.p/44',
      'tile/8/1/000.p/1',
    ]);
  });

  it('holds bytes of its own: what gave them may use them again', async () => {
    const database = await TestDatabase.of(300);
    const given: Uint8Array[] = [];
    const client = createSumdbClient({
      key: keys.verifierKey,
      async remote(path, options) {
        const answer = (await database.remote(path, options)).slice();
        given.push(answer);
        return answer;
      },
    });
    await client.lookup('example.com/m5', 'v1.0.0');
    for (const each of given) each.fill(0xff);
    database.asked.length = 0;
    expect((await client.lookup('example.com/m6', 'v1.0.0')).number).toBe(6n);
    expect(database.asked).toEqual(['lookup/example.com/m6@v1.0.0']);
  });

  it('answers without the network after a restart', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(300);
    await clientOf(database, storageCache(storage, name)).lookup('example.com/m5', 'v1.0.0');
    const asked = database.asked.length;
    const again = await clientOf(database, storageCache(storage, name)).lookup('example.com/m5', 'v1.0.0/go.mod');
    expect(again.number).toBe(5n);
    expect(database.asked).toHaveLength(asked);
  });

  it('serves a partial tile from the full one', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(8, 2);
    const cache = storageCache(storage, name);
    await clientOf(database, cache).lookup('example.com/m6', 'v1.0.0');
    database.size = 7;
    database.asked.length = 0;
    await clientOf(database, cache).lookup('example.com/m4', 'v1.0.0');
    expect(database.asked.filter((path) => path.startsWith('tile/2/0/'))).toEqual([]);
  });

  it('keeps nothing of an answer that does not hold', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(7, 2);
    const evil = Buffer.from(await database.answer('lookup/example.com/m1@v1.0.0'))
      .toString()
      .replace('good', 'evil');
    database.instead.set('lookup/example.com/m1@v1.0.0', Buffer.from(evil));
    database.instead.set('tile/2/0/001.p/3', new Uint8Array(96));
    const client = clientOf(database, storageCache(storage, name));
    await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await keysIn(storage)).toEqual([]);
    database.instead.delete('tile/2/0/001.p/3');
    await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_invalid' });
    // The tiles are the log's; only the answer is not.
    expect((await keysIn(storage)).filter((key) => key.startsWith('lookup/'))).toEqual([]);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['emptied', () => new Uint8Array(0)],
    ['truncated', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['overwritten', (bytes) => bytes.map((byte) => byte ^ 1)],
    ['of something else', () => Buffer.from('0\nexample.com/m5 v1.0.0 h1:evil=\n\n')],
  ])('that was %s is passed over, and mended', async (_, damage) => {
    for (const path of ['lookup/example.com/m5@v1.0.0', 'tile/8/0/000', 'tile/8/0/001.p/44', 'tile/8/1/000.p/1']) {
      const storage = memoryStorage();
      const database = await TestDatabase.of(300);
      const cache = storageCache(storage, name);
      await clientOf(database, cache).lookup('example.com/m5', 'v1.0.0');
      const honest = await cache.get(path);
      await storage.delete?.(`${prefix}/${path}`);
      await storage.create(`${prefix}/${path}`, bytesSource(damage(honest ?? new Uint8Array(0))));
      expect((await clientOf(database, cache).lookup('example.com/m5', 'v1.0.0')).text).toBe(
        recordText('example.com/m5', 'v1.0.0'),
      );
      if (damage(honest ?? new Uint8Array(0)).length === honest?.length) expect(await cache.get(path)).toEqual(honest);
    }
  });

  it('that fails, fails no lookup, and is heard of', async () => {
    const fail = () => Promise.reject(new Error('bucket is gone'));
    const errors: unknown[] = [];
    const client = clientOf(await TestDatabase.of(7, 2), { get: fail, put: fail }, errors);
    expect((await client.lookup('example.com/m5', 'v1.0.0')).number).toBe(5n);
    expect(errors.length).toBeGreaterThan(2);
  });

  it('does not mind names that no key can have', async () => {
    const errors: unknown[] = [];
    const database = await TestDatabase.of(1);
    const path = `example.com/${'x'.repeat(235)}`;
    await database.append(path, 'v1.0.0', recordText(path, 'v1.0.0'));
    const client = clientOf(database, storageCache(memoryStorage(), name), errors);
    expect((await client.lookup(path, 'v1.0.0')).number).toBe(1n);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'invalid_key' }),
      expect.objectContaining({ code: 'invalid_key' }),
    ]);
  });

  it('lets an abort through', async () => {
    const leaver = new AbortController();
    const cache: SumdbCache = {
      get: async () => {
        leaver.abort(new Error('gone home'));
        throw new Error('cut off');
      },
      put: async () => {},
    };
    const client = clientOf(await TestDatabase.of(7, 2), cache);
    await expect(client.lookup('example.com/m5', 'v1.0.0', { signal: leaver.signal })).rejects.toThrow('gone home');
  });
});
