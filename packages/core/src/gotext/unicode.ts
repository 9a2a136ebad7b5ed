// What Go's unicode package says about a character, for the Unicode versions that Go releases carry (spec §1.4).
//
// Invariants:
// - Answers come from generated tables, never from the ICU of the runtime: `\p{L}` of Node 20 differs from Go 1.26 in
//   thousands of characters, and for a file name the verdict decides whether a version exists at all.
// - Code points are what `codePointAt` gives. A lone surrogate is no letter, is not printable and folds to itself.

import { foldTables } from './fold.table.ts';
import { letterTables } from './letters.table.ts';
import { printTables } from './print.table.ts';

/** A Unicode version that a Go release carries: 15.0.0 is Go 1.21 to Go 1.26, 17.0.0 is Go 1.27. */
export type UnicodeVersion = keyof typeof letterTables;

/** The version that is used where a caller names none: that of the Go releases in use (spec §1.4). */
export const defaultUnicode: UnicodeVersion = '15.0.0';

/** Whether `cp` is a letter (Lu Ll Lt Lm Lo), as Go's `unicode.IsLetter`. */
export function isLetter(cp: number, unicode: UnicodeVersion = defaultUnicode): boolean {
  if (cp < 0x80) return (cp | 0x20) >= 0x61 && (cp | 0x20) <= 0x7a;
  return inRanges(letters(unicode), cp);
}

/** Whether `cp` is printable in Go's sense (L M N P S, and of spaces only U+0020), as Go's `unicode.IsPrint`. */
export function isPrint(cp: number, unicode: UnicodeVersion = defaultUnicode): boolean {
  if (cp < 0x7f) return cp >= 0x20;
  return inRanges(printable(unicode), cp);
}

/**
 * The case-fold key of `cp`: the smallest character it folds to under simple folding, A–Z lowered to a–z. Two file names
 * collide when the keys of all their characters are equal (spec §7, fold collisions).
 */
export function foldToMin(cp: number, unicode: UnicodeVersion = defaultUnicode): number {
  if (cp < 0x80) return cp >= 0x41 && cp <= 0x5a ? cp + 0x20 : cp;
  return folds(unicode).get(cp) ?? cp;
}

// Decoded on first use: most processes need one version, many need none.
const letters = perVersion((version) => decodeRanges(letterTables[version]));
const printable = perVersion((version) => decodeRanges(printTables[version]));
const folds = perVersion((version) => decodeFolds(foldTables[version]));

function perVersion<T>(make: (version: UnicodeVersion) => T): (version: UnicodeVersion) => T {
  const made = new Map<UnicodeVersion, T>();
  return (version) => {
    let value = made.get(version);
    if (value === undefined) {
      value = make(version);
      made.set(version, value);
    }
    return value;
  };
}

/** Boundaries of ranges: in the set from an even index up to the next odd one (exclusive). */
function decodeRanges(text: string): Uint32Array {
  let at = 0;
  return Uint32Array.from(decodeNumbers(text), (distance) => {
    at += distance;
    return at;
  });
}

function inRanges(boundaries: Uint32Array, cp: number): boolean {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((boundaries[middle] ?? 0) <= cp) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** Runs of (distance from the last character, step, length, zigzag distance to the key). */
function decodeFolds(text: string): ReadonlyMap<number, number> {
  const keys = new Map<number, number>();
  const numbers = decodeNumbers(text);
  let last = 0;
  for (let i = 0; i + 3 < numbers.length; i += 4) {
    const [distance = 0, step = 0, length = 0, zigzag = 0] = numbers.slice(i, i + 4);
    const toKey = (zigzag >>> 1) ^ -(zigzag & 1);
    const first = last + distance;
    last = first + (length - 1) * step;
    for (let cp = first; cp <= last; cp += step) keys.set(cp, cp + toKey);
  }
  return keys;
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Numbers in groups of five bits, lowest first; the sixth bit says that more follow. */
function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of text) {
    const bits = digits.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits >= 32) continue;
    numbers.push(value);
    value = 0;
    shift = 0;
  }
  return numbers;
}
