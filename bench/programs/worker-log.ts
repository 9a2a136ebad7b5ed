// A checksum database of our own: appending to it, asking it.

import { createHash } from 'node:crypto';
import { memoryStorage } from '@gomodkit/core';
import { type ChecksumDatabase, createChecksumDatabase, note, type SumRecord } from '@gomodkit/core/sumdb';
import { directoryStorage } from '@gomodkit/storage-fs';
import { timed } from './answer-lines.ts';

/** What to append where. */
export interface AppendRecordsRequest {
  readonly how: 'single' | 'concurrent' | 'batch';
  /** A directory that does not exist yet; none: in memory. */
  readonly directory?: string | undefined;
  readonly records: number;
}

/** What to ask. */
export interface LookUpRecordsRequest {
  readonly directory: string;
  readonly records: number;
  readonly lookups: number;
}

const concurrent = 32;
const inBatch = 256;

async function openLog(directory: string | undefined): Promise<ChecksumDatabase> {
  const { signerKey } = await note.generateKey('sum.example/bench', new Uint8Array(32).fill(1));
  const storage = directory === undefined ? memoryStorage() : directoryStorage(directory);
  return createChecksumDatabase({ storage, signer: await note.newSigner(signerKey) });
}

function recordAt(index: number): SumRecord {
  const sum = (what: string): string => `h1:${createHash('sha256').update(`${index} ${what}`).digest('base64')}`;
  return { path: `example.com/m${index}`, version: 'v1.0.0', sums: { zip: sum('zip'), goMod: sum('go.mod') } };
}

const appends: Readonly<
  Record<AppendRecordsRequest['how'], (database: ChecksumDatabase, records: readonly SumRecord[]) => Promise<unknown>>
> = {
  async single(database, records) {
    for (const record of records) await database.add([record]);
  },
  concurrent(database, records) {
    const left = records[Symbol.iterator]();
    return Promise.all(
      Array.from({ length: concurrent }, async () => {
        for (const record of left) await database.add([record]);
      }),
    );
  },
  async batch(database, records) {
    for (let at = 0; at < records.length; at += inBatch) await database.add(records.slice(at, at + inBatch));
  },
};

/** Appends records and signs them all. */
export async function appendRecords({ how, directory, records: count }: AppendRecordsRequest) {
  const database = await openLog(directory);
  const records = Array.from({ length: count }, (_, i) => recordAt(i));
  return timed(async () => {
    await appends[how](database, records);
    await database.head();
  });
}

const warm = new Map<string, Promise<ChecksumDatabase>>();

/** Asks a log, which is made at the first call, for records in an order of no meaning. */
export async function lookUpRecords({ directory, records, lookups }: LookUpRecordsRequest) {
  const known = warm.get(directory) ?? grow(directory, records);
  warm.set(directory, known);
  const database = await known;
  return timed(async () => {
    for (let i = 0; i < lookups; i++) {
      await database.sumdb(database.name, `lookup/example.com/m${(i * 7919) % records}@v1.0.0`);
    }
  });
}

async function grow(directory: string, records: number): Promise<ChecksumDatabase> {
  const database = await openLog(directory);
  await appends.batch(
    database,
    Array.from({ length: records }, (_, i) => recordAt(i)),
  );
  await database.head();
  return database;
}
