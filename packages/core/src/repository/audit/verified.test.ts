// Audits of repositories that verify with a real checksum database.

import { expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { hashGoMod, hashZip } from '../../dirhash/index.ts';
import { memoryStorage, type Storage } from '../../storage/index.ts';
import { createSumdbClient } from '../../sumdb/client/client.ts';
import { keys, TestDatabase } from '../../sumdb/client/testdata/database.ts';
import type { Repository } from '../repository.ts';
import { FakeSource, keysOf, setUp, zipOf } from '../testdata/fixture.ts';
import type { AuditEvent, AuditOptions } from './audit.ts';
import { base, fill, goMod, path, version, versionObjects } from './testdata/stores.ts';

const files = { 'go.mod': goMod, 'm.go': 'package m\n' };
const evil = { 'go.mod': goMod, 'm.go': 'package evil\n' };

/** A repository over `storage` whose database and source have the good module. */
async function verifying(storage: Storage) {
  const zip = await zipOf(path, version, files);
  const database = await TestDatabase.of(9);
  const sums = { zip: await hashZip(bytesSource(zip)), mod: hashGoMod(encodeUtf8(goMod)) };
  await database.append(path, version, `${path} ${version} ${sums.zip}\n${path} ${version}/go.mod ${sums.mod}\n`);
  const source = new FakeSource({ [path]: { versions: { [version]: { zip, goMod } } } });
  const client = createSumdbClient({ key: keys.verifierKey, remote: database.remote, noSumdb: 'corp.example' });
  return { ...setUp(source, { storage, sumdb: { client } }), sums, database };
}

async function eventsOf(repository: Repository, options: AuditOptions = {}): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of repository.audit(options)) events.push(event);
  return events;
}

it('what the database disproves is purged with what was remembered of it, and captured anew', async () => {
  const storage = memoryStorage();
  await fill(storage, new Map(await versionObjects(path, version, evil)));
  const { repository, sums } = await verifying(storage);
  await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'checksum_mismatch' });
  expect((await keysOf(storage)).filter((key) => key.startsWith('.gomodkit/disproved/'))).toHaveLength(1);
  expect(await eventsOf(repository)).toMatchObject([{ kind: 'disproved', key: `${base}.zip` }, { type: 'version' }]);
  const purging = await eventsOf(repository, { purgeDisproved: true });
  expect(purging.map(({ type }) => type)).toEqual(['finding', 'purged', 'version']);
  const left = await keysOf(storage);
  expect(left.filter((key) => !/^\.gomodkit\/(audit|index)/.test(key))).toEqual([]);
  await (await repository.zip(path, version)).open().then(({ body }) => body.cancel());
  const after = await eventsOf(repository);
  expect(after).toMatchObject([{ type: 'version', path, version, findings: 0, zip: true, proven: true }]);
  const stored = await storage.get(`${base}.ziphash`);
  expect(await new Response(stored?.body).text()).toBe(sums.zip);
});

it('what is private is asked about nowhere', async () => {
  const storage = memoryStorage();
  const { repository, database } = await verifying(storage);
  const own = { path: 'corp.example/secret', version: 'v1.0.0' };
  await repository.publish(own, {
    zip: bytesSource(await zipOf(own.path, own.version, { 'go.mod': `module ${own.path}\n` })),
  });
  const asked = database.asked.length;
  expect(await eventsOf(repository)).toMatchObject([{ type: 'version', ...own, findings: 0, proven: false }]);
  expect(database.asked.slice(asked)).toEqual([]);
});
