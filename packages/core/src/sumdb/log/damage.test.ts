// Stored objects that do not fit together, are gone, or were cut off; signers that fail; clocks that go backwards.

import { describe, expect, it, vi } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import * as note from '../note/index.ts';
import { clientOf, keysOf, open, recordOf, recordsFrom, signer } from './testdata/log.ts';

const prefix = '.gomodkit/logs/sum.example%2flog';
const name = 'sum.example/log';

async function grown(count: number): Promise<Storage> {
  const storage = memoryStorage();
  const database = open(storage);
  for (let at = 0; at < count; at += 100) await database.add(recordsFrom(at, Math.min(100, count - at)));
  await database.idle();
  return storage;
}

/** Replaces stored bytes, which no writer of ours does. */
async function overwrite(storage: Storage, key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const object = await storage.get(key);
  const bytes = new Uint8Array(await new Response(object?.body).arrayBuffer());
  await storage.delete?.(key);
  await storage.create(key, bytesSource(change(bytes)));
}

const flip = (bytes: Uint8Array): Uint8Array => bytes.with(-40, (bytes.at(-40) ?? 0) ^ 1);
const cut = (bytes: Uint8Array): Uint8Array => bytes.slice(0, -7);
const empty = (): Uint8Array => new Uint8Array(0);
const damaged = { code: 'storage_unavailable', data: { transient: false } };

describe('a stored object that was changed is refused, not served', () => {
  it.each([
    ['a full tile', `${prefix}/tile/0/000`, 'tile/8/0/000'],
    ['a full tile of which a part is wanted', `${prefix}/tile/0/001`, 'tile/8/0/001.p/9'],
    ['an entry bundle', `${prefix}/tile/entries/000`, 'tile/8/data/000'],
  ])('%s', async (_, key, path) => {
    for (const change of [flip, cut, empty]) {
      const storage = await grown(600);
      await overwrite(storage, key, change);
      await expect(open(storage).sumdb(name, path)).rejects.toMatchObject(damaged);
    }
  });

  it('a lookup key', async () => {
    for (const change of [cut, empty, (bytes: Uint8Array) => bytes.with(12, 0x7a)]) {
      const storage = await grown(2);
      const [key = ''] = await keysOf(storage, `${prefix}/lookup/`);
      await overwrite(storage, key, change);
      const answers = await Promise.allSettled(
        [0, 1].map((i) => open(storage).sumdb(name, `lookup/example.com/m${i}@v1.0.0`)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(answers.find((each) => each.status === 'rejected')).toMatchObject({ reason: damaged });
    }
  });

  it('a row of the edge, a head, a batch', async () => {
    const places = [`${prefix}/tile/1/000.p/2`, `${prefix}/heads/`, `${prefix}/batches/`];
    for (const place of places) {
      for (const change of [flip, cut, empty]) {
        const storage = await grown(600);
        const [key = ''] = await keysOf(storage, place);
        await overwrite(storage, key, change);
        await expect(open(storage).head(), `${place} ${change.name}`).rejects.toMatchObject(damaged);
        await expect(open(storage).add([recordOf('example.com/more')])).rejects.toMatchObject(damaged);
      }
    }
  });
});

describe('nothing is signed', () => {
  it('when a batch under a stored head is another than was signed', async () => {
    const storage = await grown(300);
    const other = open(memoryStorage());
    await other.add(recordsFrom(1000, 100));
    const [newest = ''] = await keysOf(storage, `${prefix}/batches/`);
    await overwrite(storage, newest, (bytes) => {
      const text = new TextDecoder().decode(bytes);
      return new TextEncoder().encode(text.replaceAll('example.com/m299', 'example.com/m298'));
    });
    await expect(open(storage).head()).rejects.toMatchObject(damaged);
  });

  it('when batches that a head counts are gone', async () => {
    const storage = await grown(300);
    const running = open(storage);
    await running.head();
    const [newest = ''] = await keysOf(storage, `${prefix}/batches/`);
    await storage.delete?.(newest);
    await expect(open(storage).add(recordsFrom(900, 1))).rejects.toMatchObject(damaged);
    expect(await keysOf(storage, `${prefix}/heads/`)).toHaveLength(3);
  });

  it('when a derived object is there already and says something else', async () => {
    const storage = memoryStorage();
    await storage.create(`${prefix}/tile/0/000`, bytesSource(new Uint8Array(8192)));
    const errors: unknown[] = [];
    const database = open(storage, { onError: (error) => errors.push(error) });
    expect(await database.add(recordsFrom(0, 256))).toHaveLength(256);
    await expect(database.head()).rejects.toMatchObject(damaged);
    expect(errors).toMatchObject([damaged]);
    expect(await keysOf(storage, `${prefix}/heads/`)).toEqual([]);
  });

  it('with another key than that of the stored heads', async () => {
    const storage = await grown(1);
    const { signerKey } = await note.generateKey(name);
    const other = open(storage, { signer: await note.newSigner(signerKey) });
    await expect(other.head()).rejects.toThrow(/not signed by sum\.example\/log with the key in use/);
  });
});

it('makes derived objects that are gone anew from the batches', async () => {
  const storage = await grown(600);
  const before = await keysOf(storage);
  const gone = before.filter((key) => key.includes('/tile/'));
  expect(gone.length).toBe(6);
  for (const key of gone) await storage.delete?.(key);
  const database = open(storage);
  await clientOf(database).verify('example.com/m5', 'v1.0.0', recordOf('example.com/m5').sums.zip);
  for (const path of ['tile/8/0/000', 'tile/8/0/001', 'tile/8/data/000', 'tile/8/data/001']) {
    await database.sumdb(name, path);
  }
  expect((await keysOf(storage)).filter((key) => /\/tile\/(?:0|entries)\//.test(key))).toHaveLength(4);
  // All that is derived, heads and lookup keys too.
  for (const key of await keysOf(storage)) if (!key.includes('/batches/')) await storage.delete?.(key);
  expect((await open(storage).head()).note).toBe((await open(storage).head()).note);
  expect((await open(storage).head()).size).toBe(600n);
  await clientOf(open(storage)).verify('example.com/m599', 'v1.0.0', recordOf('example.com/m599').sums.zip);
});

it('starts from the newest head without reading the whole series', async () => {
  const storage = await grown(3000);
  const asked: string[] = [];
  const get = storage.get.bind(storage);
  vi.spyOn(storage, 'get').mockImplementation((key, options) => {
    asked.push(key);
    return get(key, options);
  });
  expect((await open(storage).head()).size).toBe(3000n);
  // Record 2,816 begins the edge: two or three batches of a hundred, read back sixteen at a time.
  expect(asked.filter((key) => key.includes('/batches/')).length).toBeLessThan(20);
});

it('acknowledges what is durable while the signer fails, and signs it later', async () => {
  const storage = memoryStorage();
  let works = false;
  const failing: note.Signer = {
    ...signer,
    sign: (message) => (works ? signer.sign(message) : Promise.reject(new Error('the KMS is down'))),
  };
  const errors: unknown[] = [];
  const database = open(storage, { signer: failing, onError: (error) => errors.push(error) });
  expect(await database.add(recordsFrom(0, 3))).toEqual([0, 1, 2]);
  await expect(database.sumdb(name, 'latest')).rejects.toMatchObject({
    code: 'storage_unavailable',
    data: { transient: true },
  });
  expect(await database.add(recordsFrom(2, 3))).toEqual([2, 3, 4]);
  await database.idle();
  expect(errors.length).toBeGreaterThan(0);
  works = true;
  expect((await database.head()).size).toBe(5n);
  await clientOf(database).verify('example.com/m4', 'v1.0.0', recordOf('example.com/m4').sums.zip);
});

it('goes on where whoever is told of failures throws', async () => {
  const storage = memoryStorage();
  let left = 1;
  const failing: note.Signer = {
    ...signer,
    sign: (message) => (left-- > 0 ? Promise.reject(new Error('down')) : signer.sign(message)),
  };
  const onError = (): never => {
    throw new Error('of the embedder');
  };
  const database = open(storage, { signer: failing, onError, cosign: () => Promise.reject(new Error('no witness')) });
  expect(await database.add(recordsFrom(0, 1))).toEqual([0]);
  await database.idle();
  expect(await database.add(recordsFrom(1, 1))).toEqual([1]);
  expect((await database.head()).size).toBe(2n);
  expect(new TextDecoder().decode(await database.tlog('checkpoint'))).toMatch(/^sum\.example\/log\n2\n/);
});

it('needs no delete, and no clock that goes forward', async () => {
  const storage = memoryStorage();
  const writeOnce: Storage = {
    get: storage.get.bind(storage),
    head: storage.head.bind(storage),
    create: storage.create.bind(storage),
    list: storage.list.bind(storage),
  };
  vi.spyOn(Date, 'now').mockReturnValueOnce(2e12).mockReturnValueOnce(1e12).mockReturnValue(1e9);
  const database = open(writeOnce);
  for (let i = 0; i < 5; i++) await database.add(recordsFrom(i, 1));
  expect((await database.head()).size).toBe(5n);
  await clientOf(open(writeOnce)).verify('example.com/m4', 'v1.0.0', recordOf('example.com/m4').sums.zip);
});

it('follows a log of more than 2³¹ records', async () => {
  // A head of such a size cannot be grown here; its edge and its keys can.
  const { Edge, rowWidth } = await import('./edge.ts');
  const { logKeys } = await import('./log-keys.ts');
  const size = 2 ** 40 - 1;
  const hash = new Uint8Array(32);
  const rows = Array.from({ length: 5 }, (_, l) => Array.from({ length: rowWidth(size, l) }, () => hash));
  expect(rows.map((row) => row.length)).toEqual([255, 255, 255, 255, 255]);
  const edge = new Edge(size, rows, new Array(255).fill('x\n'));
  const tiles: string[] = [];
  edge.push('x\n', {
    tile: ({ l, n, w }) => void tiles.push(`${l}/${n}/${w}`),
    entries: (n) => void tiles.push(`e/${n}`),
  });
  expect(tiles).toEqual([
    `0/${2 ** 32 - 1}/256`,
    `e/${2 ** 32 - 1}`,
    `1/${2 ** 24 - 1}/256`,
    '2/65535/256',
    '3/255/256',
    '4/0/256',
    '5/0/1',
  ]);
  expect(edge.tree().size).toBe(2n ** 40n);
  const keys = logKeys(name);
  expect(keys.headSize(keys.head(2 ** 40))).toBe(2 ** 40);
  expect(keys.head(2 ** 40) < keys.head(2 ** 40 - 1)).toBe(true);
  expect(keys.tile({ l: 0, n: 2 ** 32 - 1, w: 256 })).toBe(`${prefix}/tile/0/x004/x294/x967/295`);
});
