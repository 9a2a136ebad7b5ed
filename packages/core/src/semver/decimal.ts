// Numbers as digit strings of any length (spec §0.6).
//
// Invariant: input is digits without a leading zero (counting down also takes zero in other spellings), and so is the result.

/** The result of a comparison: below, equal, above. */
export type Order = -1 | 0 | 1;

/** Compares two numbers. The empty string is below all of them. */
export function compareDecimals(a: string, b: string): Order {
  if (a === b) return 0;
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}

/** The number after `decimal`. */
export function incrementDecimal(decimal: string): string {
  let at = decimal.length;
  while (at > 0 && decimal[at - 1] === '9') at--;
  const zeros = '0'.repeat(decimal.length - at);
  return at === 0 ? `1${zeros}` : decimal.slice(0, at - 1) + String(Number(decimal[at - 1]) + 1) + zeros;
}

/** The number before `decimal`; undefined when there is none: zero in any spelling, or no digits. */
export function decrementDecimal(decimal: string): string | undefined {
  let at = decimal.length;
  while (at > 0 && decimal[at - 1] === '0') at--;
  if (at === 0) return undefined;
  const nines = '9'.repeat(decimal.length - at);
  if (at === 1 && decimal[0] === '1' && nines !== '') return nines;
  return decimal.slice(0, at - 1) + String(Number(decimal[at - 1]) - 1) + nines;
}
