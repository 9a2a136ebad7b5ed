// Databases, storages and clients for the tests of logs.

import type { CallOptions, Storage } from '../../../storage/storage.ts';
import { createSumdbClient } from '../../client/client.ts';
import { memoryHeads } from '../../client/heads.ts';
import type { SumdbClient } from '../../client/sumdb-client.ts';
import * as note from '../../note/index.ts';
import { type ChecksumDatabase, type ChecksumDatabaseOptions, createChecksumDatabase } from '../checksum-database.ts';
import type { SumRecord } from '../sum-record.ts';

/** Keys of tests, no secret. */
export const keys: note.KeyPair = await note.generateKey('sum.example/log', new Uint8Array(32).fill(9));
export const signer: note.Signer = await note.newSigner(keys.signerKey);

/** A sum that looks like one, made from `mark`. */
export function sumOf(mark: string): string {
  let digits = '';
  for (let i = 0; digits.length < 42; i++) digits += ((mark.charCodeAt(i % mark.length) * (i + 7)) % 36).toString(36);
  return `h1:${digits.slice(0, 42)}A=`;
}

/** A record of `path` at `version`; `mark` makes other sums. */
export function recordOf(path: string, version = 'v1.0.0', mark = ''): SumRecord {
  const what = `${path}@${version}${mark}`;
  return { path, version, sums: { zip: sumOf(what), goMod: sumOf(`${what}/go.mod`) } };
}

/** Records of `count` modules, from `example.com/m<from>` on. */
export function recordsFrom(from: number, count: number): SumRecord[] {
  return Array.from({ length: count }, (_, i) => recordOf(`example.com/m${from + i}`));
}

/** The database on a storage. */
export function open(storage: Storage, options: Partial<ChecksumDatabaseOptions> = {}): ChecksumDatabase {
  return createChecksumDatabase({ storage, signer, ...options });
}

/** A client that asks a database of ours directly. */
export function clientOf(database: Pick<ChecksumDatabase, 'sumdb' | 'name'>): SumdbClient {
  const remote = (path: string, options: CallOptions) => database.sumdb(database.name, path, options);
  return createSumdbClient({ key: keys.verifierKey, remote, heads: memoryHeads() });
}

/** A storage in front of another: each call goes through `around`. */
export function aroundStorage(
  storage: Storage,
  around: <T>(method: keyof Storage, key: string, call: () => Promise<T>) => Promise<T>,
): Storage {
  return {
    get: (key, options) => around('get', key, () => storage.get(key, options)),
    head: (key, options) => around('head', key, () => storage.head(key, options)),
    create: (key, source, options) => around('create', key, () => storage.create(key, source, options)),
    list: (options) => around('list', options?.prefix ?? '', () => storage.list(options)),
  };
}

/** All keys of a storage below `prefix`. */
export async function keysOf(storage: Storage, prefix = '.gomodkit/logs/'): Promise<string[]> {
  const found: string[] = [];
  for (let more = true; more; ) {
    const page = await storage.list({ prefix, after: found.at(-1), limit: 1000 });
    found.push(...page.objects.map(({ key }) => key));
    more = page.more;
  }
  return found;
}
