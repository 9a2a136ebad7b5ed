// The `[…]` of a glob.
//
// Invariants:
// - A class never matches `/`, negated or not.
// - The first byte may be `]`. Escapes hold inside; a `-` at either end, or behind a range or a named class, is itself.
// - A name that git does not know makes the whole pattern malformed; `[:` without its `:]` is an ordinary `[`.

import { byteString } from './byte-string.ts';

const closing = 0x5d;
const backslash = 0x5c;
const dash = 0x2d;
const open = 0x5b;
const colon = 0x3a;

/** ASCII only, whatever the locale. */
const named: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\r\v\f]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** A class: its bytes marked by 1 in 256 places, and where it ends. */
export interface GlobClass {
  readonly set: Uint8Array;
  /** Behind the closing bracket. */
  readonly end: number;
}

/** Reads a class whose opening bracket lies before `from`; undefined when it is malformed. */
export function parseClass(bytes: Uint8Array, from: number): GlobClass | undefined {
  const set = new Uint8Array(256);
  const negated = bytes[from] === 0x21 || bytes[from] === 0x5e;
  let at = negated ? from + 1 : from;
  /** What a range may start from; undefined where none may. */
  let previous: number | undefined;
  do {
    const item = readItem(bytes, at, previous, set);
    if (item === undefined) return undefined;
    at = item.end;
    previous = item.last;
  } while (bytes[at] !== closing);
  if (negated) for (let byte = 0; byte < 256; byte++) set[byte] = set[byte] === 1 ? 0 : 1;
  set[0x2f] = 0;
  return { set, end: at + 1 };
}

interface Item {
  readonly end: number;
  readonly last?: number | undefined;
}

function readItem(bytes: Uint8Array, at: number, previous: number | undefined, set: Uint8Array): Item | undefined {
  const byte = bytes[at];
  if (byte === dash && previous !== undefined && bytes[at + 1] !== undefined && bytes[at + 1] !== closing) {
    const high = readLiteral(bytes, at + 1);
    if (high === undefined) return undefined;
    set.fill(1, previous, high.byte + 1);
    return { end: high.end };
  }
  if (byte === open && bytes[at + 1] === colon) {
    const name = readName(bytes, at + 2);
    if (name === 'none') return undefined;
    if (name !== undefined) return addNamed(name.text, set) ? { end: name.end } : undefined;
    set[open] = 1;
    return { end: at + 1, last: open };
  }
  const literal = readLiteral(bytes, at);
  if (literal === undefined) return undefined;
  set[literal.byte] = 1;
  return { end: literal.end, last: literal.byte };
}

function readLiteral(bytes: Uint8Array, at: number): { readonly byte: number; readonly end: number } | undefined {
  const escaped = bytes[at] === backslash ? 1 : 0;
  const byte = bytes[at + escaped];
  return byte === undefined ? undefined : { byte, end: at + escaped + 1 };
}

/** The name up to `:]`; undefined when the next `]` has no colon before it; 'none' without any `]`. */
function readName(
  bytes: Uint8Array,
  from: number,
): { readonly text: string; readonly end: number } | undefined | 'none' {
  const close = bytes.indexOf(closing, from);
  if (close === -1) return 'none';
  if (close === from || bytes[close - 1] !== colon) return undefined;
  return { text: byteString(bytes.subarray(from, close - 1)), end: close + 1 };
}

function addNamed(name: string, set: Uint8Array): boolean {
  const members = Object.hasOwn(named, name) ? named[name] : undefined;
  for (let byte = 0; byte < 128; byte++) if (members?.test(String.fromCharCode(byte))) set[byte] = 1;
  return members !== undefined;
}
