import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as tlog from './index.ts';
import { maxInt64 } from './integers.ts';
import { grow, leaves, naiveTreeHash, storedIn } from './testdata/log.ts';

const invalidLog: unknown = expect.objectContaining({ code: 'invalid_log' });
const invalidArgument: unknown = expect.objectContaining({ code: 'invalid_argument' });

const records = Array.from({ length: 300 }, (_, i) =>
  Buffer.from(`example.com/m v1.0.${i} h1:x\nexample.com/m v1.0.${i}/go.mod h1:y\n`),
);
const reader = storedIn(await grow(records));
const hashOf = async (size: number) => tlog.formatHash(await tlog.treeHash(BigInt(size), reader));

describe('trees', () => {
  it.each([
    [0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='],
    [1, 'yWkB1wZWg4xoeRYQUauOqwEN310otp2vj5reRxKO2js='],
    [2, '3Y4ILjH21NAR7HyM3+YL+sdS0ZuyPKvKtnn2OFlGZxg='],
    [3, 'q6OBGvENedmLS777sJY9ia59Kg2vN0rTHckfHl0Gw+4='],
    [7, 'TqkzFGUUKGCJo3xeHDcMFE51AjNB/MGulpc3nFGi0Dg='],
    [8, 'lOMzw6mgYhqlE5YdpZICRKC5L2VJejEpAkq5KYqdKmM='],
    [255, 'vlh2nJQvoQJU8Sy1P/NpqtRhgJ1+O8xI5z5li6mM4uw='],
    [256, 'qFxxtOxTOFnFLsJVQis4J3rjrR0sVG/PXmKm8GsYVz0='],
    [257, '6xDHLD3dq9lYT9IpqALSJwlc3tmiar3Bl6m0ox3yuj8='],
    [300, '2ptRDf3NGWHxnkXH+OssLmXwyntEWXOrIcuxwjQKD/c='],
  ])('of %i records have the hash of RFC 6962', async (size, hash) => {
    expect(await hashOf(size)).toBe(hash);
    expect(tlog.formatHash(naiveTreeHash(records.slice(0, size)))).toBe(hash);
  });

  it('are not made of what a reader leaves out', async () => {
    const short: tlog.HashReader = { readHashes: async () => [] };
    await expect(tlog.treeHash(3n, short)).rejects.toEqual(invalidLog);
    await expect(tlog.storedHashes(1n, 'x\n', short)).rejects.toEqual(invalidLog);
    await expect(tlog.readTileData({ h: 8, l: 0, n: 0n, w: 2 }, short)).rejects.toEqual(invalidLog);
    await expect(tlog.treeHash(-1n, reader)).rejects.toEqual(invalidArgument);
  });
});

describe('stored indexes', () => {
  it.each([
    [0, 0n, 0n],
    [0, 1n, 1n],
    [1, 0n, 2n],
    [0, 2n, 3n],
    [0, 3n, 4n],
    [1, 1n, 5n],
    [2, 0n, 6n],
    [0, 4n, 7n],
    [3, 0n, 14n],
    [0, 8n, 15n],
    [8, 0n, 510n],
  ])('of level %i number %i is %i', (level, n, index) => {
    expect(tlog.storedHashIndex(level, n)).toBe(index);
    expect(tlog.splitStoredHashIndex(index)).toEqual({ level, n });
  });

  it('go up to the last record of 64 bits and back', () => {
    const place = fc
      .nat(62)
      .chain((level) => fc.record({ level: fc.constant(level), n: fc.bigInt(0n, (maxInt64 >> BigInt(level)) - 1n) }));
    fc.assert(
      fc.property(place, ({ level, n }) => {
        expect(tlog.splitStoredHashIndex(tlog.storedHashIndex(level, n))).toEqual({ level, n });
      }),
    );
    expect(tlog.storedHashIndex(0, maxInt64)).toBe(2n * maxInt64 - 63n);
    for (const wrong of [-1n, maxInt64 + 1n])
      expect(() => tlog.storedHashIndex(0, wrong)).toThrow(invalidArgument as Error);
    expect(() => tlog.splitStoredHashIndex(-1n)).toThrow(invalidArgument as Error);
  });
});

describe('proofs', () => {
  it('of record 5 in 7, and of 3 in 7, are those of RFC 6962', async () => {
    expect((await tlog.proveRecord(7n, 5n, reader)).map(tlog.formatHash)).toEqual([
      'UgLep+vhbDh93QkDyhE4ZBYLL8uKClFSbS2MaSTRQzc=',
      'XdOkmkuEqTxvy4dadFjg3aAXYk62jOnGxbbW/Rtvp9Y=',
      'IcFA2/Pz0fqkpbCercvkhzalyQY7Pbv6oopJtGqHrnQ=',
    ]);
    expect((await tlog.proveTree(7n, 3n, reader)).map(tlog.formatHash)).toEqual([
      'YMEcxkicA41wMuwG8MPvNUyvZ0H/24Mu5LH5FZAF6G8=',
      'bwIkDhHh+EyHmQknxb6g3Xy4eYQ8NOJtXAQJmGi3aaM=',
      '3Y4ILjH21NAR7HyM3+YL+sdS0ZuyPKvKtnn2OFlGZxg=',
      '8XhNb7x7bElsCtUSoqBIT/ymDaF/V8U0lHc+xZZfzkg=',
    ]);
  });

  const sizes = fc
    .integer({ min: 1, max: 300 })
    .chain((size) => fc.record({ size: fc.constant(size), n: fc.nat(size - 1) }));
  /** Something done to a proof that makes it another one. */
  const damage = fc.oneof(
    fc.record({ op: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(255) }),
    fc.record({ op: fc.constantFrom('drop' as const, 'add' as const, 'repeat' as const), at: fc.nat() }),
  );
  function damaged(
    proof: readonly Uint8Array[],
    { op, at, ...rest }: { op: string; at: number; bit?: number },
  ): readonly Uint8Array[] {
    const i = proof.length === 0 ? 0 : at % proof.length;
    const { bit = 0 } = rest;
    if (op === 'add' || proof.length === 0) return proof.toSpliced(i, 0, new Uint8Array(32));
    if (op === 'drop') return proof.toSpliced(i, 1);
    if (op === 'repeat') return proof.toSpliced(i, 0, proof[i]!);
    return proof.with(
      i,
      proof[i]!.map((byte, k) => (k === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
    );
  }

  it('of records hold as they are made, and not otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, damage, async ({ size, n }, how) => {
        const proof = await tlog.proveRecord(BigInt(size), BigInt(n), reader);
        const treeHash = naiveTreeHash(records.slice(0, size));
        const recordHash = tlog.recordHash(records[n]!);
        const claim = { treeSize: BigInt(size), treeHash, number: BigInt(n), recordHash };
        tlog.checkRecord(proof, claim);
        expect(() => tlog.checkRecord(damaged(proof, how), claim)).toThrow(invalidLog as Error);
        const wrong = [
          { number: claim.number - 1n },
          { number: claim.treeSize },
          { recordHash: treeHash },
          { treeHash: recordHash },
        ];
        for (const part of size === 1 ? wrong.slice(0, 2) : wrong) {
          expect(() => tlog.checkRecord(proof, { ...claim, ...part })).toThrow(invalidLog as Error);
        }
      }),
    );
  });

  it('of trees hold as they are made, and not otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, damage, async ({ size, n }, how) => {
        const proof = await tlog.proveTree(BigInt(size), BigInt(n + 1), reader);
        const treeHash = naiveTreeHash(records.slice(0, size));
        const oldHash = naiveTreeHash(records.slice(0, n + 1));
        const claim = { treeSize: BigInt(size), treeHash, oldSize: BigInt(n + 1), oldHash };
        tlog.checkTree(proof, claim);
        expect(() => tlog.checkTree(damaged(proof, how), claim)).toThrow(invalidLog as Error);
        for (const part of [{ oldSize: 0n }, { oldSize: claim.treeSize + 1n }, { oldHash: new Uint8Array(32) }]) {
          expect(() => tlog.checkTree(proof, { ...claim, ...part })).toThrow(invalidLog as Error);
        }
      }),
    );
  });

  it('of the largest trees have 63 hashes at most', async () => {
    const fake: tlog.HashReader = { readHashes: async (indexes) => indexes.map(() => new Uint8Array(32)) };
    expect(await tlog.proveRecord(maxInt64, 0n, fake)).toHaveLength(63);
    expect(await tlog.proveTree(maxInt64, maxInt64 - 1n, fake)).toHaveLength(63);
    await expect(tlog.proveRecord(5n, 5n, fake)).rejects.toEqual(invalidArgument);
    await expect(tlog.proveTree(5n, 0n, fake)).rejects.toEqual(invalidArgument);
    await expect(tlog.proveTree(maxInt64 + 1n, 1n, fake)).rejects.toEqual(invalidArgument);
  });
});

describe('tiles', () => {
  it('of 300 records have these bytes', async () => {
    const digest = async (path: string) =>
      createHash('sha256')
        .update(await tlog.readTileData(tlog.parseTilePath(path), reader))
        .digest('hex');
    expect(await digest('tile/8/0/000')).toBe('6c5da8459d4ae4e74d1f3fb3ad87cc1dc1fed2dbce6d9547879939071313de05');
    expect(await digest('tile/8/0/001.p/44')).toBe('0ae5cf250192e6e2378e86a76f9e67bdfdb1f2c75cac92b52779ee38c622a729');
    const top = await tlog.readTileData(tlog.parseTilePath('tile/8/1/000.p/1'), reader);
    expect(tlog.formatHash(top)).toBe(await hashOf(256));
  });

  it.each([
    'tile/8/0/000',
    'tile/8/0/x001/234',
    'tile/3/4/x001/x234/067.p/1',
    'tile/30/63/999',
    'tile/1/data/x009/x223/x372/x036/x854/x775/807',
  ])('have the path %s', (path) => expect(tlog.tilePath(tlog.parseTilePath(path))).toBe(path));

  it.each([
    '',
    'tile',
    'tile/8/0',
    'tile/8/0/',
    '/tile/8/0/000',
    'tile/8/0/000/',
    'tile/8/0/0',
    'tile/8/0/0000',
    'tile/8/0/x000/000',
    'tile/8/0/x001/x234',
    'tile/8/0/001/234',
    'tile/0/0/000',
    'tile/31/0/000',
    'tile/08/0/000',
    'tile/8/00/000',
    'tile/8/-1/000',
    'tile/8/Data/000',
    'tile/8/0/000.p/0',
    'tile/8/0/000.p/256',
    'tile/8/0/000.p/01',
    'tile/8/0/000.p',
    'tile/8/0/000.p/1/2',
    'tile/8/0/x009/x223/x372/x036/x854/x775/808',
    'tile/8/0/%3000',
    'tile/8/0/\u0660\u0660\u0660',
    `tile/8/0/${'x999/'.repeat(50)}999`,
  ])('have no path %j', (path) => {
    expect(() => tlog.parseTilePath(path)).toThrow(invalidLog as Error);
  });

  it('keep their place in their path', () => {
    const tile = fc.integer({ min: 1, max: 30 }).chain((h) =>
      fc.record({
        h: fc.constant(h),
        l: fc.integer({ min: -1, max: 63 }),
        n: fc.bigInt(0n, maxInt64),
        w: fc.integer({ min: 1, max: 2 ** h }),
      }),
    );
    fc.assert(
      fc.property(tile, (each) => {
        expect(tlog.parseTilePath(tlog.tilePath(each))).toEqual(each);
      }),
    );
  });

  it('hold every hash at its index, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.bigInt(0n, tlog.storedHashCount(300n) - 1n),
        async (h, index) => {
          const tile = tlog.tileForIndex(h, index);
          const data = await tlog.readTileData(tile, reader);
          const [hash] = await reader.readHashes([index]);
          expect(tlog.hashFromTile(tile, data, index)).toEqual(hash);
          expect(() => tlog.hashFromTile(tile, data.subarray(1), index)).toThrow(invalidLog as Error);
          const others = [{ n: tile.n + 1n }, { l: tile.l + 1 }, { l: -1 }, { w: tile.w - 1 }, { w: 0 }];
          for (const part of others)
            expect(() => tlog.hashFromTile({ ...tile, ...part }, data, index)).toThrow(invalidLog as Error);
        },
      ),
    );
  });

  it('that are new cover exactly what is new', () => {
    const size = fc.bigInt(0n, 3000n);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), size, size, (h, a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const of = (old: bigint, now: bigint) => [...tlog.newTiles(h, old, now)].map(tlog.tilePath);
        const all = new Set(of(0n, to));
        expect(new Set([...of(0n, from).filter((path) => all.has(path)), ...of(from, to)])).toEqual(all);
      }),
    );
    expect([...tlog.newTiles(8, 7n, 5n)].length).toBeLessThan(2);
    expect(() => [...tlog.newTiles(0, 0n, 1n)]).toThrow(invalidArgument as Error);
    expect(() => [...tlog.newTiles(8, 0n, -1n)]).toThrow(invalidArgument as Error);
  });

  it('of records are their texts, each with an empty line', () => {
    const texts = ['a v1.0.0 h1:x\n', 'b v1.0.0 h1:y\nb v1.0.0/go.mod h1:z\n'];
    const data = Buffer.from(tlog.formatDataTile(texts));
    expect(data.toString()).toBe('a v1.0.0 h1:x\n\nb v1.0.0 h1:y\nb v1.0.0/go.mod h1:z\n\n');
    expect(tlog.parseDataTile(data, 2)).toEqual(texts);
    const wrong = [
      data.subarray(0, -1),
      Buffer.concat([data, Buffer.from('\n')]),
      Buffer.from(''),
      Buffer.from('\n\n'),
      Buffer.from([0xff, 10, 10]),
    ];
    for (const bytes of wrong) expect(() => tlog.parseDataTile(bytes, 2)).toThrow(invalidLog as Error);
    for (const width of [1, 3]) expect(() => tlog.parseDataTile(data, width)).toThrow(invalidLog as Error);
    expect(() => tlog.formatDataTile(['a\n\nb\n'])).toThrow(invalidLog as Error);
  });
});

describe('texts', () => {
  const hash = tlog.formatHash(new Uint8Array(32).fill(9));

  it('of trees', () => {
    const tree = { size: maxInt64, hash: new Uint8Array(32).fill(9) };
    const text = tlog.formatTree(tree);
    expect(text).toBe(`go.sum database tree\n9223372036854775807\n${hash}\n`);
    for (const more of ['', 'anything\n', 'anything', '\u00ff']) expect(tlog.parseTree(text + more)).toEqual(tree);
    expect(tlog.parseTree(Uint8Array.of(...Buffer.from(text), 0xff))).toEqual(tree);
    expect(() => tlog.formatTree({ ...tree, size: -1n })).toThrow(invalidArgument as Error);
    expect(() => tlog.formatTree({ ...tree, hash: new Uint8Array(31) })).toThrow(invalidArgument as Error);
  });

  it.each(['', '-1', '+1', '01', '1 ', ' 1', '0x1', '1e3', '1_0', '9223372036854775808', '\u0661', '1n'])(
    'of trees have no size %j',
    (size) => {
      expect(() => tlog.parseTree(`go.sum database tree\n${size}\n${hash}\n`)).toThrow(invalidLog as Error);
      expect(() => tlog.parseRecord(Buffer.from(`${size}\nx\n\n`))).toThrow(invalidLog as Error);
    },
  );

  it('of trees end somewhere', () => {
    const text = `go.sum database tree\n1\n${hash}\n`;
    expect(tlog.parseTree(text + 'x'.repeat(1e6 - text.length)).size).toBe(1n);
    for (const more of ['x'.repeat(1e6 - text.length + 1), '\u20ac'.repeat(334_000)]) {
      expect(() => tlog.parseTree(text + more)).toThrow(invalidLog as Error);
      expect(() => tlog.parseTree(Buffer.from(text + more))).toThrow(invalidLog as Error);
    }
    for (const wrong of [
      text.slice(0, -1),
      text.slice(1),
      ` ${text}`,
      text.replace(hash, hash.slice(4)),
      text.replaceAll('\n', '\r\n'),
    ]) {
      expect(() => tlog.parseTree(wrong)).toThrow(invalidLog as Error);
    }
  });

  it('of records', () => {
    expect(tlog.formatRecord({ number: 7n, text: 'a v1.0.0 h1:x\n' })).toBe('7\na v1.0.0 h1:x\n\n');
    expect(tlog.parseRecord(Buffer.from('7\na v1.0.0 h1:x\n\nrest\n\n'))).toMatchObject({
      number: 7n,
      text: 'a v1.0.0 h1:x\n',
    });
    for (const text of ['', 'a', '\na\n', 'a\n\nb\n', 'a\tb\n', '\ud800\n', '\n']) {
      expect(() => tlog.formatRecord({ number: 7n, text }), JSON.stringify(text)).toThrow(invalidLog as Error);
    }
    for (const message of [
      '',
      '7',
      '7\n',
      '7\n\n',
      '7\na\n',
      '\na\n\n',
      '7\n\na\n\n',
      '7\r\na\n\n',
      `${'1'.repeat(50)}\na\n\n`,
    ]) {
      expect(() => tlog.parseRecord(Buffer.from(message)), JSON.stringify(message)).toThrow(invalidLog as Error);
    }
  });

  it('never fail otherwise, and are taken in one spelling only', () => {
    const text = fc.string({
      unit: fc.constantFrom('0', '1', '9', '-', '+', 'a', ' ', '\n', '\n', '\r', '\u0085', '\u0001', '\u00e9'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(text, (message) => {
        try {
          const { number, text: record, rest } = tlog.parseRecord(Buffer.from(message));
          expect(tlog.formatRecord({ number, text: record }) + Buffer.from(rest).toString()).toBe(message);
        } catch (error) {
          expect(error).toEqual(invalidLog);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

it('hashes leaves of any bytes', async () => {
  expect(tlog.recordHash('leaf 3')).toEqual(tlog.recordHash(leaves(4)[3]!));
  expect(() => tlog.parseHash('AAAA')).toThrow(invalidLog as Error);
});
