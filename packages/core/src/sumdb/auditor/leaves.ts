// The lowest tiles of a log, in order, with their records.
//
// Invariant: reading ahead is bounded, and ends when nobody goes on.

import type { CallOptions } from '../../storage/storage.ts';
import type { SumdbRemote } from '../client/sumdb-client.ts';
import type { Tile } from '../tlog/tile.ts';
import { readDataTile, readHashTile, type Served } from './served-tiles.ts';

/** Records and hashes of one lowest tile, as they are served. */
export interface Leaves {
  readonly tile: Tile;
  readonly records: Served<string[]>;
  readonly hashes: Served<Uint8Array>;
}

/** Which tiles are read, and how. */
export interface LeavesOptions extends CallOptions {
  readonly remote: SumdbRemote;
  readonly height: number;
  /** The first record that is wanted. */
  readonly from: bigint;
  /** Records of the tree. */
  readonly size: bigint;
  /** Tiles read ahead, at least 1. */
  readonly readAhead: number;
}

/** Reads the tiles from that of record `from` to the end of the tree. */
export async function* readLeaves(options: LeavesOptions): AsyncGenerator<Leaves, void, void> {
  const { remote, height, from, size, readAhead, signal } = options;
  const stop = new AbortController();
  const call = { signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal };
  const pending: Promise<Leaves>[] = [];
  const width = 2n ** BigInt(height);
  let n = from / width;
  try {
    for (;;) {
      while (pending.length < Math.max(1, readAhead) && n * width < size) {
        const rest = size - n * width;
        const read = readTile(remote, { h: height, l: 0, n, w: Number(rest < width ? rest : width) }, call);
        read.catch(() => {}); // reported when its turn comes, if it does
        pending.push(read);
        n++;
      }
      const leaves = await pending.shift();
      signal?.throwIfAborted();
      if (leaves === undefined) return;
      yield leaves;
    }
  } finally {
    stop.abort();
  }
}

async function readTile(remote: SumdbRemote, tile: Tile, call: CallOptions): Promise<Leaves> {
  const [records, hashes] = await Promise.all([
    readDataTile(remote, { ...tile, l: -1 }, call),
    readHashTile(remote, tile, call),
  ]);
  return { tile, records, hashes };
}
