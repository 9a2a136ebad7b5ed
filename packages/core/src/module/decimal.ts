// Counting with digit strings of any length (spec §0.6).
//
// Invariant: input is digits; the length of the result is that of the number, not of the input.

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
