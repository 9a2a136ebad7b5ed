// What was stored before a checksum database verified it.

import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { hashGoMod, hashZip } from '../../dirhash/index.ts';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import { TestDatabase } from '../../sumdb/client/testdata/database.ts';
import { targetOf } from '../keys.ts';
import { aroundStorage, put, setUp, textAt, zipOf } from '../testdata/fixture.ts';
import { noteOwn } from './marks.ts';
import {
  bytes,
  databaseOf,
  evilFiles,
  files,
  goMod,
  moduleKeys,
  name,
  path,
  refusals,
  storedUnverified,
  storeOf,
  verifying,
  version,
} from './testdata/verifying.ts';

describe('what is stored already', () => {
  it('is served once it is proved, and then needs no database, also after a restart', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const first = await verifying({ storage });
    await first.repository.info(path, version);
    await first.repository.zip(path, version);
    expect(first.source.calls).toEqual([]);
    expect(first.database.asked.filter((asked) => asked.startsWith('lookup/'))).toHaveLength(1);
    const down = await databaseOf();
    down.answer = async () => {
      throw new Error('down');
    };
    const later = await verifying({ storage, database: down });
    for (const verb of ['info', 'goMod', 'zip'] as const) await later.repository[verb](path, version);
    expect(down.asked).toEqual([]);
  });

  it('needs no database after a restart where it was captured with one', async () => {
    const first = await verifying();
    await first.repository.zip(path, version);
    const down = await databaseOf();
    down.answer = () => Promise.reject(new Error('down'));
    const later = await verifying({ storage: first.storage, database: down });
    for (const verb of ['zip', 'info', 'goMod'] as const) await later.repository[verb](path, version);
    expect(down.asked).toEqual([]);
  });

  it('is not served, by no verb and no query, once its go.mod is disproved; the evidence stays', async () => {
    const storage = await storedUnverified({
      goMod: `${goMod}\n// evil\n`,
      zip: await zipOf(path, version, { ...files, 'go.mod': `${goMod}\n// evil\n` }),
    });
    const { repository, events, source } = await verifying({ storage });
    source.modules[path] = { versions: { [version]: {} }, queries: { main: { version } } };
    const refused = { code: 'checksum_mismatch', data: { from: 'storage', kind: 'mod' } };
    for (const verb of ['info', 'goMod', 'zip'] as const) {
      await expect(repository[verb](path, version), verb).rejects.toMatchObject(refused);
    }
    await expect(repository.info(path, 'main')).rejects.toMatchObject(refused);
    await expect(repository.latest(path)).rejects.toMatchObject(refused);
    await expect(repository.zip(path, version, { cachedOnly: true })).rejects.toMatchObject(refused);
    expect(refusals(events)).toContain('mod checksum_mismatch');
    const evidence = `.gomodkit/disproved/sum.example%2fdb/${path}/@v/${version}.mod`;
    expect(JSON.parse((await textAt(storage, evidence)) ?? '')).toMatchObject({ database: name, path, version });
    // Offline, and after a restart, it is still known.
    const offline = await verifying({ storage, offline: true });
    await expect(offline.repository.goMod(path, version)).rejects.toMatchObject({
      code: 'checksum_mismatch',
      message: expect.stringMatching(/^SECURITY ERROR/),
    });
  });

  it('is not served once its zip is disproved, whatever the sum beside it says', async () => {
    const zip = await zipOf(path, version, evilFiles);
    const stored = await storedUnverified({ zip });
    const tampered = memoryStorage();
    for (const key of await moduleKeys(stored)) {
      const content = key.endsWith('.ziphash')
        ? bytes(await hashZip(bytesSource(await zipOf(path, version, files))))
        : key.endsWith('.zip')
          ? zip
          : bytes((await textAt(stored, key)) ?? '');
      await put(tampered, key, content);
    }
    for (const storage of [stored, tampered]) {
      const { repository } = await verifying({ storage });
      await expect(repository.zip(path, version)).rejects.toMatchObject({
        code: 'checksum_mismatch',
        data: { from: 'storage', kind: 'zip' },
      });
      // Its go.mod is what everybody has.
      await repository.goMod(path, version);
    }
  });

  it('is not served before it was judged, while the database cannot be asked', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const { repository, database } = await verifying({ storage });
    const honest = database.answer.bind(database);
    database.answer = () => Promise.reject(new GoModKitError('upstream_unavailable', 'down'));
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    // What is to come from storage alone does, and settles nothing.
    await repository.zip(path, version, { cachedOnly: true });
    await expect(repository.goMod(path, version)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    database.answer = honest;
    await repository.zip(path, version);
  });

  it('is served offline without a database', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const { repository, database } = await verifying({ storage, offline: true });
    for (const verb of ['info', 'goMod', 'zip'] as const) await repository[verb](path, version);
    expect(database.asked).toEqual([]);
  });

  it("is nobody else's where it was published here", async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const { repository, database } = await verifying({ storage, database: await TestDatabase.of(3) });
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'not_found' });
    database.asked.length = 0;
    const published = setUp({}, { storage, sumdb: 'off' });
    const zip = await hashZip(bytesSource(await zipOf(path, version, files)));
    await noteOwn(storeOf(storage), targetOf(path, version), { mod: hashGoMod(bytes(goMod)), zip });
    const later = await verifying({ storage, database });
    await later.repository.zip(path, version);
    expect(database.asked).toEqual([]);
    await published.repository.close();
  });

  it("is nobody else's where the repository published it", async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(3);
    const { repository } = await verifying({ storage, database, noSumdb: path });
    await repository.publish({ path, version }, { zip: bytesSource(await zipOf(path, version, files)) });
    await repository.zip(path, version);
    // Others find the bytes that were published, and nothing else is vouched for.
    const later = await verifying({ storage, database });
    await later.repository.zip(path, version);
    expect(database.asked).toEqual([]);
    const other = { path, version: 'v1.1.0' };
    await storedUnverified({ zip: await zipOf(path, version, files) }, storage);
    await setUp({ [path]: { versions: { 'v1.1.0': {} } } }, { storage, sumdb: 'off' }).repository.goMod(path, 'v1.1.0');
    await repository
      .publish(other, { zip: bytesSource(await zipOf(path, 'v1.1.0', { 'go.mod': `${goMod}\ngo 1.20\n` })) })
      .catch(() => {});
    await expect(later.repository.goMod(path, 'v1.1.0')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('costs nothing once it is known', async () => {
    const calls: string[] = [];
    const storage = aroundStorage(memoryStorage(), (method, key, call) => {
      calls.push(`${method} ${key}`);
      return call();
    });
    const { repository, database } = await verifying({ storage });
    const ask = async () => {
      await Promise.all([
        repository.info(path, version),
        repository.goMod(path, version),
        repository.zip(path, version),
      ]);
    };
    await ask();
    await ask();
    calls.length = 0;
    database.asked.length = 0;
    await ask();
    expect([...calls, ...database.asked]).toEqual([]);
  });

  it('is judged once for many who ask', async () => {
    const storage = await storedUnverified({ zip: await zipOf(path, version, files) });
    const reads: string[] = [];
    const counted = aroundStorage(storage, (method, key, call) => {
      if (method === 'get' && key.endsWith('.zip')) reads.push(key);
      return call();
    });
    const { repository, database } = await verifying({ storage: counted });
    await Promise.all(Array.from({ length: 50 }, () => repository.zip(path, version)));
    expect(reads.filter((key) => !key.startsWith('.gomodkit'))).toHaveLength(1);
    expect(database.asked.filter((asked) => asked.startsWith('lookup/'))).toHaveLength(1);
  });

  it('is served where nothing can be remembered', async () => {
    const inner = memoryStorage();
    const storage = aroundStorage(inner, (method, key, call) =>
      method === 'create' && key.includes('/verified/') ? Promise.reject(new Error('disk full')) : call(),
    );
    const { repository } = await verifying({ storage, memory: 0 });
    for (let i = 0; i < 3; i++) await repository.zip(path, version);
  });
});
