// The right edge of a growing log: what its next record needs to know of all records before (spec §12.7).
//
// Invariants:
// - Row l holds the hashes of level 8·l that are in no full tile yet: fewer than 256.
// - An edge that somebody reads never changes: who appends forks it first.
// - Numbers are counted, never shifted: sizes pass 2³¹.

import { completeTreeHash, emptyTreeHash, hashSize, recordHash } from '../tlog/hash.ts';
import { joinSubtrees } from '../tlog/subtrees.ts';
import type { Tree } from '../tlog/tree-text.ts';

/** The height of stored tiles, which is that of the go command and of tlog-tiles. */
export const tileHeight = 8;
/** Hashes of a full tile. */
export const tileWidth: number = 2 ** tileHeight;

/** Where a tile of hashes is. */
export interface WholeTile {
  readonly l: number;
  readonly n: number;
  readonly w: number;
}

/** What an append completed, to be stored. */
export interface EdgeListener {
  tile(tile: WholeTile, hashes: Uint8Array): void;
  entries(n: number, records: readonly string[]): void;
}

/** The edge of a log of `size` records. */
export class Edge {
  readonly #rows: Uint8Array[][];
  /** The records of row 0. */
  readonly #texts: string[];
  #size: number;
  /** Once it was asked for. */
  #tree: Tree | undefined;

  /** `rows` from the lowest level up, and the records of the lowest. */
  constructor(size = 0, rows: readonly (readonly Uint8Array[])[] = [[]], texts: readonly string[] = []) {
    this.#size = size;
    this.#rows = rows.map((row) => [...row]);
    this.#texts = [...texts];
  }

  get size(): number {
    return this.#size;
  }

  /** The records that are in no full tile yet. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Hashes of level 8·l that are in no full tile yet. */
  row(l: number): readonly Uint8Array[] {
    return this.#rows[l] ?? [];
  }

  fork(): Edge {
    return new Edge(this.#size, this.#rows, this.#texts);
  }

  /** Appends a record; `listener` hears of every tile that is complete now, and of the row above the last of them. */
  push(text: string, listener: EdgeListener): void {
    this.#texts.push(text);
    this.#size++;
    this.#tree = undefined;
    let hash = recordHash(text);
    for (let l = 0; ; l++) {
      const row = this.#rows[l] ?? [];
      this.#rows[l] = row;
      row.push(hash);
      const n = Math.ceil(this.#size / tileWidth ** (l + 1)) - 1;
      const bytes = row.length === tileWidth || l > 0 ? joinHashes(row) : undefined;
      if (bytes !== undefined) listener.tile({ l, n, w: row.length }, bytes);
      if (bytes === undefined || row.length < tileWidth) return;
      if (l === 0) listener.entries(n, this.#texts.splice(0));
      this.#rows[l] = [];
      hash = completeTreeHash(bytes);
    }
  }

  /** The tree of all records. */
  tree(): Tree {
    this.#tree ??= { size: BigInt(this.#size), hash: this.#hash() };
    return this.#tree;
  }

  #hash(): Uint8Array {
    const hashes = this.#rows.flatMap(subtreesOf).reverse();
    return hashes.length === 0 ? emptyTreeHash() : joinSubtrees(hashes);
  }
}

/** How wide row `l` of a log of `size` records is. */
export function rowWidth(size: number, l: number): number {
  return Math.floor(size / tileWidth ** l) % tileWidth;
}

/** Hashes side by side. */
export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * hashSize);
  for (const [i, hash] of hashes.entries()) bytes.set(hash, i * hashSize);
  return bytes;
}

/** Hashes one by one. */
export function splitHashes(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / hashSize }, (_, i) => bytes.slice(i * hashSize, (i + 1) * hashSize));
}

/** The hashes of the maximal complete subtrees of a row, from right to left. */
function subtreesOf(row: readonly Uint8Array[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  let end = row.length;
  for (let width = 1; end > 0; width *= 2) {
    if (Math.floor(row.length / width) % 2 === 0) continue;
    found.push(completeTreeHash(joinHashes(row.slice(end - width, end))));
    end -= width;
  }
  return found;
}
