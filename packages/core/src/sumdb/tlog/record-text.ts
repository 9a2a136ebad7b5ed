// Records and the message that carries one (spec §12.7).
//
// Invariants:
// - A record is UTF-8 without control characters and without empty lines, also none in front (spec §12.7 [S]); it ends in a line feed.
// - Its number is a canonical decimal from 0 to 2⁶³−1 (spec §12.7 [S]): one spelling, and never one before the first record.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { checkInt64, parseInt64 } from './integers.ts';

/** A record with its place in the log. */
export interface NumberedRecord {
  /** From 0. */
  readonly number: bigint;
  /** The go.sum lines of one module version. */
  readonly text: string;
}

const control = /[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u;

/** Whether `text` can be a record. */
export function isValidRecordText(text: string): boolean {
  return text.endsWith('\n') && !text.startsWith('\n') && !text.includes('\n\n') && !control.test(text);
}

/**
 * The message of a record: number, text, empty line. Throws `invalid_log` for text that is no record, `invalid_argument` for a
 * number that is none.
 */
export function formatRecord({ number, text }: NumberedRecord): string {
  checkInt64('record number', number);
  if (!isValidRecordText(text)) throw malformed();
  return `${number}\n${text}\n`;
}

/**
 * Takes a record message apart, and what follows it: in an answer to a lookup the signed tree note. Throws `invalid_log`.
 *
 * @example
 * ```ts
 * import { tlog } from '@gomodkit/core/sumdb';
 *
 * const { number, text } = tlog.parseRecord(new TextEncoder().encode('7\nexample.com/m v1.0.0 h1:…\n\n'));
 * ```
 */
export function parseRecord(message: Uint8Array): NumberedRecord & { readonly rest: Uint8Array } {
  const start = message.indexOf(10) + 1;
  const end = emptyLineAfter(message, start);
  const number = start > 20 ? undefined : parseInt64(decodeUtf8(message.subarray(0, Math.max(start - 1, 0))) ?? '');
  const text = end < 0 ? undefined : decodeUtf8(message.subarray(start, end));
  if (number === undefined || text === undefined || !isValidRecordText(text)) throw malformed();
  return { number, text, rest: message.subarray(end + 1) };
}

/** Where the first empty line begins, searched from `start`; negative when there is none. */
function emptyLineAfter(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(10, start); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at + 1;
  }
  return -1;
}

function malformed(): GoModKitError {
  return new GoModKitError('invalid_log', 'malformed record data');
}
