// All tiles of a tree, from the records up (spec §12.7, §12.11).
//
// Invariants:
// - Every hash that goes up was made of the records, or, where those are wrong, is the one that the signed tree has there: so one wrong
//   record or tile is one problem, and hides none behind it.
// - Of each level, one tile at a time is in memory.
// - Every tile that the log should serve was compared once `finish` has resolved.

import { equalBytes } from '../../bytes/utf8.ts';
import { completeTreeHash, emptyTreeHash, hashSize } from '../tlog/hash.ts';
import { completeSubtrees, joinSubtrees } from '../tlog/subtrees.ts';
import { type Tile, tilePath } from '../tlog/tile.ts';
import type { Tree } from '../tlog/tree-text.ts';
import type { AuditProblem } from './audit.ts';
import type { Served } from './served-tiles.ts';

/** What rows are made with. */
export interface TileRowsParts {
  readonly tree: Tree;
  readonly height: number;
  readonly readTile: (tile: Tile) => Promise<Served<Uint8Array>>;
  /** The hash that the signed tree has at a level and number; undefined when the log serves no tiles that prove it. */
  readonly authentic: (level: number, n: bigint) => Promise<Uint8Array | undefined>;
  readonly report: (problem: AuditProblem) => void;
}

interface Row {
  /** The number of the tile that is being filled. */
  n: bigint;
  hashes: Uint8Array[];
}

/** The last tile of a level, where it is not full. */
interface EdgeTile {
  readonly tile: Tile;
  readonly own: Uint8Array | undefined;
  readonly served: Uint8Array | undefined;
}

/** Compares tiles level by level. */
export class TileRows {
  readonly #parts: TileRowsParts;
  readonly #width: number;
  /** By level; the lowest is never filled, as its tiles come whole. */
  readonly #rows: Row[] = [];
  #edge: EdgeTile[] = [];
  #compared = 0;

  constructor(parts: TileRowsParts) {
    this.#parts = parts;
    this.#width = 2 ** parts.height;
  }

  /** How many tiles were compared. */
  get compared(): number {
    return this.#compared;
  }

  /** Goes on after `tiles` lowest tiles; resolves to false when the log does not prove what is before. */
  async resume(tiles: bigint): Promise<boolean> {
    const { height, authentic } = this.#parts;
    for (let l = 1, count = tiles; count > 0n; l++, count >>= BigInt(height)) {
      const n = count >> BigInt(height);
      const row: Row = { n, hashes: [] };
      for (let i = n << BigInt(height); i < count; i++) {
        const hash = await authentic(l * height, i);
        if (hash === undefined) return false;
        row.hashes.push(hash);
      }
      this.#rows[l] = row;
    }
    return true;
  }

  /** The next tile of level 0: hashes of records as they are served, or undefined when they are not. */
  async push(tile: Tile, records: readonly Uint8Array[] | undefined, served: Served<Uint8Array>): Promise<void> {
    const own = records === undefined ? undefined : join(records);
    if (tile.w === this.#width) await this.#up(tile, own, served);
    else this.#edge = [{ tile, own, served: this.#take(tile, served) }];
  }

  /** Compares the last tiles, and the root. */
  async finish(): Promise<void> {
    const { height, tree, readTile, report } = this.#parts;
    for (const [l, row] of this.#rows.entries()) {
      if (row === undefined || row.hashes.length === 0) continue;
      const tile = { h: height, l, n: row.n, w: row.hashes.length };
      this.#edge.push({ tile, own: join(row.hashes), served: this.#take(tile, await readTile(tile)) });
    }
    const differing = this.#edge.filter(({ own, served }) => own && served && !equalBytes(own, served));
    if (
      equalBytes(
        this.#root(({ own, served }) => own ?? served),
        tree.hash,
      )
    ) {
      for (const { tile } of differing) this.#wrongTile(tile);
      return;
    }
    // The records may be wrong, and the tiles right.
    const proved = equalBytes(
      this.#root(({ own, served }) => served ?? own),
      tree.hash,
    );
    for (const { tile, own, served } of differing) {
      if (tile.l === 0 && proved) this.#wrongRecords(tile, own, served);
      else if (!proved) this.#wrongTile(tile);
    }
    if (!proved) report({ kind: 'root', message: 'the records do not make up the tree that is signed' });
  }

  /** A full tile: its root goes into the row above. */
  async #up(tile: Tile, own: Uint8Array | undefined, answer: Served<Uint8Array>): Promise<void> {
    const served = this.#take(tile, answer);
    const root = await this.#rootOf(tile, own, served);
    const l = tile.l + 1;
    const row = this.#rows[l] ?? { n: tile.n >> BigInt(this.#parts.height), hashes: [] };
    this.#rows[l] = row;
    row.hashes.push(root);
    if (row.hashes.length < this.#width) return;
    const full = { ...tile, l, n: row.n };
    const hashes = join(row.hashes);
    this.#rows[l] = { n: row.n + 1n, hashes: [] };
    await this.#up(full, hashes, await this.#parts.readTile(full));
  }

  async #rootOf(tile: Tile, own: Uint8Array | undefined, served: Uint8Array | undefined): Promise<Uint8Array> {
    if (own !== undefined && served !== undefined && equalBytes(own, served)) return completeTreeHash(own);
    const truth = await this.#parts.authentic((tile.l + 1) * tile.h, tile.n);
    const [ownRoot, servedRoot] = [own, served].map((hashes) => hashes && completeTreeHash(hashes));
    const isTrue = (root: Uint8Array | undefined): boolean => !!root && !!truth && equalBytes(root, truth);
    if (served !== undefined && !isTrue(servedRoot)) this.#wrongTile(tile);
    if (own !== undefined && truth !== undefined && !isTrue(ownRoot)) {
      this.#wrongRecords(tile, own, isTrue(servedRoot) ? served : undefined);
    }
    return truth ?? ownRoot ?? servedRoot ?? new Uint8Array(hashSize);
  }

  /** The root of the tree, from the tiles at the edge. */
  #root(choose: (tile: EdgeTile) => Uint8Array | undefined): Uint8Array {
    const { tree, height } = this.#parts;
    const hashes: Uint8Array[] = [];
    for (const { level, n } of completeSubtrees({ low: 0n, high: tree.size })) {
      const l = Math.floor(level / height);
      const at = this.#edge.find(({ tile }) => tile.l === l);
      const row = at && choose(at);
      const span = 2 ** (level - l * height);
      const first = row && Number(n * BigInt(span) - at.tile.n * BigInt(this.#width));
      if (row === undefined || first === undefined) return new Uint8Array(0);
      hashes.push(completeTreeHash(row.slice(first * hashSize, (first + span) * hashSize)));
    }
    return hashes.length === 0 ? emptyTreeHash() : joinSubtrees(hashes);
  }

  #take(tile: Tile, served: Served<Uint8Array>): Uint8Array | undefined {
    this.#compared++;
    if ('value' in served) return served.value;
    this.#parts.report({ kind: 'tile', tile: tilePath(tile), message: `${tilePath(tile)}: ${served.wrong}` });
    return undefined;
  }

  #wrongTile(tile: Tile): void {
    const path = tilePath(tile);
    this.#parts.report({ kind: 'tile', tile: path, message: `${path}: its hashes are not those of the signed tree` });
  }

  /** Records whose hashes are not the tree's; `truth` is undefined where only their tile as a whole is known to be wrong. */
  #wrongRecords(tile: Tile, own: Uint8Array | undefined, truth: Uint8Array | undefined): void {
    // Higher tiles are made of what was reported below.
    if (tile.l > 0 || own === undefined) return;
    const first = tile.n * BigInt(this.#width);
    if (truth === undefined) {
      const path = tilePath({ ...tile, l: -1 });
      this.#parts.report({
        kind: 'record',
        tile: path,
        message: `${path}: its records are not those of the signed tree`,
      });
      return;
    }
    for (let i = 0; i < tile.w; i++) {
      const [a, b] = [own, truth].map((hashes) => hashes.subarray(i * hashSize, (i + 1) * hashSize));
      if (a === undefined || b === undefined || equalBytes(a, b)) continue;
      const number = first + BigInt(i);
      this.#parts.report({ kind: 'record', number, message: `record ${number} is not the one of the signed tree` });
    }
  }
}

function join(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * hashSize);
  for (const [i, hash] of hashes.entries()) bytes.set(hash, i * hashSize);
  return bytes;
}
