// The database as a client sees it: answers, sizes, idempotence, where sums come from.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import { openSignedTree } from '../client/signed-tree.ts';
import * as note from '../note/index.ts';
import * as tlog from '../tlog/index.ts';
import { parseCheckpoint } from '../witness/checkpoint.ts';
import type { ChecksumDatabase } from './checksum-database.ts';
import { parseEntries } from './entries.ts';
import { SignedLog } from './signed-log.ts';
import { clientOf, keys, open, recordOf, recordsFrom, signer } from './testdata/log.ts';
import { readTlogTile } from './tlog-view.ts';

const name = 'sum.example/log';
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('what is served', () => {
  it('answers a lookup with the record and a signed tree that contains it', async () => {
    const database = open(memoryStorage());
    await database.add(recordsFrom(0, 3));
    const answer = text(await database.sumdb(name, 'lookup/example.com/m1@v1.0.0'));
    const { sums } = recordOf('example.com/m1');
    expect(answer).toMatch(/^1\nexample\.com\/m1 v1\.0\.0 h1:/);
    const [record = '', tree = ''] = answer.split(/\n\n(?=go\.sum)/);
    expect(record).toBe(`1\nexample.com/m1 v1.0.0 ${sums.zip}\nexample.com/m1 v1.0.0/go.mod ${sums.goMod}`);
    expect((await openSignedTree(tree, note.verifierList(note.newVerifier(keys.verifierKey)))).size).toBe(3n);
  });

  it('escapes names in paths and nowhere else', async () => {
    const database = open(memoryStorage());
    await database.add([recordOf('example.com/Azure/sdk', 'v1.0.0-RC1')]);
    expect(text(await database.sumdb(name, 'lookup/example.com/!azure/sdk@v1.0.0-!r!c1'))).toContain(
      '\nexample.com/Azure/sdk v1.0.0-RC1 h1:',
    );
  });

  it('signs the empty tree', async () => {
    const head = await open(memoryStorage()).head();
    expect(head.note).toMatch(/^go\.sum database tree\n0\n47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— /);
    const later = open(memoryStorage());
    await later.head();
    await later.add(recordsFrom(0, 1));
    expect((await later.head()).size).toBe(1n);
  });

  it('serves one tree under two signed texts', async () => {
    const database = open(memoryStorage(), { origin: 'registry.example/sums' });
    await database.add(recordsFrom(0, 5));
    const head = await database.head();
    const message = text(await database.tlog('checkpoint'));
    const { text: checkpoint } = await note.open(message, note.verifierList(note.newVerifier(keys.verifierKey)));
    expect(parseCheckpoint(checkpoint)).toEqual({
      origin: 'registry.example/sums',
      size: head.size,
      hash: head.hash,
      extensions: [],
    });
    expect(() => open(memoryStorage(), { origin: 'go.sum database tree' })).toThrow(/names no log/);
  });

  it.each([
    ['latest/', 'bad_request'],
    ['lookup/example.com/m', 'bad_request'],
    ['lookup/example.com/M@v1.0.0', 'bad_request'],
    ['lookup/example.com/m@v1', 'bad_request'],
    ['lookup/example.com/m@v1.0.0+meta', 'bad_request'],
    ['lookup/example.com/m@v2.0.0', 'not_found'],
    ['lookup/example.com/m@v1.0.0', 'not_found'],
    ['lookup/../../x@v1.0.0', 'bad_request'],
    ['tile/8/0/000.p/1', 'not_found'],
    ['tile/8/0/0', 'bad_request'],
    ['tile/8/0/x000/000', 'bad_request'],
    ['tile/8/0/000.p/256', 'bad_request'],
    ['tile/9/0/000.p/1', 'not_found'],
    ['tile/30/63/x009/x223/x372/x036/x854/x775/807', 'not_found'],
    ['tile/8/63/x009/x223/x372/x036/x854/x775/807', 'not_found'],
    ['tile/1/1234567890/000.p/1', 'not_found'],
    ['', 'bad_request'],
  ])('refuses %j with %s', async (path, code) => {
    await expect(open(memoryStorage()).sumdb(name, path)).rejects.toMatchObject({ code });
  });

  it('serves no other database', async () => {
    await expect(open(memoryStorage()).sumdb('sum.golang.org', 'supported')).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await open(memoryStorage()).sumdb(name, 'supported')).toHaveLength(0);
  });

  it('serves lower tiles too', async () => {
    const database = open(memoryStorage());
    await database.add(recordsFrom(0, 300));
    const whole = await database.sumdb(name, 'tile/8/0/001.p/44');
    expect(await database.sumdb(name, 'tile/3/0/033')).toEqual(whole.subarray(8 * 32, 16 * 32));
    expect(await database.sumdb(name, 'tile/4/2/000.p/1')).toEqual(await database.sumdb(name, 'tile/8/1/000.p/1'));
    const records = text(await database.sumdb(name, 'tile/2/data/074'));
    expect(records.startsWith('example.com/m296 v1.0.0 h1:')).toBe(true);
    expect(tlog.parseDataTile(new TextEncoder().encode(records), 4)).toHaveLength(4);
  });
});

describe('golden trees', () => {
  const roots: Readonly<Record<number, string>> = {
    1: 'yWkB1wZWg4xoeRYQUauOqwEN310otp2vj5reRxKO2js=',
    2: '3Y4ILjH21NAR7HyM3+YL+sdS0ZuyPKvKtnn2OFlGZxg=',
    3: 'q6OBGvENedmLS777sJY9ia59Kg2vN0rTHckfHl0Gw+4=',
    7: 'TqkzFGUUKGCJo3xeHDcMFE51AjNB/MGulpc3nFGi0Dg=',
    8: 'lOMzw6mgYhqlE5YdpZICRKC5L2VJejEpAkq5KYqdKmM=',
    255: 'vlh2nJQvoQJU8Sy1P/NpqtRhgJ1+O8xI5z5li6mM4uw=',
    256: 'qFxxtOxTOFnFLsJVQis4J3rjrR0sVG/PXmKm8GsYVz0=',
    257: '6xDHLD3dq9lYT9IpqALSJwlc3tmiar3Bl6m0ox3yuj8=',
    300: '2ptRDf3NGWHxnkXH+OssLmXwyntEWXOrIcuxwjQKD/c=',
  };
  const record = (i: number): string => `example.com/m v1.0.${i} h1:x\nexample.com/m v1.0.${i}/go.mod h1:y\n`;

  it('have the roots and tiles of the published vectors', async () => {
    const log = new SignedLog({ storage: memoryStorage(), signer, texts: { tree: tlog.formatTree } });
    let size = 0;
    for (const [next, root] of Object.entries(roots)) {
      await log.append(Array.from({ length: Number(next) - size }, (_, i) => record(size + i)));
      size = Number(next);
      const { head } = await log.refresh();
      expect([head.size, tlog.formatHash(head.hash)]).toEqual([size, root]);
    }
    const tile = (path: string) => readTlogTile(log, path, {});
    expect(sha256(await tile('tile/0/000'))).toBe('6c5da8459d4ae4e74d1f3fb3ad87cc1dc1fed2dbce6d9547879939071313de05');
    expect(sha256(await tile('tile/0/001.p/44'))).toBe(
      '0ae5cf250192e6e2378e86a76f9e67bdfdb1f2c75cac92b52779ee38c622a729',
    );
    expect(tlog.formatHash(await tile('tile/1/000.p/1'))).toBe(roots[256]);
    expect(parseEntries(await tile('tile/entries/001.p/3'))).toEqual([256, 257, 258].map(record));
  });
});

describe('a client of ours', () => {
  it('verifies records at every size where the tree changes its shape, and follows from any size to any later one', async () => {
    const storage = memoryStorage();
    const follower = clientOf(open(storage));
    let database = open(storage);
    for (let size = 1; size <= 270; size++) {
      const record = recordOf(`example.com/m${size}`);
      await database.add([record]);
      // Every other time the instance is a new one.
      if (size % 2 === 0) {
        await database.idle();
        database = open(storage);
      }
      const isTelling = size <= 34 || size > 252 || (size + 1) % 64 <= 2;
      if (!isTelling && size % 16 !== 0) continue;
      const client = size % 16 === 0 ? clientOf(database) : follower;
      await client.verify(record.path, record.version, record.sums.zip);
      expect((await client.update())?.size).toBe(BigInt(size));
      if (size % 16 === 0)
        await client.verify('example.com/m1', 'v1.0.0/go.mod', recordOf('example.com/m1').sums.goMod);
    }
  });

  it('finds partial tiles of every old size served for ever', async () => {
    const database = open(memoryStorage());
    await database.add(recordsFrom(0, 700));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async (size) => {
        for (const tile of tlog.newTiles(8, 0n, BigInt(size))) {
          const bytes = await database.sumdb(name, tlog.tilePath(tile));
          expect(bytes).toHaveLength(32 * tile.w);
          expect(await database.tlog(tlog.tilePath(tile).replace('tile/8/', 'tile/'))).toEqual(bytes);
          if (tile.l > 0) continue;
          const data = tlog.parseDataTile(await database.sumdb(name, tlog.tilePath({ ...tile, l: -1 })), tile.w);
          const entries = parseEntries(
            await database.tlog(tlog.tilePath({ ...tile, l: -1 }).replace('8/data', 'entries')),
          );
          expect(entries).toEqual(data);
          expect(data.map((each) => tlog.formatHash(tlog.recordHash(each)))).toEqual(
            Array.from({ length: tile.w }, (_, i) => tlog.formatHash(bytes.subarray(32 * i, 32 * i + 32))),
          );
        }
      }),
      { numRuns: 15, examples: [[256], [513]] },
    );
  });
});

describe('adding', () => {
  it('is idempotent, also within one call', async () => {
    const database = open(memoryStorage());
    const [a, b] = recordsFrom(0, 2) as [ReturnType<typeof recordOf>, ReturnType<typeof recordOf>];
    expect(await database.add([a, b, a])).toEqual([0, 1, 0]);
    expect(
      await Promise.all([database.add([b]), database.add([a]), database.add([recordOf('example.com/c')])]),
    ).toEqual([[1], [0], [2]]);
    expect((await database.head()).size).toBe(3n);
  });

  it('refuses other sums, for a record of long ago, of a moment ago, and of the same call', async () => {
    const storage = memoryStorage();
    await open(storage).add(recordsFrom(0, 1));
    const other = recordOf('example.com/m0', 'v1.0.0', 'other');
    const database = open(storage);
    await expect(database.add([other])).rejects.toMatchObject({ code: 'conflict' });
    const fresh = [recordOf('example.com/new'), recordOf('example.com/new', 'v1.0.0', 'other')];
    await expect(database.add(fresh)).rejects.toMatchObject({ code: 'conflict' });
    await expect(database.add(fresh.slice(1))).rejects.toMatchObject({ code: 'conflict' });
    expect(await database.add(fresh.slice(0, 1))).toEqual([1]);
  });

  it.each([
    [{ path: 'Example', version: 'v1.0.0' }, 'invalid_path'],
    [{ path: 'example.com/m\nx v1.0.0 h1:x', version: 'v1.0.0' }, 'invalid_path'],
    [{ path: 'example.com/m', version: 'v2.0.0' }, 'invalid_version'],
    [{ path: 'example.com/m', version: 'v1' }, 'invalid_version'],
    [{ path: 'example.com/m', version: 'v1.0.0', sums: { zip: 'h1:x', goMod: 'h1:y' } }, 'invalid_argument'],
    [
      { path: 'example.com/m', version: 'v1.0.0', sums: { zip: `${recordOf('a.b').sums.zip}\n`, goMod: '' } },
      'invalid_argument',
    ],
  ])('refuses %j', async (change, code) => {
    const database = open(memoryStorage());
    await expect(database.add([{ ...recordOf('example.com/m'), ...change }])).rejects.toMatchObject({ code });
    expect((await database.head()).size).toBe(0n);
  });

  it('keeps names as long and strange as there are', async () => {
    const database = open(memoryStorage());
    const long = `example.com/${'a'.repeat(235)}/${'b'.repeat(235)}/${'~'.repeat(200)}`;
    const records = [
      recordOf(long, `v1.0.0-${'z'.repeat(200)}`),
      recordOf('example.com/UPPER'),
      recordOf('example.com/upper'),
    ];
    expect(await database.add(records)).toEqual([0, 1, 2]);
    for (const { path, version, sums } of records) await clientOf(database).verify(path, version, sums.zip);
  });

  it('makes few batches of many concurrent calls, and several of one large call', async () => {
    const storage = memoryStorage();
    const database = open(storage);
    await Promise.all(recordsFrom(0, 500).map((record) => database.add([record])));
    expect((await database.head()).size).toBe(500n);
    const batches = (await storage.list({ prefix: '.gomodkit/logs/sum.example%2flog/batches/' })).objects.length;
    expect(batches).toBeLessThan(5);
    const numbers = await database.add(recordsFrom(500, 3000));
    expect(numbers).toEqual(Array.from({ length: 3000 }, (_, i) => 500 + i));
    await clientOf(database).verify('example.com/m3499', 'v1.0.0', recordOf('example.com/m3499').sums.zip);
  });
});

describe('the first lookup of a version', () => {
  const wanted = recordOf('example.com/wanted', 'v1.2.3');
  const path = 'lookup/example.com/wanted@v1.2.3';

  it('takes sums from the provider, once for all who ask', async () => {
    let asked = 0;
    const database = open(memoryStorage(), {
      sums: async ({ path, version }) => {
        asked++;
        return recordOf(path, version).sums;
      },
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => database.sumdb(name, path)));
    expect(new Set(answers.map(text)).size).toBe(1);
    await clientOf(database).verify(wanted.path, wanted.version, wanted.sums.zip);
    expect(asked).toBe(1);
  });

  it('copies the record of a trusted database, past those that do not know it or skip it', async () => {
    const trusted = open(memoryStorage());
    await trusted.add([wanted]);
    const silent = open(memoryStorage());
    const skipping = { ...clientOf(silent), skips: () => true, lookup: () => Promise.reject(new Error('was asked')) };
    const database = open(memoryStorage(), {
      trusted: [skipping, clientOf(silent), clientOf(trusted)],
      sums: () => Promise.reject(new Error('was asked')),
    });
    await clientOf(database).verify(wanted.path, wanted.version, wanted.sums.zip);
  });

  it('takes a path that a trusted database skips from the provider', async () => {
    const skipping = { ...clientOf(open(memoryStorage())), skips: () => true };
    const database = open(memoryStorage(), { trusted: [skipping], sums: async () => wanted.sums });
    await clientOf(database).verify(wanted.path, wanted.version, wanted.sums.zip);
  });

  it('asks nobody else when a trusted database cannot be asked', async () => {
    const down = { ...clientOf(open(memoryStorage())) };
    down.lookup = () => Promise.reject(new GoModKitError('upstream_unavailable', 'down'));
    const database = open(memoryStorage(), { trusted: [down], sums: async () => wanted.sums });
    await expect(database.sumdb(name, path)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect((await database.head()).size).toBe(0n);
  });

  it('records nothing when the provider has nothing, or nonsense', async () => {
    const gone = open(memoryStorage(), { sums: () => Promise.reject(new GoModKitError('gone', 'gone')) });
    await expect(gone.sumdb(name, path)).rejects.toMatchObject({ code: 'gone' });
    const wrong = open(memoryStorage(), { sums: async () => ({ zip: 'h1:', goMod: '\n' }) });
    await expect(wrong.sumdb(name, path)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect((await wrong.head()).size).toBe(0n);
  });

  it('serves what another instance recorded meanwhile', async () => {
    const storage = memoryStorage();
    const one: ChecksumDatabase = open(storage);
    const two = open(storage, { sums: () => Promise.reject(new Error('was asked')) });
    await two.head();
    await one.add([wanted]);
    expect(text(await two.sumdb(name, path))).toContain(wanted.sums.zip);
  });

  it('leaves with its reason when aborted, and lets others have the answer', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const database = open(memoryStorage(), {
      sums: async () => {
        await held;
        return wanted.sums;
      },
    });
    const controller = new AbortController();
    const left = database.sumdb(name, path, { signal: controller.signal });
    const stayed = database.sumdb(name, path);
    controller.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    release();
    expect(text(await stayed)).toContain(wanted.sums.zip);
  });
});
