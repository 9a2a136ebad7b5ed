// A log as C2SP's tlog-tiles: a checkpoint and tiles of height 8 (formats.md §5).
//
// Invariants:
// - Whatever width a tile had in a tree that was ever signed is served for ever: it is the beginning of what is there now.
// - A path has one spelling.

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { parseTilePath, type Tile } from '../tlog/tile.ts';
import { formatEntries } from './entries.ts';
import type { SignedLog } from './signed-log.ts';

/** The levels that a tree of 2⁶³ records can have. */
export const maxLevel: number = 63;

/** The bytes at `tile/L/N[.p/W]` or `tile/entries/N[.p/W]`. Rejects with `bad_request` or `not_found`. */
export async function readTlogTile(log: SignedLog, path: string, options: CallOptions): Promise<Uint8Array> {
  const match = /^tile\/(entries|0|[1-9]\d?)\/(.*)$/s.exec(path);
  const level = match?.[1] === 'entries' ? 'data' : match?.[1];
  if (level === undefined)
    throw new GoModKitError('bad_request', 'want checkpoint, tile/L/N[.p/W] or tile/entries/N[.p/W]');
  const tile = parseTile(`tile/8/${level}/${match?.[2]}`, path);
  if (tile.l >= 0) return hashesOf(log, tile, path, options);
  return formatEntries(await recordsOf(log, tile, path, options));
}

/** The hashes of a tile of height 8. Rejects with `not_found` where the log is not as large. */
export async function hashesOf(log: SignedLog, tile: Tile, path: string, options: CallOptions): Promise<Uint8Array> {
  const hashes = tile.l > maxLevel ? undefined : await log.row(tile.l, Number(tile.n), tile.w, options);
  if (hashes === undefined) throw noTile(log, path);
  return hashes.slice();
}

/** The records of a tile of height 8. Rejects with `not_found` where the log is not as large. */
export async function recordsOf(
  log: SignedLog,
  tile: Tile,
  path: string,
  options: CallOptions,
): Promise<readonly string[]> {
  const records = await log.records(Number(tile.n), tile.w, options);
  if (records === undefined) throw noTile(log, path);
  return records;
}

/** The tile of its path below a database. Throws `bad_request` for any but the canonical spelling; `shown` is what was asked for. */
export function parseTile(path: string, shown: string): Tile {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_log')) throw error;
    throw new GoModKitError('bad_request', `malformed tile path ${JSON.stringify(shown.slice(0, 200))}`, {
      cause: error,
    });
  }
}

/** The refusal of a tile beyond the tree. */
export function noTile(log: SignedLog, path: string): GoModKitError {
  return new GoModKitError('not_found', `the log ${log.name} has no ${path}: its tree is not as large`);
}
