// Git's names and patterns are bytes in no particular encoding. Here they are strings of one character per byte, U+0000 to U+00FF:
// as quick to compare and to cut as any string, and nothing is lost.

/** Bytes as a string of one character per byte. */
export type ByteString = string;

const chunk = 8192;

/** The byte string of `bytes`. */
export function byteString(bytes: Uint8Array): ByteString {
  let text = '';
  for (let at = 0; at < bytes.length; at += chunk) text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  return text;
}

/** The bytes of a byte string. */
export function bytesOfString(text: ByteString): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
