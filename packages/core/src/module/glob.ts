// The patterns of Go's `path.Match` (spec §1.21).
//
// Invariants:
// - `*` and `?` do not match `/`; a class does when it says so.
// - The last part of a pattern must end where the name ends.

/** What one character of a name must be. */
type GlobItem =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/** A part of a pattern without `*`, and whether a `*` stands before it. */
export interface GlobChunk {
  readonly star: boolean;
  readonly items: readonly GlobItem[];
}

/** Parses a pattern; undefined when it is malformed. */
export function parseGlob(glob: string): GlobChunk[] | undefined {
  const chars = Array.from(glob);
  const chunks: { star: boolean; items: GlobItem[] }[] = [];
  let chunk: { star: boolean; items: GlobItem[] } = { star: false, items: [] };
  for (let at = 0; at < chars.length; ) {
    const char = chars[at] ?? '';
    if (char === '*') {
      // A run of stars is one star.
      if (!chunk.star || chunk.items.length > 0) {
        chunks.push(chunk);
        chunk = { star: true, items: [] };
      }
      at++;
      continue;
    }
    const parsed = char === '[' ? parseClass(chars, at + 1) : parseItem(chars, at);
    if (parsed === undefined) return undefined;
    chunk.items.push(parsed.item);
    at = parsed.end;
  }
  chunks.push(chunk);
  return chunks;
}

function parseItem(chars: readonly string[], at: number): { item: GlobItem; end: number } | undefined {
  const char = chars[at] ?? '';
  if (char === '?') return { item: { kind: 'any' }, end: at + 1 };
  if (char !== '\\') return { item: { kind: 'char', char }, end: at + 1 };
  const escaped = chars[at + 1];
  return escaped === undefined ? undefined : { item: { kind: 'char', char: escaped }, end: at + 2 };
}

function parseClass(chars: readonly string[], start: number): { item: GlobItem; end: number } | undefined {
  const negated = chars[start] === '^';
  const ranges: [number, number][] = [];
  let at = negated ? start + 1 : start;
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = classChar(chars, at);
    if (low === undefined) return undefined;
    at = low.end;
    const high = chars[at] === '-' ? classChar(chars, at + 1) : low;
    if (high === undefined) return undefined;
    at = high.end;
    ranges.push([low.code, high.code]);
  }
  return { item: { kind: 'class', negated, ranges }, end: at + 1 };
}

function classChar(chars: readonly string[], at: number): { code: number; end: number } | undefined {
  const first = chars[at];
  if (first === '-' || first === ']') return undefined;
  const index = first === '\\' ? at + 1 : at;
  const code = chars[index]?.codePointAt(0);
  return code === undefined ? undefined : { code, end: index + 1 };
}

/** Whether the whole of `name` matches. */
export function matchChunks(chunks: readonly GlobChunk[], name: string): boolean {
  const chars = Array.from(name);
  let at = 0;
  for (const [index, chunk] of chunks.entries()) {
    const end = endOfChunk(chunk, chars, at, index === chunks.length - 1);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

/** Where the first match of `chunk` from `at` on ends; the last one must end with the name. */
function endOfChunk(chunk: GlobChunk, chars: readonly string[], at: number, last: boolean): number | undefined {
  const length = chunk.items.length;
  for (let start = at; start + length <= chars.length; start++) {
    const end = start + length;
    if ((!last || end === chars.length) && fits(chunk.items, chars, start)) return end;
    if (!chunk.star || chars[start] === '/') return undefined;
  }
  return undefined;
}

function fits(items: readonly GlobItem[], chars: readonly string[], start: number): boolean {
  return items.every((item, index) => {
    const char = chars[start + index] ?? '';
    if (item.kind === 'char') return item.char === char;
    if (item.kind === 'any') return char !== '/';
    const code = char.codePointAt(0) ?? -1;
    return item.ranges.some(([low, high]) => low <= code && code <= high) !== item.negated;
  });
}
