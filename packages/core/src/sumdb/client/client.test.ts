// What a client believes, and what it answers to everything else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { createSumdbClient, type SumdbClientOptions } from '../index.ts';
import * as tlog from '../tlog/index.ts';
import { keys, recordText, signTree, TestDatabase } from './testdata/database.ts';

const clientOf = (database: TestDatabase, options: Partial<SumdbClientOptions> = {}) =>
  createSumdbClient({ key: keys.verifierKey, remote: database.remote, tileHeight: database.height, ...options });

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const wrong = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'upstream_invalid',
    message: expect.stringMatching(message),
    data: { database: 'sum.example/db' },
  });

describe('a lookup', () => {
  it('gives the record, its number, lines and sums', async () => {
    const client = clientOf(await TestDatabase.of(300));
    const record = recordText('example.com/m5', 'v1.0.0');
    const [zipLine, goModLine] = record.split('\n');
    expect(await client.lookup('example.com/m5', 'v1.0.0')).toEqual({
      number: 5n,
      text: record,
      lines: [zipLine],
      sums: { zip: 'h1:good-example.com/m5=', goMod: 'h1:good-mod-example.com/m5=' },
    });
    expect((await client.lookup('example.com/m5', 'v1.0.0/go.mod')).lines).toEqual([goModLine]);
    expect(await client.head()).toMatchObject({ size: 300n });
  });

  it('holds at every size, while the database grows', async () => {
    const database = await TestDatabase.of(0, 2);
    const client = clientOf(database);
    for (let size = 1; size <= 70; size++) {
      await database.grow(size);
      const path = `example.com/m${(size * 7) % size}`;
      expect((await client.lookup(path, 'v1.0.0')).text).toBe(recordText(path, 'v1.0.0'));
      await client.lookup(`example.com/m${size - 1}`, 'v1.0.0');
      expect((await client.head())?.size).toBe(BigInt(size));
    }
  });

  it('escapes upper case, and finds such a record', async () => {
    const database = await TestDatabase.of(3);
    await database.append('example.com/Upper', 'v1.0.0-RC1', recordText('example.com/Upper', 'v1.0.0-RC1'));
    const client = clientOf(database);
    expect((await client.lookup('example.com/Upper', 'v1.0.0-RC1')).number).toBe(3n);
    expect(database.asked[0]).toBe('lookup/example.com/!upper@v1.0.0-!r!c1');
  });

  it.each([
    ['example.com', 'v1', 'invalid_version'],
    ['example.com/m', 'v1.0', 'invalid_version'],
    ['example.com/m', 'master', 'invalid_version'],
    ['example.com/m', 'v1.0.0+meta', 'invalid_version'],
    ['example.com/m', 'v2.0.0', 'invalid_version'],
    ['example.com/m', 'v1.0.0/go.sum', 'invalid_version'],
    ['example.com/m', 'v1.0.0/go.mod/go.mod', 'invalid_version'],
    ['example.com/../m', 'v1.0.0', 'invalid_path'],
    ['m', 'v1.0.0', 'invalid_path'],
  ])('of %s@%s is refused before anybody is asked', async (path, version, code) => {
    const database = await TestDatabase.of(1);
    await expect(clientOf(database).lookup(path, version)).rejects.toMatchObject({ code });
    expect(database.asked).toEqual([]);
  });

  it('of a private path never leaves the house', async () => {
    const database = await TestDatabase.of(1);
    const client = clientOf(database, { noSumdb: '*.corp.example' });
    const error = { code: 'denied', data: { policy: 'GONOSUMDB' } };
    await expect(client.lookup('git.corp.example/x', 'v1.0.0')).rejects.toMatchObject(error);
    await expect(client.verify('git.corp.example/x', 'v1.0.0/go.mod', 'h1:x=')).rejects.toMatchObject(error);
    expect(client.skips('git.corp.example/x')).toBe(true);
    expect(database.asked).toEqual([]);
  });

  it('of what is not there is not_found, and of what cannot be asked is not', async () => {
    const database = await TestDatabase.of(300);
    const client = clientOf(database);
    await expect(client.lookup('example.com/absent', 'v1.0.0')).rejects.toMatchObject({ code: 'not_found' });
    database.instead.set('lookup/example.com/m1@v1.0.0', new Error('connection refused'));
    await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    database.instead.set('lookup/example.com/m1@v1.0.0', new GoModKitError('upstream_timeout', 'slow'));
    await expect(client.lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({ code: 'upstream_timeout' });
    database.instead.clear();
    // A module that is known, and a tile that is not there.
    for (const path of ['tile/8/0/000', 'tile/8/0/001.p/44', 'tile/8/1/000.p/1']) {
      database.instead.set(path, new GoModKitError('not_found', 'no such tile'));
      await expect(clientOf(database).lookup('example.com/m1', 'v1.0.0')).rejects.toMatchObject({
        code: 'upstream_unavailable',
      });
      database.instead.clear();
    }
    database.instead.set('latest', new GoModKitError('gone', 'no such thing'));
    await expect(client.update()).rejects.toMatchObject({ code: 'upstream_unavailable' });
    database.instead.clear();
    // Nothing of that is remembered.
    expect((await client.lookup('example.com/m1', 'v1.0.0')).number).toBe(1n);
  });
});

describe('verification', () => {
  it('wants the very sum', async () => {
    const client = clientOf(await TestDatabase.of(3));
    await client.verify('example.com/m1', 'v1.0.0', 'h1:good-example.com/m1=');
    await client.verify('example.com/m1', 'v1.0.0/go.mod', 'h1:good-mod-example.com/m1=');
    for (const sum of ['h1:good-mod-example.com/m1=', 'h1:good-example.com/m1', '', 'h1:good-example.com/m1=\n']) {
      await expect(client.verify('example.com/m1', 'v1.0.0', sum)).rejects.toMatchObject({
        code: 'checksum_mismatch',
        data: { downloaded: sum, expected: 'h1:good-example.com/m1=' },
      });
    }
  });

  it('takes the first h1 line for the answer, and no other kind for a disproof', async () => {
    const database = await TestDatabase.of(0);
    await database.append(
      'example.com/a',
      'v1.0.0',
      'example.com/a v1.0.0 h2:x\nexample.com/a v1.0.0 h1:one=\nexample.com/a v1.0.0 h1:two=\n',
    );
    await database.append('example.com/b', 'v1.0.0', 'example.com/b v1.0.0 h2:x\n');
    const client = clientOf(database);
    await client.verify('example.com/a', 'v1.0.0', 'h1:one=');
    await expect(client.verify('example.com/a', 'v1.0.0', 'h1:two=')).rejects.toMatchObject({
      code: 'checksum_mismatch',
    });
    await expect(client.verify('example.com/b', 'v1.0.0', 'h1:one=')).rejects.toEqual(wrong(/no sum of a kind/));
    expect((await client.lookup('example.com/b', 'v1.0.0')).sums).toEqual({ zip: undefined, goMod: undefined });
  });
});

describe('the CVEs of 2026', () => {
  it('CVE-2026-42501: an authentic record without a line for the module is an error', async () => {
    const database = await TestDatabase.of(7);
    database.instead.set('lookup/example.com/evil@v1.0.0', await database.answer('lookup/example.com/m3@v1.0.0'));
    const client = clientOf(database);
    await expect(client.lookup('example.com/evil', 'v1.0.0')).rejects.toEqual(wrong(/no line for it/));
    await expect(client.verify('example.com/evil', 'v1.0.0', 'h1:good-example.com/m3=')).rejects.toEqual(
      wrong(/no line/),
    );
    // Of a record that has one of two lines, the other.
    await database.append('example.com/half', 'v1.0.0', 'example.com/half v1.0.0/go.mod h1:x=\n');
    await expect(client.lookup('example.com/half', 'v1.0.0')).rejects.toEqual(wrong(/no line for it/));
    expect((await client.lookup('example.com/half', 'v1.0.0/go.mod')).sums).toEqual({ zip: undefined, goMod: 'h1:x=' });
  });

  it('CVE-2026-56864: lines behind the record are no part of it', async () => {
    const database = await TestDatabase.of(7);
    const line = 'example.com/evil v1.0.0 h1:evil=\n';
    const { number, text: record } = tlog.parseRecord(await database.answer('lookup/example.com/m3@v1.0.0'));
    const answer = tlog.formatRecord({ number, text: record }) + (await database.head(7, line));
    database.instead.set('lookup/example.com/evil@v1.0.0', text(answer));
    await expect(clientOf(database).lookup('example.com/evil', 'v1.0.0')).rejects.toEqual(wrong(/no line for it/));
    // In front of the note it makes the note a forgery, within the record the record.
    const forgeries = [
      answer.replace('go.sum database tree', `${line}go.sum database tree`),
      answer.replace('\n\n', `\n${line}\n`),
    ];
    for (const forged of forgeries) {
      database.instead.set('lookup/example.com/evil@v1.0.0', text(forged));
      await expect(clientOf(database).lookup('example.com/evil', 'v1.0.0')).rejects.toMatchObject({
        code: 'upstream_invalid',
      });
    }
  });

  it('CVE-2026-56865: a forged tile below others is seen, where several subtrees share a tile', async () => {
    for (const size of [7, 15, 23, 31, 63, 71]) {
      const database = await TestDatabase.of(size, 2);
      const evil = recordText('example.com/m0', 'v1.0.0', 'evil');
      const head = await database.head();
      const tile = await database.answer('tile/2/0/000');
      tile.set(tlog.recordHash(evil));
      database.instead.set('tile/2/0/000', tile);
      database.instead.set('lookup/example.com/m0@v1.0.0', text(tlog.formatRecord({ number: 0n, text: evil }) + head));
      await expect(clientOf(database).lookup('example.com/m0', 'v1.0.0')).rejects.toEqual(wrong(/inconsistent tile/));
    }
  });
});

describe('a wrong answer', () => {
  const key = 'lookup/example.com/m3@v1.0.0';

  it.each<[string, (answer: string, database: TestDatabase) => string | Promise<string>, RegExp]>([
    ['nothing', () => '', /malformed record data/],
    ['HTML', () => '<html>\n\n</html>', /malformed record data/],
    ['a negative number', (answer) => answer.replace(/^3/, '-3'), /malformed record data/],
    ['a number in another spelling', (answer) => answer.replace(/^3/, '03'), /malformed record data/],
    ['the number of another record', (answer) => answer.replace(/^3/, '4'), /cannot authenticate/],
    ['a number beyond the tree', (answer) => answer.replace(/^3/, '7'), /record 7 in tree of size 7/],
    ['other sums', (answer) => answer.replace('good', 'evil'), /cannot authenticate/],
    [
      'another record',
      async (_, database) => Buffer.from(await database.answer('lookup/example.com/m4@v1.0.0')).toString(),
      /no line for it/,
    ],
    ['a note without signature', (answer) => answer.replace(/\n\u2014.*\n/, '\n'), /malformed note/],
    ['a note with a forged signature', (answer) => answer.replace(/..(=\n)$/, 'AA$1'), /invalid signature/],
    ['a note for another size', (answer) => answer.replace('\n7\n', '\n8\n'), /invalid signature/],
    [
      'no tree in the note',
      async (answer) => answer.replace(/go\.sum.*/s, await signText('something else\n')),
      /malformed tree note/,
    ],
    ['too much', (answer) => answer + 'x'.repeat(3e6), /more than 2097152/],
  ])('of %s is refused, and not remembered', async (_, damage, message) => {
    const database = await TestDatabase.of(7, 2);
    const honest = Buffer.from(await database.answer(key)).toString();
    database.instead.set(key, text(await damage(honest, database)));
    const client = clientOf(database);
    await expect(client.lookup('example.com/m3', 'v1.0.0')).rejects.toEqual(wrong(message));
    database.instead.clear();
    expect((await client.lookup('example.com/m3', 'v1.0.0')).number).toBe(3n);
  });

  it('without a note counts as Go counts it: against what is known', async () => {
    const database = await TestDatabase.of(7, 2);
    const answer = tlog.formatRecord({ number: 3n, text: recordText('example.com/m3', 'v1.0.0') });
    database.instead.set(key, text(answer));
    const client = clientOf(database);
    await expect(client.lookup('example.com/m3', 'v1.0.0')).rejects.toEqual(wrong(/record 3 in tree of size 0/));
    await client.update();
    expect((await client.lookup('example.com/m3', 'v1.0.0')).number).toBe(3n);
  });

  it.each<[string, (data: Uint8Array) => Uint8Array]>([
    ['truncated', (data) => data.subarray(0, -32)],
    ['truncated within a hash', (data) => data.subarray(0, -1)],
    ['over-long', (data) => Uint8Array.of(...data, ...new Uint8Array(32))],
    ['empty', () => new Uint8Array(0)],
    ['of the right length and other bytes', (data) => data.map((byte) => byte ^ 1)],
    ['that of another place', (data) => data.toReversed()],
  ])('of a tile that is %s is refused, and not remembered', async (_, damage) => {
    for (const path of ['tile/2/0/000', 'tile/2/0/001.p/3', 'tile/2/1/000.p/1']) {
      const database = await TestDatabase.of(7, 2);
      database.instead.set(path, damage(await database.answer(path)));
      const client = clientOf(database);
      await expect(client.lookup('example.com/m0', 'v1.0.0')).rejects.toEqual(wrong(/inconsistent tile|has \d+ bytes/));
      database.instead.clear();
      expect((await client.lookup('example.com/m0', 'v1.0.0')).number).toBe(0n);
    }
  });

  it('never gives a sum that is not in the log, whatever is done to bytes on the way', async () => {
    const database = await TestDatabase.of(20, 2);
    const honest = new Set(database.records);
    const edit = fc.record({ at: fc.nat(), cut: fc.nat(2), put: fc.uint8Array({ maxLength: 2 }), which: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.nat(19), fc.array(edit, { minLength: 1, maxLength: 3 }), async (n, edits) => {
        let asked = 0;
        const remote = async (path: string): Promise<Uint8Array> => {
          let bytes = await database.answer(path);
          const position = asked++;
          for (const { at, cut, put, which } of edits) {
            if (which % 4 !== position) continue;
            const start = at % (bytes.length + 1);
            bytes = Uint8Array.of(...bytes.subarray(0, start), ...put, ...bytes.subarray(start + cut));
          }
          return bytes;
        };
        try {
          const record = await clientOf(database, { remote }).lookup(`example.com/m${n}`, 'v1.0.0');
          expect(honest).toContain(record.text);
          expect(record.text).toBe(database.records[n]);
        } catch (error) {
          expect(isGoModKitError(error, 'upstream_invalid'), String(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('tiles', () => {
  it('that were completed meanwhile are taken whole, and cut', async () => {
    const database = await TestDatabase.of(8, 2);
    database.size = 7;
    database.instead.set('tile/2/0/001.p/3', new GoModKitError('not_found', 'it is complete'));
    const client = clientOf(database);
    expect((await client.lookup('example.com/m6', 'v1.0.0')).number).toBe(6n);
    expect(database.asked.filter((path) => path.startsWith('tile/2/0/001'))).toEqual([
      'tile/2/0/001.p/3',
      'tile/2/0/001',
    ]);
    // Of a full tile of another length nothing is taken, and the first error counts.
    database.instead.set('tile/2/0/001', new Uint8Array(3 * 32));
    await expect(clientOf(database).lookup('example.com/m6', 'v1.0.0')).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/lacks tile\/2\/0\/001\.p\/3/),
    });
  });

  it('are asked for with the width of the tree, once', async () => {
    const database = await TestDatabase.of(300);
    const client = clientOf(database);
    await Promise.all(Array.from({ length: 50 }, (_, i) => client.lookup(`example.com/m${i}`, 'v1.0.0')));
    const tiles = database.asked.filter((path) => path.startsWith('tile/'));
    expect(tiles.sort()).toEqual(['tile/8/0/000', 'tile/8/0/001.p/44', 'tile/8/1/000.p/1']);
  });
});

describe('work', () => {
  it('for one module is done once, however many ask', async () => {
    const database = await TestDatabase.of(7, 2);
    const client = clientOf(database);
    const calls = ['v1.0.0', 'v1.0.0/go.mod', 'v1.0.0', 'v1.0.0/go.mod'];
    const records = await Promise.all(calls.map((version) => client.lookup('example.com/m3', version)));
    expect(new Set(records.map(({ number }) => number))).toEqual(new Set([3n]));
    await client.lookup('example.com/m3', 'v1.0.0');
    expect(database.asked.filter((path) => path.startsWith('lookup/'))).toHaveLength(1);
  });

  it('goes on for those who stay when one leaves', async () => {
    const database = await TestDatabase.of(7, 2);
    const client = clientOf(database);
    const leaver = new AbortController();
    const gone = client.lookup('example.com/m3', 'v1.0.0', { signal: leaver.signal });
    const stays = client.lookup('example.com/m3', 'v1.0.0');
    leaver.abort(new Error('gone home'));
    await expect(gone).rejects.toThrow('gone home');
    expect((await stays).number).toBe(3n);
    await expect(client.lookup('example.com/m4', 'v1.0.0', { signal: leaver.signal })).rejects.toThrow('gone home');
    expect(database.asked.some((path) => path.includes('m4'))).toBe(false);
  });

  it('ends when everybody left, and the next caller starts anew', async () => {
    const database = await TestDatabase.of(7, 2);
    let seen: AbortSignal | undefined;
    let hang = true;
    const client = clientOf(database, {
      remote: (path, options) => {
        seen = options.signal;
        return hang ? new Promise<Uint8Array>(() => {}) : database.remote(path, options);
      },
    });
    const leaver = new AbortController();
    const gone = client.lookup('example.com/m3', 'v1.0.0', { signal: leaver.signal });
    await expect.poll(() => seen).toBeDefined();
    leaver.abort(new Error('gone home'));
    await expect(gone).rejects.toThrow('gone home');
    expect(seen?.aborted).toBe(true);
    hang = false;
    expect((await client.lookup('example.com/m3', 'v1.0.0')).number).toBe(3n);
  });

  it('fits into little memory', async () => {
    const database = await TestDatabase.of(60, 2);
    const client = clientOf(database, { memory: 4096 });
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 60; n++) await client.lookup(`example.com/m${n}`, 'v1.0.0');
    }
    // Most had to be asked again.
    expect(database.asked.filter((path) => path.startsWith('lookup/')).length).toBeGreaterThan(100);
  });
});

describe('creating a client', () => {
  it.each([
    [{ key: 'sum.example' }, /malformed verifier id/],
    [{ tileHeight: 0 }, /tile height/],
    [{ tileHeight: 17 }, /tile height/],
    [{ tileHeight: 31 }, /tile height/],
    [{ tileHeight: 1.5 }, /tile height/],
  ])('refuses %j', async (options, why) => {
    const database = new TestDatabase();
    expect(() => createSumdbClient({ key: keys.verifierKey, remote: database.remote, ...options })).toThrow(why);
  });

  it('knows the key of sum.golang.org', async () => {
    const client = createSumdbClient({ key: 'sum.golang.org', remote: new TestDatabase().remote });
    expect(client.name).toBe('sum.golang.org');
    expect(await client.head()).toBeUndefined();
  });
});

/** Some text under the database's key. */
async function signText(value: string): Promise<string> {
  const { note } = await import('../index.ts');
  return note.sign({ text: value }, await note.newSigner(keys.signerKey));
}

it('keeps the trees of an empty database apart from none', async () => {
  const database = new TestDatabase();
  const client = clientOf(database);
  expect(await client.update()).toBeUndefined();
  await expect(client.merge(await signTree({ size: 0n, hash: new Uint8Array(32) }))).rejects.toMatchObject({
    code: 'checksum_misbehaviour',
  });
});
