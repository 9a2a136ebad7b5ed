import { expect, test } from 'vitest';
import { bytesSource, type ListOptions, memoryStorage, type Storage } from '../storage/index.ts';
import type { Listable } from './stored-objects.ts';
import { storedVersions } from './stored-versions.ts';

async function storageWith(...keys: readonly string[]): Promise<Storage> {
  const storage = memoryStorage();
  for (const key of keys) await storage.create(key, bytesSource(new TextEncoder().encode(key)));
  return storage;
}

async function names(storage: Listable, prefix?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, version, zipSize } of storedVersions(storage, { prefix }))
    found.push(`${path}@${version}${zipSize === undefined ? '' : ' zip'}`);
  return found;
}

const mixed = [
  'example.com/!upper/@v/v1.0.0.info',
  'example.com/!upper/@v/v1.0.0.mod',
  'example.com/a/@v/v1.0.0+incompatible.info',
  'example.com/a/@v/v1.0.0-pre.info',
  'example.com/a/@v/v1.0.0.info',
  'example.com/a/@v/v1.0.0.zip',
  'example.com/a/@v/v1.0.0.ziphash',
];

test('a version is named once, with its unescaped path, and says whether its zip is there', async () => {
  expect(await names(await storageWith(...mixed))).toEqual([
    'example.com/Upper@v1.0.0',
    'example.com/a@v1.0.0+incompatible',
    'example.com/a@v1.0.0-pre',
    'example.com/a@v1.0.0 zip',
  ]);
});

test('a version without its .info does not exist yet', async () => {
  expect(await names(await storageWith('example.com/a/@v/v1.0.0.mod', 'example.com/a/@v/v1.0.0.zip'))).toEqual([]);
});

test("keys that are no module's are passed over", async () => {
  const storage = await storageWith(
    '.gomodkit/probe',
    'index.html',
    'not-a-module/@v/v1.0.0.info',
    'example.com/a/@v/x.txt',
  );
  expect(await names(storage)).toEqual([]);
});

test('a prefix may end anywhere in a path and is written unescaped', async () => {
  const storage = await storageWith(...mixed);
  expect(await names(storage, 'example.com/Up')).toEqual(['example.com/Upper@v1.0.0']);
  expect(await names(storage, 'example.org')).toEqual([]);
});

test('a listing goes on over pages', async () => {
  const storage = memoryStorage();
  for (let i = 0; i < 2500; i++)
    await storage.create(`example.com/m${i}/@v/v1.0.0.info`, bytesSource(new Uint8Array(1)));
  const limits: (number | undefined)[] = [];
  const paged = {
    list: (options: ListOptions) => {
      limits.push(options.limit);
      return storage.list({ ...options, limit: 1000 });
    },
  };
  expect((await names(paged)).length).toBe(2500);
  // A storage that can gives more at once: a directory reads a folder anew for every page.
  expect(limits).toEqual([10_000, 10_000, 10_000]);
});

test('a version whose keys stand around those of others is named once, with its zip', async () => {
  const of = (version: string) => ['info', 'mod', 'zip', 'ziphash'].map((end) => `example.com/a/@v/${version}.${end}`);
  const versions = ['v1.0.0-dev', 'v1.0.0-dev.i', 'v1.0.0-dev.next', 'v1.0.0-dev.next.x', 'v1.0.0-dev.zip', 'v1.0.0'];
  const storage = await storageWith(...versions.flatMap(of), ...of('v1.0.0').map((key) => key.replace('/a/', '/b/')));
  expect((await names(storage)).sort()).toEqual(
    [...versions.map((version) => `example.com/a@${version} zip`), 'example.com/b@v1.0.0 zip'].sort(),
  );
});

test('names that no module version has are passed over', async () => {
  const files = ['v1.info', 'master.info', 'v1.0.0+meta.info', 'v2.0.0.info'];
  expect(await names(await storageWith(...files.map((file) => `example.com/a/@v/${file}`)))).toEqual([]);
});
