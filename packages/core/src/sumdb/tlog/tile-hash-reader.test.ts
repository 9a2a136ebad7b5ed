import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as tlog from './index.ts';
import { grow, leaves, storedIn } from './testdata/log.ts';

const size = 300;
const stored = await grow(leaves(size));
const reader = storedIn(stored);
const treeOf = async (n: number): Promise<tlog.Tree> => ({
  size: BigInt(n),
  hash: await tlog.treeHash(BigInt(n), reader),
});

type Damage = (data: Uint8Array, path: string) => Uint8Array;

/** Honest tiles, or damaged on the way. */
class Tiles implements tlog.TileReader {
  readonly height: number;
  readonly read: string[] = [];
  readonly saved: string[] = [];
  damage: Damage = (data) => data;

  constructor(height: number) {
    this.height = height;
  }

  async readTiles(tiles: readonly tlog.Tile[]): Promise<Uint8Array[]> {
    this.read.push(...tiles.map(tlog.tilePath));
    return Promise.all(
      tiles.map(async (tile) => this.damage(await tlog.readTileData(tile, reader), tlog.tilePath(tile))),
    );
  }

  async saveTiles(tiles: readonly tlog.Tile[]): Promise<void> {
    this.saved.push(...tiles.map(tlog.tilePath));
  }
}

const cases = fc.integer({ min: 1, max: size }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    height: fc.integer({ min: 1, max: 9 }),
    indexes: fc.array(fc.bigInt(0n, tlog.storedHashCount(BigInt(n)) - 1n), { minLength: 1, maxLength: 4 }),
  }),
);

describe('hashes from tiles', () => {
  it('are those that are stored', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ n, height, indexes }) => {
        const tiles = new Tiles(height);
        const hashes = await tlog.tileHashReader(await treeOf(n), tiles).readHashes(indexes);
        expect(hashes).toEqual(await reader.readHashes(indexes));
        expect(tiles.saved).toEqual(tiles.read);
        expect(new Set(tiles.read).size).toBe(tiles.read.length);
        // Each with the width it has in a tree of n.
        const all = new Set([...tlog.newTiles(height, 0n, BigInt(n))].map(tlog.tilePath));
        for (const path of tiles.read) expect(all).toContain(path);
      }),
    );
  });

  it('do not come out when one bit of any tile is wrong (CVE-2026-56865)', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), fc.nat(), async ({ n, height, indexes }, which, bit) => {
        const probe = new Tiles(height);
        const tree = await treeOf(n);
        await tlog.tileHashReader(tree, probe).readHashes(indexes);
        const tiles = new Tiles(height);
        const bad = probe.read[which % probe.read.length];
        tiles.damage = (data, path) => {
          if (path !== bad) return data;
          const at = bit % (data.length * 8);
          return data.map((byte, i) => (i === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
        };
        await expect(tlog.tileHashReader(tree, tiles).readHashes(indexes)).rejects.toMatchObject({
          code: 'invalid_log',
          message: expect.stringMatching(/^inconsistent tile/),
        });
        expect(tiles.saved).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Damage]>([
    ['too short', (data) => data.subarray(32)],
    ['too long', (data) => Uint8Array.of(...data, ...new Uint8Array(32))],
    ['cut within a hash', (data) => data.subarray(1)],
    ['empty', () => new Uint8Array(0)],
  ])('do not come out of tiles that are %s', async (_, damage) => {
    for (const [n, index] of [
      [7, 0n],
      [7, 10n],
      [300, 0n],
      [256, 5n],
    ] as const) {
      const probe = new Tiles(2);
      const tree = await treeOf(n);
      await tlog.tileHashReader(tree, probe).readHashes([index]);
      for (const bad of probe.read) {
        const tiles = new Tiles(2);
        tiles.damage = (data, path) => (path === bad ? damage(data, path) : data);
        await expect(tlog.tileHashReader(tree, tiles).readHashes([index])).rejects.toThrow(/has \d+ bytes, want \d+/);
        expect(tiles.saved).toEqual([]);
      }
    }
  });

  it('do not come out of another tree, or of none', async () => {
    const [seven, eight] = [await treeOf(7), await treeOf(8)];
    await expect(tlog.tileHashReader({ ...seven, hash: eight.hash }, new Tiles(2)).readHashes([0n])).rejects.toThrow(
      /inconsistent tile/,
    );
    const outside = [-1n, tlog.storedHashCount(7n), 2n ** 70n];
    for (const index of outside) {
      await expect(tlog.tileHashReader(seven, new Tiles(2)).readHashes([index])).rejects.toThrow(
        /not in a tree of 7 records/,
      );
    }
    const empty = { size: 0n, hash: tlog.emptyTreeHash() };
    await expect(tlog.tileHashReader(empty, new Tiles(2)).readHashes([0n])).rejects.toMatchObject({
      code: 'invalid_log',
    });
    expect(await tlog.tileHashReader(empty, new Tiles(2)).readHashes([])).toEqual([]);
    expect(() => tlog.tileHashReader(seven, new Tiles(31))).toThrow(/tile height 31/);
  });

  it('do not come out when a reader leaves tiles out', async () => {
    const tiles = new Tiles(2);
    tiles.readTiles = async () => [];
    await expect(tlog.tileHashReader(await treeOf(7), tiles).readHashes([0n])).rejects.toThrow(/0 answers for/);
  });

  it('read the edge of a tree once, and again after a failure', async () => {
    const tiles = new Tiles(2);
    const hashes = tlog.tileHashReader(await treeOf(7), tiles);
    tiles.damage = (data) => data.map((byte) => byte ^ 1);
    await expect(hashes.readHashes([0n])).rejects.toThrow(/inconsistent tile/);
    tiles.damage = (data) => data;
    tiles.read.length = 0;
    await hashes.readHashes([0n]);
    expect(tiles.read.sort()).toEqual(['tile/2/0/000', 'tile/2/0/001.p/3', 'tile/2/1/000.p/1']);
    tiles.read.length = 0;
    await hashes.readHashes([0n, 10n]);
    expect(tiles.read).toEqual(['tile/2/0/000']);
  });

  it('are believed of an array that was proved, of no other, and nowhere else', async () => {
    const arrays = new Map<string, Uint8Array>();
    class Kept extends Tiles {
      override async readTiles(wanted: readonly tlog.Tile[]): Promise<Uint8Array[]> {
        const fresh = await super.readTiles(wanted);
        return wanted.map((tile, i) => {
          const path = tlog.tilePath(tile);
          if (!arrays.has(path)) arrays.set(path, fresh[i] as Uint8Array);
          return arrays.get(path) as Uint8Array;
        });
      }
    }
    const tiles = new Kept(2);
    const hashes = tlog.tileHashReader(await treeOf(300), tiles);
    const index = tlog.storedHashIndex(0, 5n);
    await hashes.readHashes([index]);
    expect(await hashes.readHashes([index])).toEqual(await reader.readHashes([index]));
    // Other bytes in place of a tile that was proved, and a proved array in place of another tile.
    const proved = arrays.get('tile/2/0/001') as Uint8Array;
    arrays.set(
      'tile/2/0/001',
      proved.map((byte) => byte ^ 1),
    );
    await expect(hashes.readHashes([index])).rejects.toThrow(/inconsistent tile/);
    arrays.set('tile/2/0/001', proved);
    arrays.set('tile/2/0/002', proved);
    await expect(hashes.readHashes([tlog.storedHashIndex(0, 9n)])).rejects.toThrow(/inconsistent tile/);
    // A tile of one tree proves nothing about another tree.
    const other = { size: 300n, hash: (await treeOf(299)).hash };
    await expect(tlog.tileHashReader(other, tiles).readHashes([index])).rejects.toThrow(/inconsistent tile/);
  });

  it('belong to the caller', async () => {
    const hashes = tlog.tileHashReader(await treeOf(7), new Tiles(2));
    const [index] = [tlog.storedHashIndex(0, 6n)];
    const [first] = await hashes.readHashes([index]);
    first?.fill(0);
    expect(await hashes.readHashes([index])).toEqual(await reader.readHashes([index]));
  });
});
