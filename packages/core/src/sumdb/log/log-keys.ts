// Storage keys of a log of our own (DESIGN §3): below `.gomodkit/logs/<name>/`.
//
// Invariants:
// - `batches/` is the log. Everything else is derived from it, and may be deleted only all together, to be made anew.
// - Heads are numbered downwards, so that the newest is the first of a listing; a size has one key.
// - No key holds anything that a record says: a lookup key is a hash, so that no name of a module can break the key grammar.

import { sha256 } from '#sha256';
import { hex } from '../../bytes/hex.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { databaseKey } from '../client/keys.ts';
import { tileHeight, type WholeTile } from './edge.ts';

const maxSize = 999_999_999_999_999;

/** The keys of one log. */
export interface LogKeys {
  /** Prefix of the series of batches. */
  readonly batches: string;
  /** Prefix of all heads, with its slash. */
  readonly heads: string;
  head(size: number): string;
  /** The size that a key below `heads` stands for; undefined for a key that is none. */
  headSize(key: string): number | undefined;
  /** A row of hashes, full or, above the lowest level, as wide as it is when the level below was completed. */
  tile(tile: WholeTile): string;
  /** The records of a full tile of level 0. */
  entries(n: number): string;
  /** A record by its own key. */
  lookup(key: string): string;
  /** Signatures of witnesses on the checkpoint of a size. */
  cosignatures(size: number): string;
}

/** The keys of the log `name`. */
export function logKeys(name: string): LogKeys {
  const prefix = databaseKey('logs', name);
  return {
    batches: `${prefix}/batches`,
    heads: `${prefix}/heads/`,
    head: (size) => `${prefix}/heads/${downwards(size)}.json`,
    headSize: (key) => sizeOf(key, `${prefix}/heads/`),
    tile: ({ l, n, w }) => `${prefix}/tile/${l}/${groups(n)}${w === 2 ** tileHeight ? '' : `.p/${w}`}`,
    entries: (n) => `${prefix}/tile/entries/${groups(n)}`,
    lookup: (key) => {
      const digits = hex(sha256(encodeUtf8(key)));
      return `${prefix}/lookup/${digits.slice(0, 3)}/${digits.slice(3)}`;
    },
    cosignatures: (size) => `${prefix}/cosignatures/${downwards(size)}.txt`,
  };
}

function downwards(size: number): string {
  if (size > maxSize)
    throw new GoModKitError('limit_exceeded', `a log of ${size} records`, { data: { limit: maxSize } });
  return String(maxSize - size)
    .padStart(15, '0')
    .replace(/\d{3}(?=\d)/g, '$&/');
}

function sizeOf(key: string, prefix: string): number | undefined {
  const match = /^((?:\d{3}\/){4}\d{3})\.json$/.exec(key.startsWith(prefix) ? key.slice(prefix.length) : '');
  return match?.[1] === undefined ? undefined : maxSize - Number(match[1].replaceAll('/', ''));
}

/** A number in groups of three digits, as in paths of tiles. */
function groups(n: number): string {
  const digits = String(n);
  return digits.padStart(Math.ceil(digits.length / 3) * 3, '0').replace(/\d{3}(?=\d)/g, 'x$&/');
}
