// Sums of a repository, and records of what it publishes.

import { expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { hashGoMod, hashZip } from '../dirhash/index.ts';
import { GoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import { clientOf, open } from '../sumdb/log/testdata/log.ts';
import { recordPublications, repositorySums } from './sums.ts';
import { setUp } from './testdata/fixture.ts';

const path = 'example.com/Upper';
const version = 'v1.0.0';
const goMod = `module ${path}\n\ngo 1.21\n`;
const modules = { [path]: { versions: { [version]: { goMod } } } };

it('are those of the capture, made first if need be', async () => {
  const { repository } = setUp(modules);
  const sums = await repositorySums(repository)({ path, version }, {});
  const bytes = await readAll((await (await repository.zip(path, version)).open()).body);
  expect(sums).toEqual({ zip: await hashZip(bytesSource(bytes)), goMod: hashGoMod(new TextEncoder().encode(goMod)) });
  await expect(repositorySums(repository)({ path, version: 'v1.9.0' }, {})).rejects.toMatchObject({
    code: 'not_found',
  });
});

it('are the bound ones after a restart, also where the bytes changed since', async () => {
  const storage = memoryStorage();
  const before = await repositorySums(setUp(modules, { storage }).repository)({ path, version }, {});
  const hashed = await repositorySums(setUp({}, { storage, offline: true }).repository)({ path, version }, {});
  expect(hashed).toEqual(before);
  await storage.delete?.('example.com/!upper/@v/v1.0.0.zip');
  await storage.create('example.com/!upper/@v/v1.0.0.zip', bytesSource(new Uint8Array(100)));
  const { repository } = setUp({}, { storage, offline: true });
  expect(await repositorySums(repository, { storage })({ path, version }, {})).toEqual(before);
  await expect(repositorySums(repository)({ path, version }, {})).rejects.toMatchObject({ code: 'invalid_zip' });
});

it('are recorded when a zip is published, and at the first lookup otherwise', async () => {
  const storage = memoryStorage();
  const { repository } = setUp(modules, { storage });
  const database = open(storage, { sums: repositorySums(repository, { storage }) });
  const stop = recordPublications(repository, database);
  await repository.goMod(path, version);
  expect((await database.head()).size).toBe(0n);
  await repository.zip(path, version);
  await stop();
  expect((await database.head()).size).toBe(1n);
  const { zip } = await repositorySums(repository)({ path, version }, {});
  await clientOf(database).verify(path, version, zip);
  const late = open(memoryStorage(), { sums: repositorySums(repository) });
  await clientOf(late).verify(path, version, zip);
});

it('fail no publication when they cannot be recorded', async () => {
  const { repository } = setUp(modules);
  const errors: unknown[] = [];
  const database = { add: () => Promise.reject(new GoModKitError('storage_unavailable', 'full')) };
  const stop = recordPublications(repository, database, { onError: (error, module) => errors.push([error, module]) });
  await repository.zip(path, version);
  await stop();
  expect(errors).toMatchObject([[{ code: 'storage_unavailable' }, { path, version }]]);
});

it('end what they began also where whoever is told of failures throws', async () => {
  const { repository } = setUp(modules);
  const database = { add: () => Promise.reject(new GoModKitError('storage_unavailable', 'full')) };
  const onError = (): never => {
    throw new Error('of the embedder');
  };
  const stop = recordPublications(repository, database, { onError });
  await repository.zip(path, version);
  await stop();
});
