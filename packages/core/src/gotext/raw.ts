// Strings that may hold bytes which are not UTF-8.
//
// A Go string is bytes; go.mod text and the `\xff` escapes of its values can make any. Where such bytes must survive in a
// JavaScript string, each one that is not part of a valid UTF-8 sequence is carried as the lone surrogate U+DC80–U+DCFF (the
// byte plus 0xDC00: the convention of Python's "surrogateescape").
//
// Invariants:
// - `rawBytes(rawText(bytes))` is `bytes`, for all bytes.
// - Text that is valid UTF-8 is itself. A string with a lone surrogate is exactly one that is not UTF-8 (spec §0.3).

import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';

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

function decodePieces(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const piece = length === 0 || at + length > bytes.length ? undefined : decodeUtf8(bytes.subarray(at, at + length));
    if (piece === undefined) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at++;
    } else {
      text += piece;
      at += length;
    }
  }
  return text;
}

/** The length of the UTF-8 sequence that begins with `byte`, 0 if none does. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc2) return 0;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
}
