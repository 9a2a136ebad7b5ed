// Hashes of a tree, read from tiles that are checked against the tree's hash (spec §12.11).
//
// Invariants:
// - No hash leaves here, and no tile is saved, before every tile of the call was checked: the edge (the distinct tiles that hold the
//   maximal complete subtrees) by the tree hash, each other tile by its hash in its parent (CVE-2026-56865). An array that was proved to
//   be a tile of this tree stays so.
// - The edge covers each of its tiles to the last hash: the subtrees in it are exactly its width.
// - A tile is asked for with the width that it has in this tree, and has exactly 32 bytes for each hash.

import { equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { completeTreeHash, hashSize } from './hash.ts';
import { storedHashCount, storedHashIndex } from './stored-index.ts';
import { completeSubtrees, joinSubtrees } from './subtrees.ts';
import { checkHeight, hashFromTile, type Tile, tileForIndex, tilePath } from './tile.ts';
import type { HashReader } from './tree.ts';
import type { Tree } from './tree-text.ts';

/** Where tiles come from. What it gives need not be trusted. */
export interface TileReader {
  /** The height of all its tiles. */
  readonly height: number;
  /** The bytes of tiles, in that order. The arrays must not change afterwards. */
  readTiles(tiles: readonly Tile[], options: CallOptions): Promise<readonly Uint8Array[]>;
  /** Told of tiles that {@link readTiles} gave, once they are proved to belong to the tree. */
  saveTiles(tiles: readonly Tile[], data: readonly Uint8Array[], options: CallOptions): Promise<void>;
}

interface ReadTile {
  readonly tile: Tile;
  readonly data: Uint8Array;
}

type Tiles = ReadonlyMap<string, ReadTile>;

/** A tile of one tree is known by its level and number. */
const keyOf = ({ l, n }: Tile): string => `${l}/${n}`;

/**
 * Reads hashes of `tree` from tiles. Rejects with `invalid_log` when the tiles do not fit the tree's hash or the tree has no such
 * hash, and with what `tiles` rejects with. The edge of the tree is kept once it was proved.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * declare const tree: tlog.Tree;
 * declare const tiles: tlog.TileReader;
 * const olderHash = await tlog.treeHash(100n, tlog.tileHashReader(tree, tiles));
 * ```
 */
export function tileHashReader(tree: Tree, tiles: TileReader): HashReader {
  checkHeight(tiles.height);
  const edge = edgeTiles(tree.size, tiles.height);
  let proved: Tiles | undefined;
  /** Which tile of this tree an array was proved to be: the same array again needs no 255 hashes again. */
  const proven = new WeakMap<Uint8Array, string>();
  const isProven = (all: Tiles) => (key: string) => proven.get(found(all, key).data) === key;

  return {
    async readHashes(indexes, options = {}) {
      if (indexes.length === 0) return [];
      const known = proved ?? new Map<string, ReadTile>();
      const branches = branchTiles(tree.size, tiles.height, edge, indexes);
      const wanted = [...(proved === undefined ? edge.values() : []), ...branches.values()];
      const data = wanted.length === 0 ? [] : await tiles.readTiles(wanted, options);
      const all = new Map([...known, ...withData(wanted, data)]);
      // Of many calls that begin together, one does it.
      if (![...edge.keys()].every(isProven(all))) {
        proveEdge(tree, tiles.height, edge, all);
        for (const key of edge.keys()) proven.set(found(all, key).data, key);
      }
      for (const [key, tile] of branches) {
        if (isProven(all)(key)) continue;
        proveBranch(tree.size, tile, all);
        proven.set(found(all, key).data, key);
      }
      await tiles.saveTiles(wanted, data, options);
      proved ??= new Map([...edge.keys()].map((key) => [key, found(all, key)]));
      return indexes.map((index) => readHash(all, tiles.height, index));
    },
  };
}

/** The distinct tiles that hold the maximal complete subtrees. */
function edgeTiles(size: bigint, height: number): ReadonlyMap<string, Tile> {
  const edge = new Map<string, Tile>();
  for (const { level, n } of completeSubtrees({ low: 0n, high: size })) {
    const tile = widen(tileForIndex(height, storedHashIndex(level, n)), size);
    edge.set(keyOf(tile), tile);
  }
  return edge;
}

/** The tiles of `indexes` and their parents, as far as they are not of the edge; parents before children. */
function branchTiles(
  size: bigint,
  height: number,
  edge: ReadonlyMap<string, Tile>,
  indexes: readonly bigint[],
): ReadonlyMap<string, Tile> {
  const count = storedHashCount(size);
  const branches = new Map<string, Tile>();
  for (const index of indexes) {
    if (index < 0n || index >= count) throw refused(`stored hash ${index} is not in a tree of ${size} records`);
    const chain: Tile[] = [];
    let tile = tileForIndex(height, index);
    while (!edge.has(keyOf(tile)) && !branches.has(keyOf(tile))) {
      chain.push(widen(tile, size));
      tile = parentOf(tile);
    }
    for (const each of chain.reverse()) branches.set(keyOf(each), each);
  }
  return branches;
}

function parentOf({ h, l, n }: Tile): Tile {
  return { h, l: l + 1, n: n >> BigInt(h), w: 1 };
}

/** The tile with the width that it has in a tree of `size` records. */
function widen(tile: Tile, size: bigint): Tile {
  const { h, l, n } = tile;
  const above = (size >> BigInt(l * h)) - (n << BigInt(h));
  const full = 2 ** h;
  return { ...tile, w: above < full ? Number(above) : full };
}

function withData(tiles: readonly Tile[], data: readonly Uint8Array[]): [string, ReadTile][] {
  if (data.length !== tiles.length) throw refused(`${data.length} answers for ${tiles.length} tiles`);
  return tiles.map((tile, i) => {
    const bytes = data[i] as Uint8Array;
    if (bytes.length === tile.w * hashSize) return [keyOf(tile), { tile, data: bytes }];
    throw refused(`${tilePath(tile)} has ${bytes.length} bytes, want ${tile.w * hashSize}`);
  });
}

function proveEdge({ size, hash }: Tree, height: number, edge: ReadonlyMap<string, Tile>, all: Tiles): void {
  if (edge.size === 0) return;
  const subtrees = completeSubtrees({ low: 0n, high: size });
  const hashes = subtrees.map(({ level, n }) => readHash(all, height, storedHashIndex(level, n)));
  if (!equalBytes(joinSubtrees(hashes), hash))
    throw refused(`inconsistent tile: no tree of ${size} records has that hash`);
}

function proveBranch(size: bigint, tile: Tile, all: Tiles): void {
  // Only what is complete has a hash in a parent.
  if (tile.w !== 2 ** tile.h) throw refused(`${tilePath(tile)} is not complete in a tree of ${size} records`);
  const parent = found(all, keyOf(parentOf(tile)));
  const expected = hashFromTile(parent.tile, parent.data, storedHashIndex(parent.tile.l * tile.h, tile.n));
  if (equalBytes(completeTreeHash(found(all, keyOf(tile)).data), expected)) return;
  throw refused(`inconsistent tile: ${tilePath(tile)} is not what ${tilePath(parent.tile)} says`);
}

function readHash(all: Tiles, height: number, index: bigint): Uint8Array {
  const { tile, data } = found(all, keyOf(tileForIndex(height, index)));
  // A copy: hashes are handed out, tiles are kept.
  return hashFromTile(tile, data, index).slice();
}

function found(all: Tiles, key: string): ReadTile {
  const entry = all.get(key);
  if (entry !== undefined) return entry;
  throw refused(`tile ${key} was not read`);
}

function refused(message: string): GoModKitError {
  return new GoModKitError('invalid_log', message);
}
