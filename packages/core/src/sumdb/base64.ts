// Base64 as Go's `base64.StdEncoding` (spec §12.2).
//
// Invariants:
// - Standard alphabet, whole quanta, padding where it belongs: anything else is no base64. `atob` alone would take much more.
// - CR and LF count for nothing, and bits that no byte needs may be set, as in Go.

const shape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes, or undefined when `text` is no base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/[\r\n]/g, '');
  if (!shape.test(digits)) return undefined;
  const binary = atob(digits);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Base64 with padding, in one line. For short values: it spends stack on every byte. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
