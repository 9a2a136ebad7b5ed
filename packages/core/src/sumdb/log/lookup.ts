// The derived object behind a lookup: a record under the key of its module version.
//
// Invariant: a record that is in the log twice is found where it was first.

import { encodeUtf8 } from '../../bytes/utf8.ts';
import { isGoModKitError } from '../../errors/error.ts';
import { formatRecord, type NumberedRecord, parseRecord } from '../tlog/record-text.ts';
import type { DerivedObject } from './stored-objects.ts';

/** A record in its place. */
export interface LogRecord {
  readonly number: number;
  readonly text: string;
}

/** A record under its own key: the message that answers a lookup, without the tree. */
export function lookupObject(key: string, record: LogRecord): DerivedObject {
  const bytes = encodeUtf8(formatRecord({ number: BigInt(record.number), text: record.text }));
  const accepts = (stored: Uint8Array): boolean => {
    const first = readLookup(stored);
    return first !== undefined && first.text === record.text && first.number <= record.number;
  };
  return { key, bytes, accepts };
}

/** The record of a lookup key; undefined when it is none. */
export function readLookup(stored: Uint8Array): LogRecord | undefined {
  let message: NumberedRecord & { readonly rest: Uint8Array };
  try {
    message = parseRecord(stored);
  } catch (error) {
    if (isGoModKitError(error, 'invalid_log')) return undefined;
    throw error;
  }
  return message.rest.length > 0 ? undefined : { number: Number(message.number), text: message.text };
}
