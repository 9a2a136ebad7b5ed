// CRC32C, the checksum of Google Cloud Storage (Castagnoli's polynomial, RFC 3720 appendix B.4).

/** The polynomial 0x1EDC6F41, its bits reversed. */
const polynomial = 0x82f63b78;

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ polynomial : sum >>> 1;
  return sum;
});

/** The checksum in the form of the API: big-endian, in base64. */
export function crc32c(bytes: Uint8Array): string {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0);
  const big = Buffer.alloc(4);
  big.writeUInt32BE((sum ^ 0xffffffff) >>> 0);
  return big.toString('base64');
}
