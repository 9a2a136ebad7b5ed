// Full tiles and entry bundles of a log, read back from storage.
//
// Invariants:
// - Nothing leaves here unless it fits the signed edge: a tile's root is its hash in the row above, a record's hash its leaf.
// - What is missing is made anew from the batches and stored; what is there and does not fit is refused loudly.
// - A tile never changes, so memory never goes stale.

import { equalBytes } from '../../bytes/utf8.ts';
import type { CacheSection } from '../../cache/byte-cache.ts';
import { isGoModKitError } from '../../errors/error.ts';
import type { Series } from '../../series/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { completeTreeHash, hashSize, recordHash } from '../tlog/hash.ts';
import { hashFromTile, tileForIndex } from '../tlog/tile.ts';
import type { HashReader } from '../tlog/tree.ts';
import { type Edge, joinHashes, splitHashes, tileHeight, tileWidth } from './edge.ts';
import { formatEntries, parseEntries } from './entries.ts';
import type { LogKeys } from './log-keys.ts';
import { damaged, type StoredObjects } from './stored-objects.ts';

/** What {@link LogTiles} reads from. */
export interface LogTilesParts {
  readonly keys: LogKeys;
  readonly objects: StoredObjects;
  readonly series: Series<string>;
  readonly memory: CacheSection<Uint8Array>;
}

/** Reads what a log has stored. */
export class LogTiles {
  readonly #parts: LogTilesParts;

  constructor(parts: LogTilesParts) {
    this.#parts = parts;
  }

  /** The first `w` hashes of tile `n` of level `l`; undefined where the tree of `edge` does not have as many. */
  async row(edge: Edge, l: number, n: number, w: number, options: CallOptions): Promise<Uint8Array | undefined> {
    if (n * tileWidth + w > Math.floor(edge.size / tileWidth ** l)) return undefined;
    if (isEdge(edge, l, n)) return joinHashes(edge.row(l).slice(0, w));
    return (await this.#full(edge, l, n, options)).subarray(0, w * hashSize);
  }

  /** The first `w` records of bundle `n`; undefined where the tree of `edge` does not have as many. */
  async records(edge: Edge, n: number, w: number, options: CallOptions): Promise<readonly string[] | undefined> {
    if (n * tileWidth + w > edge.size) return undefined;
    if (isEdge(edge, 0, n)) return edge.texts.slice(0, w);
    const { keys, memory, objects } = this.#parts;
    const key = keys.entries(n);
    const known = memory.get(key);
    if (known !== undefined) return parseEntries(known).slice(0, w);
    const stored = await objects.read(key, options);
    const records = stored === undefined ? await this.#fromBatches(n, options) : readEntries(key, stored);
    const leaves = await this.#full(edge, 0, n, options);
    if (!equalBytes(joinHashes(records.map(recordHash)), leaves))
      throw damaged(key, 'does not fit the tree of its log');
    const bytes = stored ?? formatEntries(records);
    if (stored === undefined) await objects.put({ key, bytes });
    memory.set(key, bytes);
    return records.slice(0, w);
  }

  /** Reads hashes of the tree of `edge`. */
  hashReader(edge: Edge): HashReader {
    return {
      readHashes: (indexes, options = {}) =>
        Promise.all(
          indexes.map(async (index) => {
            const tile = tileForIndex(tileHeight, index);
            const data = await this.row(edge, tile.l, Number(tile.n), tile.w, options);
            if (data === undefined) throw damaged(`stored hash ${index}`, 'is beyond the tree of its log');
            return hashFromTile(tile, data, index).slice();
          }),
        ),
    };
  }

  /** The hashes of a row that is not full yet in a log of `size` records: for the one who has no edge yet, so not checked. */
  async edgeRow(l: number, n: number, w: number, options: CallOptions): Promise<Uint8Array[]> {
    const { keys, objects } = this.#parts;
    const key = keys.tile({ l, n, w });
    const stored = await objects.read(key, options);
    if (stored === undefined) return this.#fromBelow(l, n, w, options);
    if (stored.length === w * hashSize) return splitHashes(stored);
    throw damaged(key, 'has a wrong length');
  }

  async #full(edge: Edge, l: number, n: number, options: CallOptions): Promise<Uint8Array> {
    const { keys, memory, objects } = this.#parts;
    const key = keys.tile({ l, n, w: tileWidth });
    const known = memory.get(key);
    if (known !== undefined) return known;
    const { bytes, isNew } = await this.#unchecked(l, n, options);
    const place = n % tileWidth;
    const parent = await this.row(edge, l + 1, Math.floor(n / tileWidth), place + 1, options);
    if (parent === undefined || !equalBytes(completeTreeHash(bytes), parent.subarray(place * hashSize))) {
      throw damaged(key, 'does not fit the tree of its log');
    }
    if (isNew) await objects.put({ key, bytes });
    memory.set(key, bytes);
    return bytes;
  }

  async #unchecked(l: number, n: number, options: CallOptions): Promise<{ bytes: Uint8Array; isNew: boolean }> {
    const key = this.#parts.keys.tile({ l, n, w: tileWidth });
    const stored = await this.#parts.objects.read(key, options);
    if (stored === undefined)
      return { bytes: joinHashes(await this.#fromBelow(l, n, tileWidth, options)), isNew: true };
    if (stored.length === tileWidth * hashSize) return { bytes: stored, isNew: false };
    throw damaged(key, 'has a wrong length');
  }

  /** Makes a row anew: from the tiles below, or from the records. */
  async #fromBelow(l: number, n: number, w: number, options: CallOptions): Promise<Uint8Array[]> {
    if (l === 0) return (await this.#fromBatches(n, options)).slice(0, w).map(recordHash);
    const hashes: Uint8Array[] = [];
    for (let i = 0; i < w; i++) {
      hashes.push(completeTreeHash((await this.#unchecked(l - 1, n * tileWidth + i, options)).bytes));
    }
    return hashes;
  }

  async #fromBatches(n: number, options: CallOptions): Promise<string[]> {
    const { keys, series } = this.#parts;
    const records: string[] = [];
    const first = n * tileWidth;
    const from = await series.seek({ index: first }, options);
    for await (const { entries } of series.read({ from, ...options })) {
      for (const { index, value } of entries) if (index === first + records.length) records.push(value);
      if (records.length >= tileWidth) return records.slice(0, tileWidth);
    }
    throw damaged(keys.batches, `ends before record ${first + tileWidth}, which a signed head counts`);
  }
}

function isEdge({ size }: Edge, l: number, n: number): boolean {
  return n === Math.floor(size / tileWidth ** (l + 1));
}

function readEntries(key: string, stored: Uint8Array): string[] {
  try {
    const records = parseEntries(stored);
    if (records.length === tileWidth) return records;
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_log')) throw error;
  }
  throw damaged(key, 'is no entry bundle');
}
