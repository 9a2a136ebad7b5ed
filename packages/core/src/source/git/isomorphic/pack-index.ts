// The index of a pack: where each object lies (gitformat-pack, version 2, as git itself writes it).
//
// Invariants:
// - Names are sorted; an index is read only when its own checksum holds.

import { sha1 } from '#isomorphic-git';
import { equalBytes } from '../../../bytes/utf8.ts';
import type { ObjectName } from './object.ts';

/** An object of a pack. */
export interface IndexedObject {
  readonly name: ObjectName;
  /** Where its entry begins. */
  readonly offset: number;
  /** CRC-32 of its entry. */
  readonly crc: number;
}

/** A readable index. */
export interface PackIndex {
  /** The offset of an object's entry; undefined when it is not in this pack. */
  find(name: ObjectName): number | undefined;
  /** All names that begin with these hexadecimal digits. */
  withPrefix(digits: string): readonly ObjectName[];
  /** The checksum of the pack it belongs to. */
  readonly packChecksum: Uint8Array;
}

const fanoutEnd = 8 + 256 * 4;

/** The bytes of an index. */
export function encodeIndex(objects: readonly IndexedObject[], packChecksum: Uint8Array): Uint8Array {
  const sorted = [...objects].sort((a, b) => compareNames(a.name, b.name));
  const bytes = new Uint8Array(fanoutEnd + sorted.length * 28 + 40);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xff744f63);
  view.setUint32(4, 2);
  const [names, crcs, offsets] = sections(sorted.length);
  sorted.forEach(({ name, crc, offset }, i) => {
    bytes.set(name, names + 20 * i);
    view.setUint32(crcs + 4 * i, crc);
    view.setUint32(offsets + 4 * i, offset);
    const slot = 8 + 4 * (name[0] ?? 0);
    view.setUint32(slot, i + 1);
  });
  // A first byte that no name has counts like the one before it.
  for (let i = 1; i < 256; i++) {
    const slot = 8 + 4 * i;
    if (view.getUint32(slot) === 0) view.setUint32(slot, view.getUint32(slot - 4));
  }
  bytes.set(packChecksum, bytes.length - 40);
  bytes.set(sha1(bytes.subarray(0, bytes.length - 20)), bytes.length - 20);
  return bytes;
}

/** Reads an index; undefined when it is damaged. */
export function decodeIndex(bytes: Uint8Array): PackIndex | undefined {
  if (bytes.length < fanoutEnd + 40) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(fanoutEnd - 4);
  const whole = view.getUint32(0) === 0xff744f63 && bytes.length === fanoutEnd + count * 28 + 40;
  const end = bytes.length - 20;
  if (!whole || !equalBytes(sha1(bytes.subarray(0, end)), bytes.subarray(end))) return undefined;
  const [names, , offsets] = sections(count);
  const nameAt = (i: number): ObjectName => bytes.subarray(names + 20 * i, names + 20 * i + 20);
  /** The first place that holds no name before this one. */
  const place = (name: Uint8Array): number => {
    const first = name[0] ?? 0;
    let low = first === 0 ? 0 : view.getUint32(4 + 4 * first);
    let high = view.getUint32(8 + 4 * first);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareAt(bytes, names + 20 * middle, name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    packChecksum: bytes.subarray(bytes.length - 40, end),
    find: (name) => {
      const i = place(name);
      return i < count && compareAt(bytes, names + 20 * i, name) === 0 ? view.getUint32(offsets + 4 * i) : undefined;
    },
    withPrefix: (digits) => {
      const from =
        digits
          .padEnd(40, '0')
          .match(/../g)
          ?.map((pair) => Number.parseInt(pair, 16)) ?? [];
      const found: ObjectName[] = [];
      for (let i = place(Uint8Array.from(from)); i < count; i++) {
        const name = nameAt(i);
        const matches = [...digits].every((digit, k) => nibble(name, k) === Number.parseInt(digit, 16));
        if (!matches) break;
        found.push(name);
      }
      return found;
    },
  };
}

function sections(count: number): readonly [names: number, crcs: number, offsets: number] {
  const crcs = fanoutEnd + 20 * count;
  return [fanoutEnd, crcs, crcs + 4 * count];
}

function nibble(name: ObjectName, at: number): number {
  const byte = name[at >> 1] ?? 0;
  return at % 2 === 0 ? byte >> 4 : byte & 15;
}

function compareNames(a: ObjectName, b: ObjectName): number {
  return compareAt(a, 0, b);
}

function compareAt(bytes: Uint8Array, at: number, name: Uint8Array): number {
  for (let i = 0; i < 20; i++) {
    const difference = (bytes[at + i] ?? 0) - (name[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
