// Bytes as lower-case hexadecimal digits.
//
// Invariant: the text is flat. Text that grows two digits at a time takes a kilobyte for a SHA-256 until somebody reads it, which
// is much for what is kept by the hundred thousand.

const digits = new TextEncoder().encode('0123456789abcdef');
const decoder = new TextDecoder();

/** Bytes as lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  const text = new Uint8Array(2 * bytes.length);
  bytes.forEach((byte, i) => {
    text[2 * i] = digits[byte >> 4] ?? 0;
    text[2 * i + 1] = digits[byte & 15] ?? 0;
  });
  return decoder.decode(text);
}
