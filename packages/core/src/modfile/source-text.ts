// A file's bytes as a string in which nothing is lost.
//
// Invariants:
// - Go reads each byte that is not part of valid UTF-8 as one U+FFFD, which is printable and therefore allowed inside words
//   (spec §9.2). Here such a byte is one lone surrogate (gotext/raw.ts): still one character, distinguishable, reversible.
// - Paths and versions of the typed model keep such characters, which makes them invalid wherever they are checked; text for
//   people (messages, rationales) passes through `replaceSurrogates`.

import { rawBytes, rawText, surrogateBytes } from '../gotext/raw.ts';

/** Decodes a file. A string stands for its UTF-8, or for the bytes that it was decoded from. */
export function sourceText(data: Uint8Array | string): string {
  return rawText(typeof data === 'string' ? rawBytes(data) : data);
}

/** How many bytes of the file a code point of a source text stands for. */
export function byteLength(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  if (codePoint >= 0x10000) return 4;
  return surrogateBytes(codePoint)?.length ?? 3;
}
