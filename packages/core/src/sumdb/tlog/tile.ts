// Tiles: rows of hashes as they are served and cached (spec §12.7).
//
// Invariants:
// - A tile is 1 to 2^h hashes of tree level l·h, beginning at number n·2^h; its path has one spelling.
// - Level −1 is that of records ("data").
// - A hash is taken from a tile only where the tile's place and width cover it.

import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { completeTreeHash, hashSize } from './hash.ts';
import { checkInt64, parseInt64 } from './integers.ts';
import { splitStoredHashIndex, storedHashIndex } from './stored-index.ts';
import type { HashReader } from './tree.ts';

/** The place of a tile, with Go's names in lower case. */
export interface Tile {
  /** Height: 1 to 30. The go command uses 8. */
  readonly h: number;
  /** Level, from 0; −1 for the records themselves. */
  readonly l: number;
  /** Number within the level, from 0. */
  readonly n: bigint;
  /** Width: how many hashes, 1 to 2^h. */
  readonly w: number;
}

/** The greatest height. */
const maxHeight = 30;

/** Checks a height. Throws `invalid_argument` unless it is a whole number from 1 to 30. */
export function checkHeight(h: number): void {
  if (Number.isInteger(h) && h >= 1 && h <= maxHeight) return;
  throw new GoModKitError('invalid_argument', `tile height ${h}: want a whole number from 1 to ${maxHeight}`);
}

/** The path of a tile below a database's URL: `tile/8/0/x001/234.p/5`. */
export function tilePath({ h, l, n, w }: Tile): string {
  const digits = String(n);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const number = padded.replace(/\d{3}(?=\d)/g, 'x$&/');
  return `tile/${h}/${l < 0 ? 'data' : l}/${number}${w === 2 ** h ? '' : `.p/${w}`}`;
}

const path = /^tile\/([1-9]\d?)\/(data|0|[1-9]\d{0,15})\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,9}))?$/;

/**
 * The tile of its path. Throws `invalid_log` for any but the canonical spelling.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * tlog.parseTilePath('tile/8/0/x001/234.p/5'); // { h: 8, l: 0, n: 1234n, w: 5 }
 * ```
 */
export function parseTilePath(text: string): Tile {
  const tile = text.length > 200 ? undefined : readPath(text);
  if (tile !== undefined && tilePath(tile) === text) return tile;
  throw new GoModKitError('invalid_log', `malformed tile path ${JSON.stringify(text.slice(0, 200))}`);
}

function readPath(text: string): Tile | undefined {
  const [, height = '', level = '', groups = '', width] = path.exec(text) ?? [];
  const h = Number(height);
  const l = level === 'data' ? -1 : Number(level);
  const n = parseInt64(groups.replaceAll(/[x/]/g, '').replace(/^0+(?=\d)/, ''));
  const w = width === undefined ? 2 ** h : Number(width);
  const fits = h >= 1 && h <= maxHeight && Number.isSafeInteger(l) && w <= 2 ** h;
  return fits && n !== undefined ? { h, l, n, w } : undefined;
}

/** Where a stored hash is in a tile: the tile, as narrow as can be, and which of its hashes the stored one is made of. */
export interface TilePlace {
  readonly tile: Tile;
  /** Half-open, in hashes. */
  readonly start: number;
  readonly end: number;
}

/** The narrowest tile of height `h` that holds the hash at a stored index, or all it is made of. */
export function tileForIndex(h: number, index: bigint): Tile {
  return placeInTile(h, index).tile;
}

/** {@link tileForIndex} and the place in it. */
export function placeInTile(h: number, index: bigint): TilePlace {
  checkHeight(h);
  const { level, n } = splitStoredHashIndex(index);
  const l = Math.floor(level / h);
  // The tile keeps its lowest level; the hash may be some levels higher and spans 2^up of it.
  const up = BigInt(level - l * h);
  const first = n << up;
  const number = first >> BigInt(h);
  const start = Number(first - (number << BigInt(h)));
  const end = start + 2 ** Number(up);
  return { tile: { h, l, n: number, w: end }, start, end };
}

/**
 * The hash at a stored index from the tile that holds it. Throws `invalid_log` when the tile is malformed, has too few bytes, or
 * does not hold it.
 */
export function hashFromTile(tile: Tile, data: Uint8Array, index: bigint): Uint8Array {
  const { h, l, n, w } = tile;
  if (h < 1 || h > maxHeight || l < 0 || l >= 64 || w < 1 || w > 2 ** h)
    throw refused(`invalid tile ${tilePath(tile)}`);
  if (data.length < w * hashSize) throw refused(`data of ${data.length} bytes is too short for ${tilePath(tile)}`);
  const { tile: holder, start, end } = placeInTile(h, index);
  if (l !== holder.l || n !== holder.n || w < holder.w) {
    throw refused(`stored hash ${index} is in ${tilePath(holder)}, not in ${tilePath(tile)}`);
  }
  return completeTreeHash(data.subarray(start * hashSize, end * hashSize));
}

/**
 * The tiles that a log of `newSize` records has and one of `oldSize` has not: what to publish when a log grows. Level by level, in
 * order of their numbers.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * [...tlog.newTiles(8, 255n, 257n)].map(tlog.tilePath); // tile/8/0/000, tile/8/0/001.p/1, tile/8/1/000.p/1
 * ```
 */
export function* newTiles(h: number, oldSize: bigint, newSize: bigint): Generator<Tile, void, void> {
  checkHeight(h);
  checkInt64('tree size', oldSize);
  checkInt64('tree size', newSize);
  const height = BigInt(h);
  for (let l = 0; newSize >> (height * BigInt(l)) > 0n; l++) {
    const before = oldSize >> (height * BigInt(l));
    const now = newSize >> (height * BigInt(l));
    if (before === now) continue;
    const last = now >> height;
    for (let n = before >> height; n < last; n++) yield { h, l, n, w: 2 ** h };
    const w = Number(now - (last << height));
    if (w > 0) yield { h, l, n: last, w };
  }
}

/** The bytes of a tile of hashes, from stored hashes. Rejects with what the reader rejects with. */
export async function readTileData(tile: Tile, reader: HashReader, options: CallOptions = {}): Promise<Uint8Array> {
  const { h, l, n, w } = tile;
  if (l < 0) throw new GoModKitError('invalid_argument', `${tilePath(tile)} holds records, not hashes`);
  const first = n << BigInt(h);
  const indexes = Array.from({ length: w }, (_, i) => storedHashIndex(h * l, first + BigInt(i)));
  const hashes = await reader.readHashes(indexes, options);
  if (hashes.length !== w) throw refused(`a reader gave ${hashes.length} hashes for ${w} indexes`);
  const data = new Uint8Array(w * hashSize);
  for (const [i, hash] of hashes.entries()) data.set(hash, i * hashSize);
  return data;
}

function refused(message: string): GoModKitError {
  return new GoModKitError('invalid_log', message);
}
