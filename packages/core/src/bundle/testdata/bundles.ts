// Repositories to export from, and storages to import into.

import { bytesSource, readAll, streamOf } from '../../bytes/source.ts';
import { hashGoMod, hashZip } from '../../dirhash/index.ts';
import { createRepository } from '../../repository/create-repository.ts';
import type { Repository } from '../../repository/repository.ts';
import { type MemoryModule, memorySource } from '../../source/memory.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import type { SumdbClient } from '../../sumdb/client/sumdb-client.ts';
import { keys, TestDatabase } from '../../sumdb/client/testdata/database.ts';
import { createSumdbProxy } from '../../sumdb/proxy/sumdb-proxy.ts';
import { captureContents } from '../contents.ts';
import { type ExportOptions, exportBundle } from '../export.ts';
import { type ImportOptions, importBundle } from '../import.ts';
import type { BundleContents, ImportEvent, ImportReport } from '../types.ts';

export const databaseName = 'sum.example/db';

/** A small graph: an app, what it needs, and an old version that is only mentioned. */
export const graph: Readonly<Record<string, MemoryModule>> = {
  'example.com/app@v1.0.0': {
    files: {
      'go.mod':
        'module example.com/app\n\ngo 1.21\n\nrequire example.com/Lib v1.1.0\n\nrequire example.com/base v1.0.0 // indirect\n',
      'a.go': 'package app\n\nimport _ "example.com/Lib"\n',
    },
  },
  'example.com/Lib@v1.1.0': {
    files: {
      'go.mod': 'module example.com/Lib\n\ngo 1.16\n\nrequire example.com/base v0.9.0\n',
      'l.go': 'package lib\n\nimport _ "example.com/base"\n',
    },
  },
  'example.com/base@v0.9.0': { files: { 'go.mod': 'module example.com/base\n', 'b.go': 'package base\n' } },
  'example.com/base@v1.0.0': { files: { 'go.mod': 'module example.com/base\n', 'b.go': 'package base // 1\n' } },
};

/** A repository with a storage of its own. */
export interface Place {
  readonly repository: Repository;
  readonly storage: Storage;
  readonly client: SumdbClient | undefined;
}

/** A place to export from; with a database, one that knows all the modules. */
export async function placeOf(
  modules: Readonly<Record<string, MemoryModule>> = graph,
  database?: TestDatabase,
  storage: Storage = memoryStorage(),
): Promise<Place> {
  const proxy =
    database && createSumdbProxy({ storage, databases: [{ key: keys.verifierKey, remote: database.remote }] });
  const client = proxy?.client(databaseName);
  const sumdb = client === undefined ? 'off' : { client, unknown: 'allow' as const };
  return { repository: createRepository({ storage, source: memorySource(modules), sumdb }), storage, client };
}

/** A database with `before` other records, then one for each module. */
export async function databaseOf(
  modules: Readonly<Record<string, MemoryModule>> = graph,
  before: number = 300,
): Promise<TestDatabase> {
  const database = await TestDatabase.of(before);
  const source = memorySource(modules);
  for (const name of Object.keys(modules)) {
    const [path = '', version = ''] = name.split('@');
    const zip = await hashZip(bytesSource(await readAll((await source.zip(path, version)).body)));
    const goMod = hashGoMod(await source.goMod(path, version));
    await database.append(path, version, `${path} ${version} ${zip}\n${path} ${version}/go.mod ${goMod}\n`);
  }
  return database;
}

/** The closure of a module. */
export async function contentsOf(
  { repository }: Place,
  wanted: Parameters<typeof captureContents>[1] = 'example.com/app@v1.0.0',
): Promise<BundleContents> {
  const capture = captureContents(repository, wanted);
  for (;;) {
    const { done, value } = await capture.next();
    if (done) return value;
  }
}

/** The bytes of a bundle of all that `wanted` needs. */
export async function bundleOf(place: Place, options: Partial<ExportOptions> = {}): Promise<Uint8Array> {
  const contents = options.contents ?? (await contentsOf(place));
  const { repository, storage, client: sumdb } = place;
  return readAll(exportBundle({ repository, storage, sumdb, ...options, contents }));
}

/** Imports bytes, in pieces of `piece` bytes; resolves to the report. */
export async function receive(
  bytes: Uint8Array,
  options: Partial<ImportOptions> = {},
  piece: number = bytes.length,
): Promise<ImportReport & { readonly events: readonly ImportEvent[]; readonly storage: Storage }> {
  const { storage = memoryStorage(), sumdb = 'off' } = options;
  const events: ImportEvent[] = [];
  const imported = importBundle(piecesOf(bytes, piece), { ...options, storage, sumdb });
  for (;;) {
    const { done, value } = await imported.next();
    if (done) return { ...value, events, storage };
    events.push(value);
  }
}

export function piecesOf(bytes: Uint8Array, piece: number): ReadableStream<Uint8Array> {
  if (piece >= bytes.length) return streamOf(bytes);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at + piece));
      at += piece;
      if (at >= bytes.length) controller.close();
    },
  });
}

/** All objects of modules, by key. */
export async function objectsOf(storage: Storage): Promise<Map<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>();
  let after: string | undefined;
  for (;;) {
    const page = await storage.list({ after });
    for (const { key } of page.objects) {
      after = key;
      if (key.startsWith('.gomodkit/')) continue;
      const object = await storage.get(key);
      if (object !== undefined) objects.set(key, await readAll(object.body));
    }
    if (!page.more) return objects;
  }
}

/** A storage with some other methods. */
export function altered(storage: Storage, changes: Partial<Storage>): Storage {
  return {
    get: (key, options) => storage.get(key, options),
    head: (key, options) => storage.head(key, options),
    create: (key, source, options) => storage.create(key, source, options),
    list: (options) => storage.list(options),
    delete: async (key, options) => storage.delete?.(key, options),
    ...changes,
  };
}
