// One byte range of a zip (RFC 9110 §14).
//
// Invariants:
// - Exactly one satisfiable range gives 206, one unsatisfiable range 416; anything else is ignored and the whole is served.
// - Positions are clamped to the size, so that numbers beyond 2^53 cannot harm.

/** Half-open, not empty. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a `Range` header asks of a file: some of its bytes, all of them, or none that exist. */
export type RangeRequest = ByteRange | 'whole' | 'unsatisfiable';

const single = /^bytes=[\t ]*(\d*)-(\d*)[\t ]*$/i;

/** Reads a `Range` header. Several ranges, other units and malformed values mean the whole. */
export function parseRange(header: string, size: number): RangeRequest {
  const match = single.exec(header);
  if (match === null) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? 'whole' : suffix(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end };
}

function suffix(length: number, size: number): RangeRequest {
  if (length === 0 || size === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - length), end: size };
}
