// Strings that may hold bytes which are not UTF-8.
//
// A Go string is bytes; go.mod text and the `\xff` escapes of its values can make any. Where such bytes must survive in a
// JavaScript string, each one that is not part of a valid UTF-8 sequence is carried as the lone surrogate U+DC80–U+DCFF (the
// byte plus 0xDC00: the convention of Python's "surrogateescape").
//
// Invariants:
// - `rawBytes(rawText(bytes))` is `bytes`, for all bytes.
// - Text that is valid UTF-8 is itself. A string with a lone surrogate is exactly one that is not UTF-8 (spec §0.3).

import { compareUtf8, decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';

// Category Cs under the `u` flag is exactly the surrogates that are not one of a pair, in every Unicode version.
const loneSurrogate = /\p{Cs}/u;
const loneSurrogates = /\p{Cs}/gu;

/** Whether `text` has no lone surrogate, that is, stands for valid UTF-8. */
export function isUtf8(text: string): boolean {
  return !loneSurrogate.test(text);
}

/** `text` with each lone surrogate replaced by U+FFFD, which is what Go reads where bytes are not UTF-8. */
export function replaceSurrogates(text: string): string {
  return text.replace(loneSurrogates, '\ufffd');
}

/** The string that stands for `bytes`. */
export function rawText(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? decodePieces(bytes);
}

/** The bytes that `text` stands for. A lone surrogate outside U+DC80–U+DCFF becomes the three bytes of its number. */
export function rawBytes(text: string): Uint8Array {
  if (isUtf8(text)) return encodeUtf8(text);
  const bytes: number[] = [];
  for (const char of text) {
    const cp = char.codePointAt(0) ?? 0;
    const raw = surrogateBytes(cp);
    bytes.push(...(raw ?? encodeUtf8(char)));
  }
  return Uint8Array.from(bytes);
}

/** The bytes for which the code point `cp` stands if it is a lone surrogate, else undefined. */
export function surrogateBytes(cp: number): readonly number[] | undefined {
  if (cp < 0xd800 || cp > 0xdfff) return undefined;
  if (cp >= 0xdc80 && cp <= 0xdcff) return [cp - 0xdc00];
  return [0xed, 0x80 | ((cp >> 6) & 0x3f), 0x80 | (cp & 0x3f)];
}

/** Units per piece of the result: few enough to be arguments of one call. */
const pieceUnits = 4096;

/** Without exceptions and without a string per character: the bytes may be 16 MiB that someone made to be slow. */
function decodePieces(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) units.push(0xdc00 + (bytes[at] ?? 0));
    else pushCharacter(units, bytes, at, length);
    at += length || 1;
    if (units.length >= pieceUnits) {
      pieces.push(String.fromCharCode(...units));
      units = [];
    }
  }
  pieces.push(String.fromCharCode(...units));
  return pieces.join('');
}

/** The length of the valid UTF-8 sequence at `at`, 0 if there is none (The Unicode Standard, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Appends the UTF-16 units of the valid sequence of `length` bytes at `at`. */
function pushCharacter(units: number[], bytes: Uint8Array, at: number, length: number): void {
  const lead = bytes[at] ?? 0;
  let cp = length === 1 ? lead : lead & (0x7f >> length);
  for (let i = 1; i < length; i++) cp = (cp << 6) | ((bytes[at + i] ?? 0) & 0x3f);
  if (cp < 0x10000) units.push(cp);
  else units.push(0xd800 + ((cp - 0x10000) >> 10), 0xdc00 + ((cp - 0x10000) & 0x3ff));
}

/** Compares two texts as the bytes that they stand for, surrogates that carry bytes included: negative, zero or positive. */
export function compareRaw(a: string, b: string): number {
  if (isUtf8(a) && isUtf8(b)) return compareUtf8(a, b);
  const x = rawBytes(a);
  const y = rawBytes(b);
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}
