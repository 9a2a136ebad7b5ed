// The event log, witnesses, and the small parts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import * as note from '../note/index.ts';
import * as tlog from '../tlog/index.ts';
import type { Cosign } from '../witness/quorum.ts';
import { formatEntries, parseEntries } from './entries.ts';
import { createEventLog, type EventLog, type RegistryLogEvent } from './event-log.ts';
import { GroupCommit } from './group-commit.ts';
import { Serial } from './serial.ts';
import { keysOf, open, recordsFrom, signer } from './testdata/log.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('entry bundles', () => {
  it('come apart as they were put together', () => {
    const records = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }));
    fc.assert(fc.property(records, (texts) => void expect(parseEntries(formatEntries(texts))).toEqual(texts)));
    expect([...formatEntries(['ab', ''])]).toEqual([0, 2, 97, 98, 0, 0]);
    expect(formatEntries(['x'.repeat(65_535)])).toHaveLength(65_537);
    expect(() => formatEntries(['x'.repeat(65_536)])).toThrow(/at most 65535/);
  });

  it.each([[[0]], [[0, 1]], [[0, 2, 97]], [[0, 1, 0xff]], [[0, 0, 0]]])('refuse %j', (bytes) => {
    expect(() => parseEntries(Uint8Array.from(bytes))).toThrow(/malformed entry bundle/);
  });
});

describe('a log of registry events', () => {
  const time = '2026-01-02T03:04:05Z';
  const events: readonly RegistryLogEvent[] = [
    {
      type: 'withdrawal',
      status: 'block',
      path: 'example.com/m',
      version: 'v1.0.0',
      time,
      author: 'ann',
      reason: 'a\nb',
    },
    { type: 'conflict', stored: 'h1:a', offered: 'h1:b', path: 'example.com/m', version: 'v1.0.0', time },
    { type: 'promotion', from: 'staging', to: 'production', path: 'example.com/m', version: 'v1.0.0', time },
    { type: 'purge', h1: 'h1:b', path: 'example.com/m', version: 'v1.0.0', time },
    { type: 'x-note', path: 'example.com/m', version: 'v1.0.0', time, more: { deep: ['é'] } },
    { type: 'reinstatement', path: 'example.com/m', version: 'v1.0.0', time },
  ];
  const eventKeys = note.generateKey('registry.example/events', new Uint8Array(32).fill(3));
  const openEvents = async (storage = memoryStorage()): Promise<EventLog> =>
    createEventLog({ storage, signer: await note.newSigner((await eventKeys).signerKey) });
  const all = async (log: EventLog, from?: number): Promise<RegistryLogEvent[]> => {
    const found: RegistryLogEvent[] = [];
    for await (const event of log.read({ from })) found.push(event);
    return found;
  };

  it('keeps them in order, the same one twice as two, and serves them as tiles under a checkpoint', async () => {
    const storage = memoryStorage();
    const log = await openEvents(storage);
    for (const [i, event] of [...events, ...events].entries()) expect(await log.append(event)).toBe(i);
    expect(await all(await openEvents(storage))).toEqual([...events, ...events]);
    expect(await all(log, 7)).toEqual(events.slice(1));
    const verifiers = note.verifierList(note.newVerifier(log.key));
    const checkpoint = await note.open(await log.tlog('checkpoint'), verifiers);
    expect(checkpoint.text.split('\n').slice(0, 2)).toEqual(['registry.example/events', '12']);
    const lines = parseEntries(await log.tlog('tile/entries/000.p/12'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([...events, ...events]);
    expect((await log.head()).size).toBe(12n);
    await expect(log.tlog('tile/data/000.p/1')).rejects.toMatchObject({ code: 'bad_request' });
    await expect(log.tlog('tile/8/0/000.p/1')).rejects.toMatchObject({ code: 'bad_request' });
    await expect(log.tlog('tile/0/000.p/13')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keeps the first of those with one id, whoever appends them', async () => {
    const storage = memoryStorage();
    const [one, other] = [await openEvents(storage), await openEvents(storage)];
    const event = { ...(events[1] as RegistryLogEvent), id: 'conflict 1' };
    const late = { ...event, time: '2026-02-03T04:05:06Z' };
    expect(await one.append(events[0] as RegistryLogEvent)).toBe(0);
    expect(await Promise.all([one.append(event), other.append(event), one.append(late)])).toEqual([1, 1, 1]);
    expect(await (await openEvents(storage)).append(late)).toBe(1);
    expect(await all(other)).toEqual([events[0], event]);
    await expect(one.append({ ...event, id: '' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('under the name of a checksum database writes nothing into it', async () => {
    const storage = memoryStorage();
    const database = open(storage);
    await database.add(recordsFrom(0, 1));
    await database.idle();
    const log = createEventLog({ storage, signer });
    await expect(log.append(events[0] as RegistryLogEvent)).rejects.toThrow(/a log of another kind/);
    expect((await open(storage).head()).size).toBe(1n);
  });

  it('reads past one tile', async () => {
    const log = await openEvents();
    const many = Array.from({ length: 300 }, (_, i) => ({ ...events[5], version: `v1.0.${i}` }) as RegistryLogEvent);
    await Promise.all(many.map((event) => log.append(event)));
    expect(await all(log)).toEqual(many);
    expect(await all(log, 270)).toEqual(many.slice(270));
    expect(await all(log, 900)).toEqual([]);
  });

  it.each([{ type: '' }, { time: 'yesterday' }, { path: '' }, { version: undefined }])('refuses %j', async (change) => {
    const log = await openEvents();
    await expect(log.append({ ...events[0], ...change } as RegistryLogEvent)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});

describe('witnesses', () => {
  const witness = note.generateKey('witness.example', new Uint8Array(32).fill(4));
  const cosignature = async (checkpoint: string): Promise<readonly string[]> => {
    const signer = await note.newSigner((await witness).signerKey);
    const message = await note.sign({ text: checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1) }, signer);
    return [message.slice(message.indexOf('\n\n') + 2)];
  };
  const cosigned = async (bytes: Uint8Array): Promise<number> => {
    const key = (await witness).verifierKey;
    const verifiers = note.verifierList(note.newVerifier(key));
    return note.open(bytes, verifiers).then(
      ({ sigs }) => sigs.length,
      () => 0,
    );
  };

  it('sign each head once, for all instances, with proofs from any older tree', async () => {
    const storage = memoryStorage();
    let asked = 0;
    const cosign: Cosign = async (checkpoint, prove) => {
      asked++;
      const size = BigInt(checkpoint.split('\n')[1] ?? '');
      const treeHash = tlog.parseHash(checkpoint.split('\n')[2] ?? '');
      if (size === 300n) {
        tlog.checkTree(await prove(100n, 300n, {}), { treeSize: 300n, treeHash, oldSize: 100n, oldHash });
      }
      return cosignature(checkpoint);
    };
    const database = open(storage, { cosign });
    await database.add(recordsFrom(0, 100));
    const oldHash = (await database.head()).hash;
    expect(await cosigned(await database.tlog('checkpoint'))).toBe(1);
    expect(await cosigned(await database.tlog('checkpoint'))).toBe(1);
    await database.add(recordsFrom(100, 200));
    expect(await cosigned(await database.tlog('checkpoint'))).toBe(1);
    expect(asked).toBe(2);
    const other = open(storage, { cosign: () => Promise.reject(new Error('was asked')) });
    expect(await cosigned(await other.tlog('checkpoint'))).toBe(1);
  });

  it.each<[string, Cosign]>([
    ['are down', () => Promise.reject(new Error('down'))],
    ['never answer', () => new Promise(() => {})],
    ['answer nonsense', async () => ['nonsense\n']],
    ['answer more text', async () => ['\n— x AAAA\n']],
    ['answer nothing', async () => []],
  ])('do not keep the log from serving when they %s', async (_, cosign) => {
    const storage = memoryStorage();
    const errors: unknown[] = [];
    const database = open(storage, { cosign, cosignPatience: 20, onError: (error) => errors.push(error) });
    await database.add(recordsFrom(0, 1));
    const verifiers = note.verifierList(note.newVerifier(database.key));
    expect((await note.open(await database.tlog('checkpoint'), verifiers)).unverifiedSigs).toEqual([]);
    expect((await keysOf(storage)).filter((key) => key.includes('cosignatures'))).toEqual([]);
    expect(text(await database.sumdb(database.name, 'latest'))).toMatch(/^go\.sum database tree\n1\n/);
  });
});

describe('group commit', () => {
  it('settles each item once, in groups within bounds', async () => {
    const groups: number[][] = [];
    const commits = new GroupCommit<number, number>({
      mostItems: 5,
      mostWeight: 100,
      async commit(group) {
        groups.push(group.map(({ item }) => item));
        await Promise.resolve();
        if (group.some(({ item }) => item === 13)) throw new Error('unlucky');
        for (const { item, resolve } of group) resolve(-item);
      },
      async afterwards() {},
    });
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => commits.add(i, i === 7 ? 500 : 1)));
    await commits.idle();
    expect(groups.map(({ length }) => length)).toEqual([5, 2, 1, 5, 5, 2]);
    expect(groups.flat()).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(results.map((each) => (each.status === 'fulfilled' ? each.value : undefined))).toEqual(
      Array.from({ length: 20 }, (_, i) => (i > 12 && i < 18 ? undefined : -i)),
    );
  });

  it('runs one thing after the other, also after a failure', async () => {
    const serial = new Serial();
    const order: string[] = [];
    const first = serial.run(async () => {
      await Promise.resolve();
      order.push('first');
      throw new Error('failed');
    });
    const second = serial.run(async () => void order.push('second'));
    await expect(first).rejects.toThrow('failed');
    await second;
    await serial.idle();
    expect(order).toEqual(['first', 'second']);
  });
});
