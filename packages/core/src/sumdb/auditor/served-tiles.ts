// Tiles as a log serves them, unverified, for an auditor to judge.
//
// Invariants:
// - What the log answered wrongly, or not at all, is a finding; what could not be found out rejects.
// - A partial tile may have gone once the full one is there (spec §12.7): then the full one's beginning counts.

import { type GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { SumdbRemote } from '../client/sumdb-client.ts';
import { parseDataTile } from '../tlog/data-tile.ts';
import { hashSize } from '../tlog/hash.ts';
import { type Tile, tilePath } from '../tlog/tile.ts';

/** What a log serves as a tile, or why that is none. */
export type Served<T> = { readonly value: T } | { readonly wrong: string };

/** Reads tiles of hashes. */
export function readHashTile(remote: SumdbRemote, tile: Tile, options: CallOptions): Promise<Served<Uint8Array>> {
  return readTile(remote, tile, options, (bytes, width) => {
    if (bytes.length === width * hashSize) return bytes.subarray(0, tile.w * hashSize);
    return `it has ${bytes.length} bytes, and ${width * hashSize} are due`;
  });
}

/** Reads the records of a data tile, which has `l` −1. */
export function readDataTile(remote: SumdbRemote, tile: Tile, options: CallOptions): Promise<Served<string[]>> {
  return readTile(remote, tile, options, (bytes, width) => {
    try {
      return parseDataTile(bytes, width).slice(0, tile.w);
    } catch (error) {
      if (!isGoModKitError(error, 'invalid_log')) throw error;
      return `it is not the text of ${width} records`;
    }
  });
}

async function readTile<T>(
  remote: SumdbRemote,
  tile: Tile,
  options: CallOptions,
  parse: (bytes: Uint8Array, width: number) => T | string,
): Promise<Served<T>> {
  const full = { ...tile, w: 2 ** tile.h };
  let wrong = '';
  for (const each of tile.w === full.w ? [full] : [tile, full]) {
    const bytes = await ask(remote, tilePath(each), options);
    const value = bytes instanceof Uint8Array ? parse(bytes, each.w) : `it is not served: ${bytes.message}`;
    if (typeof value !== 'string') return { value };
    wrong ||= value;
    // Only what is not there may be there in another width.
    if (bytes instanceof Uint8Array) break;
  }
  return { wrong };
}

async function ask(remote: SumdbRemote, path: string, options: CallOptions): Promise<Uint8Array | GoModKitError> {
  try {
    return await remote(path, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isGoModKitError(error, 'not_found', 'gone', 'bad_request', 'upstream_invalid')) return error;
    throw error;
  }
}
