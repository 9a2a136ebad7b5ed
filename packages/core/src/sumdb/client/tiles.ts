// Tiles from memory, cache and database (spec §12.11, §12.12).
//
// Invariants:
// - Memory and cache get a tile only after it was proved to belong to a signed tree; what the cache gives is proved again.
// - A tile that the database does not have means "could not find out", never "no such module".
// - A cache that gives what does not fit is passed over, and mended.

import type { SingleFlight } from '../../async/single-flight.ts';
import type { CacheSection } from '../../cache/byte-cache.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { hashSize } from '../tlog/hash.ts';
import { type Tile, tilePath } from '../tlog/tile.ts';
import { type TileReader, tileHashReader } from '../tlog/tile-hash-reader.ts';
import type { HashReader } from '../tlog/tree.ts';
import type { Tree } from '../tlog/tree-text.ts';
import type { SumdbCache } from './cache.ts';

/** Fetches what a database serves at a path below its URL. */
export type ReadRemote = (path: string, options: CallOptions) => Promise<Uint8Array>;

/** What tiles are read with. */
export interface TileParts {
  readonly database: string;
  readonly height: number;
  readonly readRemote: ReadRemote;
  readonly cache: SumdbCache;
  readonly memory: CacheSection<Uint8Array>;
  readonly flights: SingleFlight;
}

/** How many trees' edges are kept: the known one, and one that is being compared. */
const maxReaders = 4;

/** Gives a reader of authenticated hashes for any tree. */
export function tileReaders(parts: TileParts): (tree: Tree) => HashReader {
  const readers = new Map<string, HashReader>();
  return (tree) => {
    const key = `${tree.size} ${tree.hash.join()}`;
    const reader = readers.get(key) ?? mendingReader(tree, parts);
    readers.delete(key);
    readers.set(key, reader);
    for (const oldest of [...readers.keys()].slice(0, -maxReaders)) readers.delete(oldest);
    return reader;
  };
}

function mendingReader(tree: Tree, parts: TileParts): HashReader {
  const usual = tileHashReader(tree, new Tiles(parts, false));
  return {
    async readHashes(indexes, options = {}) {
      try {
        return await usual.readHashes(indexes, options);
      } catch (error) {
        if (!isGoModKitError(error, 'invalid_log')) throw error;
      }
      // What was kept may be damaged, or of another tree: what the database says now decides.
      return tileHashReader(tree, new Tiles(parts, true)).readHashes(indexes, options);
    },
  };
}

class Tiles implements TileReader {
  readonly height: number;
  readonly #parts: TileParts;
  /** Read past memory and cache, and replace what they have. */
  readonly #fresh: boolean;
  /** What came from the database and is in no cache. */
  readonly #fetched = new WeakSet<Uint8Array>();

  constructor(parts: TileParts, fresh: boolean) {
    this.height = parts.height;
    this.#parts = parts;
    this.#fresh = fresh;
  }

  readTiles(tiles: readonly Tile[], options: CallOptions): Promise<readonly Uint8Array[]> {
    return Promise.all(tiles.map((tile) => this.#read(tile, options)));
  }

  async saveTiles(tiles: readonly Tile[], data: readonly Uint8Array[], options: CallOptions): Promise<void> {
    const { cache, memory } = this.#parts;
    await Promise.all(
      tiles.map(async (tile, i) => {
        const bytes = data[i] as Uint8Array;
        memory.set(tilePath(tile), bytes);
        if (this.#fetched.delete(bytes)) await cache.put(tilePath(tile), bytes, { ...options, replace: this.#fresh });
      }),
    );
  }

  async #read(tile: Tile, { signal }: CallOptions): Promise<Uint8Array> {
    const path = tilePath(tile);
    const known = this.#fresh ? undefined : this.#fromMemory(tile);
    if (known !== undefined) return known;
    const work = (own: AbortSignal) => this.#load(tile, { signal: own });
    const { bytes, fetched } = await this.#parts.flights.run(`${this.#fresh ? 'fresh ' : ''}${path}`, work, signal);
    if (fetched) this.#fetched.add(bytes);
    return bytes;
  }

  #fromMemory(tile: Tile): Uint8Array | undefined {
    const { memory } = this.#parts;
    return memory.get(tilePath(tile)) ?? prefixOf(memory.get(tilePath(fullOf(tile))), tile);
  }

  async #load(tile: Tile, options: CallOptions): Promise<{ readonly bytes: Uint8Array; readonly fetched: boolean }> {
    const kept = this.#fresh ? undefined : await this.#fromCache(tile, options);
    // Copies: what was proved once is believed, so nobody else may hold it.
    if (kept !== undefined) return { bytes: kept.slice(), fetched: false };
    return { bytes: (await this.#fromDatabase(tile, options)).slice(), fetched: true };
  }

  async #fromCache(tile: Tile, options: CallOptions): Promise<Uint8Array | undefined> {
    const { cache } = this.#parts;
    const exact = await cache.get(tilePath(tile), options);
    if (exact?.length === tile.w * hashSize) return exact;
    if (isFull(tile)) return undefined;
    const full = fullOf(tile);
    const bytes = await cache.get(tilePath(full), options);
    return bytes?.length === full.w * hashSize ? prefixOf(bytes, tile) : undefined;
  }

  async #fromDatabase(tile: Tile, options: CallOptions): Promise<Uint8Array> {
    const { readRemote, database } = this.#parts;
    try {
      return await readRemote(tilePath(tile), options);
    } catch (error) {
      options.signal?.throwIfAborted();
      // A partial tile may go once it is complete. The full one is not proved beyond the width asked for, so it is not kept.
      const full = isFull(tile) ? undefined : await readRemote(tilePath(fullOf(tile)), options).catch(() => undefined);
      options.signal?.throwIfAborted();
      if (full?.length === fullOf(tile).w * hashSize) return full.slice(0, tile.w * hashSize);
      if (!isGoModKitError(error, 'not_found', 'gone')) throw error;
      throw new GoModKitError('upstream_unavailable', `checksum database ${database} lacks ${tilePath(tile)}`, {
        cause: error,
        data: { database },
      });
    }
  }
}

function isFull({ h, w }: Tile): boolean {
  return w === 2 ** h;
}

function fullOf(tile: Tile): Tile {
  return { ...tile, w: 2 ** tile.h };
}

function prefixOf(full: Uint8Array | undefined, { w }: Tile): Uint8Array | undefined {
  return full?.slice(0, w * hashSize);
}
