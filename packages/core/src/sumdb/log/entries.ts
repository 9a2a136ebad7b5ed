// Records side by side, as tlog-tiles serves them (formats.md §5): each behind its length, big-endian, in two bytes.
//
// Invariant: what is taken apart is exactly what was put together; bytes that are left over or missing are an error.

import { decodeUtf8, encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';

/** The most bytes of a record. */
export const maxRecordBytes: number = 65_535;

/** The bytes of an entry bundle. Throws `limit_exceeded` for a record of more than 65,535 bytes. */
export function formatEntries(records: readonly string[]): Uint8Array {
  const encoded = records.map(encodeUtf8);
  const bytes = new Uint8Array(encoded.reduce((size, { length }) => size + 2 + length, 0));
  let at = 0;
  for (const record of encoded) {
    if (record.length > maxRecordBytes) {
      throw new GoModKitError('limit_exceeded', `a record of ${record.length} bytes: at most ${maxRecordBytes}`, {
        data: { limit: maxRecordBytes },
      });
    }
    bytes.set([record.length >> 8, record.length & 0xff], at);
    bytes.set(record, at + 2);
    at += 2 + record.length;
  }
  return bytes;
}

/**
 * The records of an entry bundle. Throws `invalid_log` when it is cut off or a record is no UTF-8.
 *
 * @example
 * ```ts
 * import { formatEntries, parseEntries } from '@gomodkit/core/sumdb';
 *
 * parseEntries(formatEntries(['first\n', 'second\n'])); // ['first\n', 'second\n']
 * ```
 */
export function parseEntries(bytes: Uint8Array): string[] {
  const records: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    const text = at + 2 + size <= bytes.length ? decodeUtf8(bytes.subarray(at + 2, at + 2 + size)) : undefined;
    if (text === undefined) throw new GoModKitError('invalid_log', 'malformed entry bundle');
    records.push(text);
    at += 2 + size;
  }
  return records;
}
