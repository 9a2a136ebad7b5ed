// Sizes and numbers of a log: signed 64-bit integers in Go, bigints here (spec §0.6).
//
// Invariants:
// - Text is a canonical decimal from 0 to 2⁶³−1, or no number (spec §12.7).
// - Bits are looked at through 32-bit numbers, which are fast; sizes themselves never pass through a double.

import { GoModKitError } from '../../errors/error.ts';

/** The largest size and number: 2⁶³−1. */
export const maxInt64: bigint = 2n ** 63n - 1n;

const canonical = /^(?:0|[1-9]\d{0,18})$/;

/** The number that `text` is in canonical decimal, or undefined. */
export function parseInt64(text: string): bigint | undefined {
  if (!canonical.test(text)) return undefined;
  const value = BigInt(text);
  return value <= maxInt64 ? value : undefined;
}

/** Checks an argument. Throws `invalid_argument` when it is not from 0 to 2⁶³−1. */
export function checkInt64(what: string, value: bigint): void {
  if (typeof value === 'bigint' && value >= 0n && value <= maxInt64) return;
  throw new GoModKitError('invalid_argument', `${what} ${value}: want a bigint from 0 to 2^63-1`);
}

/** How many bits of `value` are one. */
export function popCount(value: bigint): bigint {
  let count = 0;
  for (let rest = value; rest > 0n; rest >>= 32n) {
    for (let word = Number(BigInt.asUintN(32, rest)); word !== 0; word = (word & (word - 1)) >>> 0) count++;
  }
  return BigInt(count);
}

/** How many bits it takes to write `value`. */
export function bitLength(value: bigint): number {
  let length = 0;
  let rest = value;
  for (; rest > 0xffffffffn; rest >>= 32n) length += 32;
  return length + 32 - Math.clz32(Number(rest));
}

/** How many zero bits `value` ends in; `value` is above zero. */
export function trailingZeros(value: bigint): number {
  let zeros = 0;
  let rest = value;
  for (; BigInt.asUintN(32, rest) === 0n; rest >>= 32n) zeros += 32;
  const word = Number(BigInt.asUintN(32, rest));
  return zeros + 31 - Math.clz32(word & -word);
}
