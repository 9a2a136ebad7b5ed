// Lookups of what was published here, below /sumdb/.

import { expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { hashGoMod } from '../../dirhash/index.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { keys, type TestDatabase } from '../../sumdb/client/testdata/database.ts';
import { createSumdbProxy } from '../../sumdb/proxy/sumdb-proxy.ts';
import { targetOf } from '../keys.ts';
import { aroundStorage, setUp, zipOf } from '../testdata/fixture.ts';
import { noteOwn } from './marks.ts';
import { refusePublished } from './refuse-published.ts';
import {
  bytes,
  databaseOf,
  files,
  goMod,
  name,
  path,
  storedUnverified,
  storeOf,
  version,
} from './testdata/verifying.ts';

const lookup = (of: string, at: string): string => `lookup/${of}@${at}`;

function proxyOf(storage: Storage, database: TestDatabase): (path: string) => Promise<Uint8Array> {
  const { remote } = database;
  const proxy = createSumdbProxy({
    storage,
    databases: [{ key: keys.verifierKey, remote, admit: refusePublished(storage) }],
  });
  return (path) => proxy.sumdb(name, path);
}

it('are refused without anybody being asked, with what helps', async () => {
  const storage = memoryStorage();
  const database = await databaseOf();
  const { repository } = setUp({}, { storage, sumdb: 'off' });
  const of = 'corp.example.com/private';
  const zip = bytesSource(await zipOf(of, 'v1.0.0', { 'go.mod': `module ${of}\n` }));
  await repository.publish({ path: of, version: 'v1.0.0' }, { zip });
  const get = proxyOf(storage, database);
  await expect(get(lookup(of, 'v1.0.0'))).rejects.toMatchObject({
    code: 'denied',
    message: `${of}@v1.0.0 was published here and is not asked of ${name}; set GONOSUMDB or GOPRIVATE=${of}, or serve a database of your own (--sumdb-key-file)`,
  });
  expect(database.asked).toEqual([]);
  // Only what was published.
  await expect(get(lookup(of, 'v1.1.0'))).rejects.toMatchObject({ code: 'not_found' });
  expect(database.asked).not.toEqual([]);
});

it('go on where a publication came too late for what was captured', async () => {
  const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
  await noteOwn(storeOf(storage), targetOf(path, version), { mod: hashGoMod(bytes(goMod)), zip: 'h1:another=' });
  expect(await proxyOf(storage, await databaseOf())(lookup(path, version))).not.toHaveLength(0);
});

it('are passed on by nobody who cannot tell', async () => {
  const storage = aroundStorage(memoryStorage(), (method, key, call) => {
    if (key?.endsWith('.ziphash')) throw new Error(`no ${method}`);
    return call();
  });
  const database = await databaseOf();
  await expect(proxyOf(storage, database)(lookup(path, version))).rejects.toMatchObject({
    code: 'storage_unavailable',
  });
  expect(database.asked).toEqual([]);
});
