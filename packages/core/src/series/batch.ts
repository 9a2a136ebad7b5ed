// One batch of a series: its key, its bytes, and back.
//
// Invariants:
// - Numbers count from 0 without gaps. The key holds MAX − n, zero-padded, in folders of three digits: the newest is first in a
//   listing, and no folder of a file tree holds more than a thousand names.
// - A batch says itself where it stands: its number, the index and the time of its first entry. Entry i has time + i µs, so every
//   entry of a series has an instant of its own.
// - What does not parse, or stands under another number than it says, is a fault of the storage, never skipped.

import { readAll } from '../bytes/source.ts';
import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { StoredObject } from '../storage/storage.ts';
import { formatMicros, type Micros, parseMicros } from './time.ts';

/** One entry of a series. */
export interface SeriesEntry<Value> {
  /** Its place among all entries of the series, from 0, without gaps. */
  readonly index: number;
  /** When it was appended, in microseconds since 1970: strictly ascending over the whole series. */
  readonly time: Micros;
  readonly value: Value;
}

/** What one append wrote: some entries, at once. */
export interface SeriesBatch<Value> {
  /** Its place among the batches, from 0, without gaps. */
  readonly number: number;
  /** Made by its writer: recognises an append whose answer was lost. */
  readonly nonce: string;
  readonly entries: readonly SeriesEntry<Value>[];
}

/** The highest batch number. */
export const maxBatchNumber: number = 999_999_999_999;

/** The most bytes of one batch, as stored. */
export const maxBatchBytes: number = 8 * 1024 * 1024;

/** The key of batch `number` of the series at `prefix`. */
export function batchKey(prefix: string, number: number): string {
  const digits = String(maxBatchNumber - number).padStart(12, '0');
  return `${prefix}/${digits.replace(/(\d{3})(?=\d)/g, '$1/')}.json`;
}

/** The number of the batch under `key`; undefined for a key that is none of the series at `prefix`. */
export function batchNumber(prefix: string, key: string): number | undefined {
  if (!key.startsWith(`${prefix}/`)) return undefined;
  const match = /^(\d{3})\/(\d{3})\/(\d{3})\/(\d{3})\.json$/.exec(key.slice(prefix.length + 1));
  return match === null ? undefined : maxBatchNumber - Number(match.slice(1).join(''));
}

/** How a batch is stored: version 1. */
interface StoredBatch {
  readonly v: 1;
  readonly number: number;
  /** Index of the first entry. */
  readonly first: number;
  /** Time of the first entry. */
  readonly time: string;
  readonly nonce: string;
  readonly entries: readonly unknown[];
}

/** What identifies a batch before it is bytes. */
export interface BatchHead {
  readonly number: number;
  readonly first: number;
  readonly time: Micros;
  readonly nonce: string;
}

/** The bytes of a batch. Throws `limit_exceeded` when they are too many, `invalid_argument` for values that JSON cannot hold. */
export function encodeBatch(head: BatchHead, values: readonly unknown[]): Uint8Array {
  const stored: StoredBatch = { v: 1, ...head, time: formatMicros(head.time), entries: values };
  for (const value of values) {
    if (JSON.stringify(value) === undefined) {
      throw new GoModKitError('invalid_argument', `a series entry must be a JSON value, not ${typeof value}`);
    }
  }
  const bytes = encodeUtf8(`${JSON.stringify(stored)}\n`);
  if (bytes.length <= maxBatchBytes) return bytes;
  throw new GoModKitError(
    'limit_exceeded',
    `a batch of ${bytes.length} bytes: at most ${maxBatchBytes}; append fewer at once`,
    {
      data: { limit: maxBatchBytes },
    },
  );
}

/** The batch with its entries spelled out. */
export function batchOf<Value>(head: BatchHead, values: readonly Value[]): SeriesBatch<Value> {
  const entries = values.map((value, i) => ({ index: head.first + i, time: head.time + i, value }));
  return { number: head.number, nonce: head.nonce, entries };
}

/** Reads a stored batch. Rejects with `storage_unavailable`, not transient, when it is no batch of that number. */
export async function decodeBatch<Value>(
  object: StoredObject,
  number: number,
  parse: (value: unknown) => Value,
): Promise<SeriesBatch<Value>> {
  const stored = parseStored(await readAll(object.body, maxBatchBytes));
  const time = stored && parseMicros(stored.time);
  if (stored === undefined || time === undefined || stored.number !== number) throw corrupt(object.key);
  try {
    return batchOf({ ...stored, time }, stored.entries.map(parse));
  } catch (cause) {
    throw corrupt(object.key, cause);
  }
}

function parseStored(bytes: Uint8Array): StoredBatch | undefined {
  const text = decodeUtf8(bytes);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isStoredBatch(value) ? value : undefined;
}

function isStoredBatch(value: unknown): value is StoredBatch {
  if (typeof value !== 'object' || value === null) return false;
  const { v, number, first, time, nonce, entries } = value as Partial<Record<keyof StoredBatch, unknown>>;
  const places = [number, first].every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  return (
    v === 1 &&
    places &&
    typeof time === 'string' &&
    typeof nonce === 'string' &&
    Array.isArray(entries) &&
    entries.length > 0
  );
}

function corrupt(key: string, cause?: unknown): GoModKitError {
  return new GoModKitError('storage_unavailable', `${key} is no batch of its series`, {
    cause,
    data: { key, transient: false },
  });
}
