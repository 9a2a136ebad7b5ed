// Tiles of records (spec §12.7): record texts, each followed by an empty line, without numbers.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { isValidRecordText } from './record-text.ts';

/** The text of a data tile. Throws `invalid_log` for text that is no record. */
export function formatDataTile(records: readonly string[]): string {
  for (const record of records) if (!isValidRecordText(record)) throw malformed();
  return records.map((record) => `${record}\n`).join('');
}

/** The records of a data tile, which has `width` of them. Throws `invalid_log`. */
export function parseDataTile(data: Uint8Array, width: number): string[] {
  const text = decodeUtf8(data);
  if (text === undefined || !text.endsWith('\n\n')) throw malformed();
  const records = text
    .slice(0, -2)
    .split('\n\n')
    .map((record) => `${record}\n`);
  if (records.length !== width || !records.every(isValidRecordText)) throw malformed();
  return records;
}

function malformed(): GoModKitError {
  return new GoModKitError('invalid_log', 'malformed data tile');
}
