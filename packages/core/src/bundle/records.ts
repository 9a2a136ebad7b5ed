// What a checksum database says of the versions in a bundle, all of it by one signed tree.
//
// Invariants:
// - Records, tiles and proofs are authenticated before they are written: by the client, and again by the tree.
// - Every lookup answer carries the note of the one tree, not that of the day on which it was asked for: so whoever knows nothing needs
//   the tiles of one tree. Both are signed by the database, and it might have answered so itself.
// - Tiles are those that a client asks for that knows nothing, or one of the trees in `after`: each once, parents before children.

import { encodeUtf8 } from '../bytes/utf8.ts';
import { createByteCache } from '../cache/byte-cache.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { SignedTree } from '../sumdb/client/signed-tree.ts';
import type { SumdbClient, SumdbRecord } from '../sumdb/client/sumdb-client.ts';
import { formatProof } from '../sumdb/proof/proof-file.ts';
import { proveRecord } from '../sumdb/tlog/proofs.ts';
import { formatRecord } from '../sumdb/tlog/record-text.ts';
import { storedHashIndex } from '../sumdb/tlog/stored-index.ts';
import { readTileData, type Tile, tilePath } from '../sumdb/tlog/tile.ts';
import { tileHashReader } from '../sumdb/tlog/tile-hash-reader.ts';
import { type HashReader, treeHash } from '../sumdb/tlog/tree.ts';
import { parseTree } from '../sumdb/tlog/tree-text.ts';
import { lookupPath, proofName, sumdbName } from './names.ts';
import { fileOf, type OutgoingFile } from './tar.ts';

/** The height of tiles that the go command asks for. */
const height = 8;

/** The most bytes of tiles that are kept while a bundle is written. */
const tileMemory = 32 * 1024 * 1024;

/** The record of a version, or that it has none to ask for. */
export async function recordOf(
  client: SumdbClient,
  { path, version }: ModuleVersion,
  options: CallOptions,
): Promise<SumdbRecord | undefined> {
  if (client.skips(path)) return undefined;
  try {
    return await client.lookup(path, version, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    // What nobody published cannot be proved, nor what is not asked here and was not kept. What could not be found out is another matter.
    if (isGoModKitError(error, 'not_found', 'gone', 'denied')) return undefined;
    if (isGoModKitError(error, 'upstream_unavailable') && error.data.transient === false) return undefined;
    throw error;
  }
}

/** The files of a database in a bundle, by one tree. */
export class Records {
  readonly tree: SignedTree;
  readonly #client: SumdbClient;
  readonly #hashes: HashReader;
  readonly #after: readonly string[];
  /** Tiles that were read and are not written yet. */
  readonly #unwritten = new Map<string, Uint8Array>();
  readonly #written = new Set<string>();

  constructor(client: SumdbClient, tree: SignedTree, after: readonly string[]) {
    this.#client = client;
    this.tree = tree;
    this.#after = after;
    const memory = createByteCache({ maxBytes: tileMemory, now: Date.now }).section<Uint8Array>({
      weigh: ({ length }) => length,
    });
    const readTile = async (tile: Tile, options: CallOptions): Promise<Uint8Array> => {
      const path = tilePath(tile);
      const known = memory.get(path);
      // The client's own tree may have grown meanwhile: hashes of the smaller one are in it all the same.
      const data = known ?? (await readTileData(tile, client, options));
      memory.set(path, data);
      if (!this.#written.has(path)) this.#unwritten.set(path, data);
      return data;
    };
    this.#hashes = tileHashReader(tree, {
      height,
      readTiles: (tiles, options) => Promise.all(tiles.map((tile) => readTile(tile, options))),
      saveTiles: async () => {},
    });
  }

  /** What everybody asks first. */
  async *beginning(options: CallOptions): AsyncGenerator<OutgoingFile> {
    yield this.#file('supported', new Uint8Array(0));
    yield this.#file('latest', encodeUtf8(this.tree.note));
    if (this.tree.size > 0n) await this.#hashes.readHashes([storedHashIndex(0, this.tree.size - 1n)], options);
    for (const note of this.#after) {
      const older = parseTree(note.slice(0, note.indexOf('\n\n') + 1));
      if (older.size > this.tree.size) continue;
      // Reading what a client of that tree would read to find this one a continuation.
      await treeHash(older.size, this.#hashes, options);
    }
    yield* this.#tiles();
  }

  /** What proves one record. */
  async *proving(module: ModuleVersion, options: CallOptions): AsyncGenerator<OutgoingFile> {
    const { number, text } = await this.#client.lookup(module.path, module.version, options);
    const { size, note } = this.tree;
    if (number >= size) {
      throw new GoModKitError('invalid_log', `record ${number} is not in the tree of ${size} that the bundle is of`);
    }
    await this.#hashes.readHashes([storedHashIndex(0, number)], options);
    const hashes = await proveRecord(size, number, this.#hashes, options);
    yield* this.#tiles();
    yield this.#file(lookupPath(module), encodeUtf8(formatRecord({ number, text }) + note));
    yield fileOf(proofName(module), encodeUtf8(formatProof({ index: number, hashes, checkpoint: note })));
  }

  #file(path: string, bytes: Uint8Array): OutgoingFile {
    return fileOf(sumdbName(this.#client.name, path), bytes);
  }

  *#tiles(): Generator<OutgoingFile> {
    for (const [path, data] of this.#unwritten) {
      this.#written.add(path);
      yield this.#file(path, data);
    }
    this.#unwritten.clear();
  }
}
