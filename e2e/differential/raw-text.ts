// Strings that stand for any bytes: a byte that is not part of valid UTF-8 is the lone surrogate U+DC80–U+DCFF.
//
// Invariant: written here a second time, in another way than core's, so that a mistake there does not hide itself.

/** The sequences of valid UTF-8, over bytes as Latin-1. */
const sequences =
  /[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** The string that stands for `bytes`. */
export function textOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(sequences, (sequence) =>
      sequence.length === 1 && sequence >= '\x80'
        ? String.fromCharCode(0xdc00 + sequence.charCodeAt(0))
        : Buffer.from(sequence, 'latin1').toString('utf8'),
    );
}

/** The bytes that `text` stands for. */
export function bytesOfText(text: string): Uint8Array {
  const parts = text.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
  );
}

/** `text` as what its bytes stand for: lone surrogates that add up to a character become that character. */
export function normalText(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? textOfBytes(bytesOfText(text)) : text;
}

/** `text` with U+FFFD for each byte that is not UTF-8, as core shows it to people. */
export function shownText(text: string): string {
  return text.replace(/[\udc80-\udcff]/gu, '\ufffd');
}
