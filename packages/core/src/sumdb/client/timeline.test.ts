// Trees that must fit each other: growth, replay, forks, rollbacks, restarts, and several instances.

import { describe, expect, it } from 'vitest';
import { readAll } from '../../bytes/source.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { memoryStorage, type Storage } from '../../storage/index.ts';
import {
  checkMisbehaviour,
  createSumdbClient,
  type HeadStore,
  type Misbehaviour,
  memoryHeads,
  note,
  type SumdbClient,
  type SumdbClientOptions,
  storageHeads,
} from '../index.ts';
import { keys, TestDatabase } from './testdata/database.ts';

const clientOf = (database: TestDatabase, options: Partial<SumdbClientOptions> = {}): SumdbClient =>
  createSumdbClient({ key: keys.verifierKey, remote: database.remote, tileHeight: database.height, ...options });

const heads = (storage: Storage): HeadStore => storageHeads(storage, 'sum.example/db');

/** A database that has other records from number `from` on. */
async function forkOf(from: number, size: number): Promise<TestDatabase> {
  const fork = await TestDatabase.of(from, 2);
  await fork.grow(size, 'evil');
  return fork;
}

async function misbehaviour(call: Promise<unknown>): Promise<Misbehaviour> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isGoModKitError(error, 'checksum_misbehaviour')) throw new Error(`no misbehaviour: ${error}`);
  return error.data as unknown as Misbehaviour;
}

describe('a timeline', () => {
  it('takes replayed old heads, and stays where it is', async () => {
    const database = await TestDatabase.of(40, 2);
    const client = clientOf(database);
    await client.update();
    for (const size of [40, 39, 33, 32, 17, 8, 1, 0]) {
      await client.merge(await database.head(size));
      expect((await client.head())?.size).toBe(40n);
    }
    // Also in answers to lookups: the record is authenticated in the newest tree.
    database.size = 20;
    expect((await client.lookup('example.com/m19', 'v1.0.0')).number).toBe(19n);
    expect((await client.lookup('example.com/m30', 'v1.0.0')).number).toBe(30n);
  });

  it('compares equal sizes without asking anybody', async () => {
    const database = await TestDatabase.of(7, 2);
    const client = clientOf(database);
    await client.update();
    const asked = database.asked.length;
    const fork = await forkOf(3, 7);
    const evidence = await misbehaviour(client.merge(await fork.head()));
    expect(database.asked).toHaveLength(asked);
    expect(evidence).toMatchObject({ database: 'sum.example/db', proof: [] });
    await checkMisbehaviour(keys.verifierKey, evidence);
  });

  it.each([
    [3, 7, 9],
    [0, 1, 2],
    [6, 7, 8],
    [5, 16, 17],
    [31, 32, 64],
  ])('sees a fork after %i records, between trees of %i and %i', async (from, small, large) => {
    const [honest, fork] = [await TestDatabase.of(large, 2), await forkOf(from, large)];
    honest.size = small;
    const client = clientOf(honest);
    await client.update();
    // From now on another database answers.
    const forked = clientOf(fork, { heads: await filled(await honest.head()) });
    const evidence = await misbehaviour(forked.lookup(`example.com/m${large - 1}`, 'v1.0.0'));
    expect(evidence.olderNote).toBe(await honest.head());
    expect(evidence.newerNote).toBe(await fork.head());
    await checkMisbehaviour(keys.verifierKey, evidence);
  });

  it('sees an older head of another tree', async () => {
    const database = await TestDatabase.of(30, 2);
    const client = clientOf(database);
    await client.update();
    const evidence = await misbehaviour(client.merge(await (await forkOf(9, 20)).head()));
    expect(evidence.newerNote).toBe(await database.head());
    await checkMisbehaviour(keys.verifierKey, evidence);
  });

  it('ends at misbehaviour: nothing is verified any more, and the evidence stays', async () => {
    const database = await TestDatabase.of(7, 2);
    const storage = memoryStorage();
    const client = clientOf(database, { heads: heads(storage) });
    await client.lookup('example.com/m1', 'v1.0.0');
    const evidence = await misbehaviour(client.merge(await (await forkOf(3, 7)).head()));
    const calls = [
      client.lookup('example.com/m1', 'v1.0.0'),
      client.lookup('example.com/m2', 'v1.0.0'),
      client.verify('example.com/m1', 'v1.0.0', 'h1:good-example.com/m1='),
      client.update(),
      client.merge(await database.head()),
      client.head(),
    ];
    for (const call of calls) expect(await misbehaviour(call)).toBe(evidence);
    const { objects } = await storage.list({ prefix: '.gomodkit/sumdb/sum.example%2fdb/evidence/' });
    expect(objects).toHaveLength(1);
    const kept = await storage.get(objects[0]?.key ?? '');
    const report = Buffer.from(await readAll(kept!.body)).toString();
    expect(report).toContain('SECURITY ERROR\ngo.sum database server misbehavior detected!\n');
    for (const text of [evidence.olderNote, evidence.newerNote]) expect(report).toContain(text.split('\n')[2]);
  });

  it('takes no network failure, and no wrong tile, for misbehaviour', async () => {
    const database = await TestDatabase.of(9, 2);
    database.size = 5;
    const client = clientOf(database);
    await client.update();
    database.size = 9;
    for (const instead of [new Error('reset'), new GoModKitError('not_found', 'no tile'), new Uint8Array(32)]) {
      database.instead.set('tile/2/0/002.p/1', instead);
      database.instead.set('tile/2/0/002', instead);
      const error = await client.update().catch((reason: unknown) => reason);
      expect(isGoModKitError(error, 'upstream_unavailable', 'upstream_invalid'), String(error)).toBe(true);
      expect((await client.head())?.size).toBe(5n);
    }
    database.instead.clear();
    expect((await client.update())?.size).toBe(9n);
  });

  it('refuses heads of another key, and says nothing of the sort of them', async () => {
    const database = await TestDatabase.of(7, 2);
    const other = await note.generateKey('sum.example/db', new Uint8Array(32).fill(1));
    const { text } = await note.open(await database.head(), note.verifierList(note.newVerifier(keys.verifierKey)));
    const forged = await note.sign({ text }, await note.newSigner(other.signerKey));
    await expect(clientOf(database).merge(forged)).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: expect.stringMatching(/no verifiable signatures/),
    });
  });
});

describe('evidence', () => {
  it('proves nothing when it was tampered with', async () => {
    const [honest, fork] = [await TestDatabase.of(7, 2), await forkOf(3, 12)];
    const evidence = await misbehaviour(clientOf(fork, { heads: await filled(await honest.head()) }).update());
    await checkMisbehaviour(keys.verifierKey, evidence);
    const same = (await TestDatabase.of(12, 2)).head(7);
    const tampered: Partial<Misbehaviour>[] = [
      { proof: evidence.proof?.slice(1) },
      { proof: undefined },
      { hashInNewer: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
      { hashInNewer: '' },
      { olderNote: evidence.olderNote.replace('\n7\n', '\n6\n') },
      { olderNote: evidence.newerNote, newerNote: evidence.olderNote },
    ];
    for (const part of tampered) {
      const error = await checkMisbehaviour(keys.verifierKey, { ...evidence, ...part }).catch(
        (reason: unknown) => reason,
      );
      expect(isGoModKitError(error, 'invalid_note', 'invalid_log'), JSON.stringify(part)).toBe(true);
    }
    // Of an innocent: a tree that begins with the other.
    const innocent = {
      ...evidence,
      newerNote: await same,
      olderNote: await same,
      proof: [],
      hashInNewer: (await same).split('\n')[2] ?? '',
    };
    await expect(checkMisbehaviour(keys.verifierKey, innocent)).rejects.toThrow(/no misbehaviour/);
  });
});

describe('kept heads', () => {
  it('make a rollback show after a restart', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(9, 2);
    await clientOf(database, { heads: heads(storage) }).update();
    // The database lost two records, and went on with others.
    const rolledBack = await forkOf(7, 12);
    await misbehaviour(clientOf(rolledBack, { heads: heads(storage) }).lookup('example.com/m1', 'v1.0.0'));
    // Who forgets sees nothing wrong.
    expect((await clientOf(rolledBack).lookup('example.com/m1', 'v1.0.0')).number).toBe(1n);
  });

  it('are found again, and asked for nothing', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(9, 2);
    await clientOf(database, { heads: heads(storage) }).update();
    database.asked.length = 0;
    expect(await clientOf(database, { heads: heads(storage) }).head()).toMatchObject({
      size: 9n,
      note: await database.head(),
    });
    expect(database.asked).toEqual([]);
  });

  it('are shared: instances that were shown different trees find out at the next head', async () => {
    const storage = memoryStorage();
    const [honest, fork] = [await TestDatabase.of(9, 2), await forkOf(3, 9)];
    const [one, two] = [clientOf(honest, { heads: heads(storage) }), clientOf(fork, { heads: heads(storage) })];
    expect(await Promise.all([one.head(), two.head()])).toEqual([undefined, undefined]);
    await one.update();
    await misbehaviour(two.lookup('example.com/m1', 'v1.0.0'));
  });

  it('only ever grow, whoever writes them', async () => {
    const storage = memoryStorage();
    const database = await TestDatabase.of(60, 2);
    const clients = Array.from({ length: 4 }, () => clientOf(database, { heads: heads(storage) }));
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => clients[i % 4]?.merge(await database.head(((i * 37) % 60) + 1))),
    );
    const kept = await heads(storage).read();
    expect(kept?.note).toBe(await database.head(60));
    let last = 0n;
    const { openSeries } = await import('../../series/index.ts');
    for await (const { entries } of openSeries<string>(storage, '.gomodkit/sumdb/sum.example%2fdb/heads').read()) {
      for (const { value } of entries) {
        const size = BigInt(value.split('\n')[1] ?? '');
        expect(size).toBeGreaterThan(last);
        last = size;
      }
    }
    expect(last).toBe(60n);
    for (const client of clients) expect((await client.head())?.size).toBeLessThanOrEqual(60n);
  });

  it('that cannot be kept fail the lookup, and are kept at the next', async () => {
    const database = await TestDatabase.of(7, 2);
    const inner = memoryHeads();
    let down = true;
    const store: HeadStore = {
      read: () => inner.read(),
      write: (head) =>
        down ? Promise.reject(new GoModKitError('storage_unavailable', 'disk full')) : inner.write(head),
    };
    const client = clientOf(database, { heads: store });
    await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({ code: 'storage_unavailable' });
    down = false;
    await client.lookup('example.com/m1', 'v1.0.0');
    expect((await inner.read())?.note).toBe(await database.head());
  });

  it('that cannot be read fail the lookup, and are read at the next', async () => {
    const database = await TestDatabase.of(7, 2);
    let down = true;
    const store: HeadStore = {
      ...memoryHeads(),
      read: async () => {
        if (down) throw new GoModKitError('storage_unavailable', 'down');
        return undefined;
      },
    };
    const client = clientOf(database, { heads: store });
    await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(database.asked).toEqual([]);
    down = false;
    await client.lookup('example.com/m1', 'v1.0.0');
  });

  it('of another key, or no heads at all, stop the client with advice', async () => {
    const database = await TestDatabase.of(7, 2);
    const other = await note.generateKey('sum.example/db', new Uint8Array(32).fill(1));
    const signed = await note.sign({ text: 'go.sum database tree\n' }, await note.newSigner(other.signerKey));
    for (const bad of [signed, 'nonsense', '']) {
      const client = clientOf(database, { heads: await filled(bad) });
      await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({
        code: 'storage_unavailable',
        message: expect.stringMatching(/not signed by the key in use/),
        data: { transient: false },
      });
    }
  });

  it('of two names never meet in storage', async () => {
    const storage = memoryStorage();
    const names = ['a.example', 'a.example/b', 'A.example', 'a.example%2fb', 'a.example:1', 'a.example!b'];
    for (const name of names) expect(await storageHeads(storage, name).write({ number: 0, note: name })).toBe(true);
    for (const name of names) expect(await storageHeads(storage, name).read()).toEqual({ number: 0, note: name });
    expect(await storageHeads(storage, 'a.example').write({ number: 0, note: 'x' })).toBe(false);
  });
});

/** A store with one head. */
async function filled(head: string): Promise<HeadStore> {
  const store = memoryHeads();
  await store.write({ number: 0, note: head });
  return store;
}
