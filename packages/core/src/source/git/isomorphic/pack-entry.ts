// One entry of a pack (gitformat-pack).

import { inflateAt } from '#isomorphic-git';
import type { ObjectName, ObjectType } from './object.ts';

/** An entry's head. */
export interface EntryHead {
  /** Where the entry begins. */
  readonly offset: number;
  /** Undefined for deltas. */
  readonly type: ObjectType | undefined;
  /** Of a delta's base: where it begins in this pack, or its name. */
  readonly base: number | ObjectName | undefined;
  /** Of what is inflated: the object, or the delta. */
  readonly size: number;
  /** Where the compressed bytes begin. */
  readonly start: number;
}

const types: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };

/** Reads the head of the entry at `offset`. Throws a RangeError where there is none. */
export function readEntryHead(pack: Uint8Array, offset: number): EntryHead {
  let at = offset;
  const next = (): number => {
    const byte = pack[at++];
    if (byte === undefined) throw new RangeError('an entry is cut off');
    return byte;
  };
  let byte = next();
  const kind = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte >= 0x80; factor *= 128) {
    byte = next();
    size += (byte & 0x7f) * factor;
    if (size > Number.MAX_SAFE_INTEGER) throw new RangeError('an entry states an absurd size');
  }
  const type = types[kind];
  if (type !== undefined) return { offset, type, base: undefined, size, start: at };
  if (kind === 7) {
    if (at + 20 > pack.length) throw new RangeError('an entry is cut off');
    return { offset, type: undefined, base: pack.subarray(at, at + 20), size, start: at + 20 };
  }
  if (kind !== 6) throw new RangeError('an entry is of an unknown kind');
  byte = next();
  let distance = byte & 0x7f;
  while (byte >= 0x80) {
    byte = next();
    distance = (distance + 1) * 128 + (byte & 0x7f);
    if (distance > offset) break;
  }
  // Twelve bytes of the pack's own head come before any entry.
  if (distance === 0 || distance > offset - 12) throw new RangeError('a delta has its base nowhere');
  return { offset, type: undefined, base: offset - distance, size, start: at };
}

/** Inflates an entry: the object or the delta, and where the next entry begins. */
export function inflateEntry(pack: Uint8Array, head: EntryHead): { readonly data: Uint8Array; readonly end: number } {
  return inflateAt(pack, head.start, head.size);
}
