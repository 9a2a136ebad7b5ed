// Git's globs, as they match path names.
//
// Invariants:
// - Bytes are matched, not characters: `?` is one byte of a UTF-8 sequence (byte strings on both sides).
// - `*`, `?` and `[…]` never match a `/`. `**` does where it stands alone between slashes or at an end; elsewhere it is a `*`.
// - What git takes for malformed matches nothing.
// - Work is bounded: a mismatch goes back to the last `*`, then to the last `**`, never further. That is enough, because the earliest
//   end of what lies between two `**` leaves the most to what follows. Every step counts against a budget.

import { type ByteString, bytesOfString } from './byte-string.ts';
import { parseClass } from './glob-class.ts';

type Token =
  | { readonly kind: 'byte'; readonly byte: number }
  /** One byte out of a set that never holds `/`. */
  | { readonly kind: 'set'; readonly set: Uint8Array }
  | { readonly kind: 'star' }
  /** `**`: anything. */
  | { readonly kind: 'any' }
  /** A `**` and its slash: nothing at all, or anything that ends in a slash. */
  | { readonly kind: 'directories' };

/** A compiled glob. */
export type Glob = readonly Token[];

/** How many steps of matching are left; below zero, whoever owns it gives up. */
export interface MatchBudget {
  left: number;
}

const slash = 0x2f;
const star = 0x2a;
const backslash = 0x5c;

const anyByte: Token = { kind: 'set', set: new Uint8Array(256).fill(1).fill(0, slash, slash + 1) };

/** Compiles a glob; undefined when it is malformed. */
export function compileGlob(pattern: ByteString): Glob | undefined {
  const bytes = bytesOfString(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at];
    if (byte === star) at = pushStars(tokens, bytes, at);
    else if (byte === 0x3f) {
      tokens.push(anyByte);
      at++;
    } else if (byte === 0x5b) {
      const parsed = parseClass(bytes, at + 1);
      if (parsed === undefined) return undefined;
      tokens.push({ kind: 'set', set: parsed.set });
      at = parsed.end;
    } else {
      const literal = byte === backslash ? bytes[++at] : byte;
      // A lone backslash at the end stands for nothing.
      if (literal === undefined) return undefined;
      tokens.push({ kind: 'byte', byte: literal });
      at++;
    }
  }
  return tokens;
}

/** Reads the asterisks at `at` and, where they span directories, the slash behind them. */
function pushStars(tokens: Token[], bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end] === star) end++;
  const escapedSlash = bytes[end] === backslash && bytes[end + 1] === slash;
  const closes = end === bytes.length || bytes[end] === slash || escapedSlash;
  if (end - at === 1 || !closes || (at > 0 && bytes[at - 1] !== slash)) {
    tokens.push({ kind: 'star' });
    return end;
  }
  // An escaped slash gets no chance to match nothing: git looks for the bare one only.
  tokens.push({ kind: bytes[end] === slash ? 'directories' : 'any' });
  return bytes[end] === slash ? end + 1 : end;
}

/** Whether a glob matches the whole of `text`. */
export function matchesGlob(glob: Glob, text: ByteString, budget: MatchBudget): boolean {
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  let spanToken = -1;
  let spanAt = 0;
  for (;;) {
    if (--budget.left < 0) return false;
    const current = glob[token];
    if (current?.kind === 'star') {
      starToken = token++;
      starAt = at;
      continue;
    }
    if (current?.kind === 'any' || current?.kind === 'directories') {
      spanToken = token++;
      spanAt = at;
      starToken = -1;
      continue;
    }
    if (current === undefined ? at === text.length : matchesByte(current, text.charCodeAt(at))) {
      if (current === undefined) return true;
      token++;
      at++;
      continue;
    }
    if (starToken !== -1 && starAt < text.length && text.charCodeAt(starAt) !== slash) {
      at = ++starAt;
      token = starToken + 1;
      continue;
    }
    if (spanToken === -1) return false;
    spanAt = glob[spanToken]?.kind === 'any' ? spanAt + 1 : afterSlash(text, spanAt);
    if (spanAt > text.length) return false;
    at = spanAt;
    token = spanToken + 1;
    starToken = -1;
  }
}

/** `byte` is NaN behind the end, which equals nothing and is in no set. */
function matchesByte(token: Token, byte: number): boolean {
  if (token.kind === 'byte') return token.byte === byte;
  return token.kind === 'set' && token.set[byte] === 1;
}

function afterSlash(text: ByteString, from: number): number {
  const found = text.indexOf('/', from);
  return found === -1 ? Number.POSITIVE_INFINITY : found + 1;
}
