// Objects that are stored as the difference from another one (gitformat-pack, "Deltified representation").
//
// Invariants:
// - The sizes that a delta states are checked: of its base before, of its result after. Nothing is read outside of either.

/** The sizes a delta states, and where its instructions begin. */
export interface DeltaHeader {
  readonly baseSize: number;
  readonly resultSize: number;
  readonly start: number;
}

/** Reads the head of a delta. Throws a RangeError where it is none. */
export function readDeltaHeader(delta: Uint8Array): DeltaHeader {
  const base = readSize(delta, 0);
  const result = readSize(delta, base.end);
  return { baseSize: base.size, resultSize: result.size, start: result.end };
}

/** A number in groups of seven bits, lowest first. */
function readSize(bytes: Uint8Array, from: number): { readonly size: number; readonly end: number } {
  let size = 0;
  let factor = 1;
  for (let at = from; ; at++) {
    const byte = bytes[at];
    if (byte === undefined || factor > 2 ** 49) throw new RangeError('a size is cut off or too large');
    size += (byte & 0x7f) * factor;
    if (byte < 0x80) return { size, end: at + 1 };
    factor *= 128;
  }
}

/** Applies a delta. Throws a RangeError where it does not fit its base or its own statements. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  const { baseSize, resultSize, start } = readDeltaHeader(delta);
  if (baseSize !== base.length) throw new RangeError('a delta is for another base');
  const result = new Uint8Array(resultSize);
  let written = 0;
  for (let at = start; at < delta.length; ) {
    const instruction = delta[at++] ?? 0;
    if (instruction === 0) throw new RangeError('a delta has an unknown instruction');
    let part: Uint8Array;
    if (instruction < 0x80) {
      part = delta.subarray(at, at + instruction);
      at += instruction;
      if (at > delta.length) throw new RangeError('a delta is cut off');
    } else {
      let offset = 0;
      let size = 0;
      for (let bit = 0; bit < 4; bit++) if (instruction & (1 << bit)) offset += (delta[at++] ?? 0) * 2 ** (8 * bit);
      for (let bit = 0; bit < 3; bit++) if (instruction & (16 << bit)) size += (delta[at++] ?? 0) * 2 ** (8 * bit);
      if (size === 0) size = 0x10000;
      if (at > delta.length || offset + size > base.length) throw new RangeError('a delta copies what is not there');
      part = base.subarray(offset, offset + size);
    }
    if (written + part.length > resultSize) throw new RangeError('a delta makes more than it states');
    result.set(part, written);
    written += part.length;
  }
  if (written !== resultSize) throw new RangeError('a delta makes less than it states');
  return result;
}
