// Repositories with a checksum database of their own, for the tests of verification.

import { bytesSource } from '../../../bytes/source.ts';
import { hashGoMod, hashZip } from '../../../dirhash/index.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { memoryStorage } from '../../../storage/memory.ts';
import type { Storage } from '../../../storage/storage.ts';
import { storageCache } from '../../../sumdb/client/cache.ts';
import { createSumdbClient } from '../../../sumdb/client/client.ts';
import { storageHeads } from '../../../sumdb/client/heads.ts';
import { keys, TestDatabase } from '../../../sumdb/client/testdata/database.ts';
import type { RepositoryEvent } from '../../repository.ts';
import { createStore, type Store } from '../../store.ts';
import { FakeSource, type FakeVersion, keysOf, setUp, zipOf } from '../../testdata/fixture.ts';
import type { SumdbVerification } from '../settings.ts';

export const path = 'example.com/m';
export const version = 'v1.0.0';
export const name = 'sum.example/db';
export const goMod: string = `module ${path}\n`;
export const files: Readonly<Record<'go.mod' | 'm.go', string>> = { 'go.mod': goMod, 'm.go': 'package m\n' };
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A database of one module of ours, and some others. */
export async function databaseOf(
  more: Partial<Record<'mod' | 'zip', string>> = {},
  of: string = path,
  at: string = version,
): Promise<TestDatabase> {
  const database = await TestDatabase.of(9);
  const mod = more.mod ?? hashGoMod(bytes(`module ${of}\n`));
  const zip = more.zip ?? (await hashZip(bytesSource(await zipOf(of, at, { ...files, 'go.mod': `module ${of}\n` }))));
  await database.append(of, at, `${of} ${at} ${zip}\n${of} ${at}/go.mod ${mod}\n`);
  return database;
}

export const clientOf = (database: TestDatabase, storage: Storage, noSumdb?: string): SumdbVerification => ({
  client: createSumdbClient({
    key: keys.verifierKey,
    remote: database.remote,
    noSumdb,
    heads: storageHeads(storage, name),
    cache: storageCache(storage, name),
  }),
});

export interface Given {
  readonly database?: TestDatabase;
  readonly storage?: Storage;
  readonly version?: FakeVersion;
  readonly unknown?: 'require' | 'allow';
  readonly noSumdb?: string;
  readonly offline?: boolean;
  readonly of?: string;
  readonly at?: string;
  readonly memory?: number;
}

export async function verifying(
  given: Given = {},
): Promise<ReturnType<typeof setUp> & { readonly database: TestDatabase }> {
  const { of = path, at = version, storage = memoryStorage(), unknown, noSumdb, offline, memory } = given;
  const database = given.database ?? (await databaseOf());
  const zip = await zipOf(of, at, { ...files, 'go.mod': `module ${of}\n` });
  const source = new FakeSource({ [of]: { versions: { [at]: given.version ?? { zip } } } });
  const sumdb = { ...clientOf(database, storage, noSumdb), unknown };
  return { ...setUp(source, { storage, sumdb, offline, limits: { memory } }), database };
}

/** Stores the version as a repository without a database does. */
export async function storedUnverified(stored: FakeVersion, storage: Storage = memoryStorage()): Promise<Storage> {
  const { repository } = setUp({ [path]: { versions: { [version]: stored } } }, { storage, sumdb: 'off' });
  await repository.zip(path, version);
  await repository.close();
  return storage;
}

export const evilFiles: Readonly<Record<'go.mod' | 'm.go', string>> = { 'go.mod': goMod, 'm.go': 'package evil\n' };
export const moduleKeys = async (storage: Storage): Promise<string[]> =>
  (await keysOf(storage)).filter((key) => !key.startsWith('.gomodkit/'));

export const refusals = (events: readonly RepositoryEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'refusal' ? [`${event.kind} ${(event.error as GoModKitError).code}`] : []));

export function storeOf(storage: Storage): Store {
  return createStore(storage, { sleep: async () => {} });
}

export function takeDown(database: TestDatabase): void {
  database.answer = () => Promise.reject(new GoModKitError('upstream_unavailable', 'down'));
}
