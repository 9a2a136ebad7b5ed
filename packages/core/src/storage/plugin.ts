// What every storage does before and around its I/O, written once for plugin authors.
//
// Invariants:
// - Ranges and list options are checked before any I/O; their defaults live here.
// - A source that is opened is read to its end or cancelled; another number of bytes than its `size` never passes as whole.
// - An aborted call stops waiting at once, also for a source that neither delivers nor reacts to cancel().

import type { ByteSource } from '../bytes/source.ts';
import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { checkKeyPrefix, checkListAfter } from './key.ts';
import type { CallOptions, GetOptions, ListOptions } from './storage.ts';

/** List options with their defaults, checked. */
export interface ListBounds {
  /** `''` for all keys. */
  readonly prefix: string;
  /** `''` for the beginning. */
  readonly after: string;
  readonly limit: number;
}

/** How many objects a page holds when the caller does not say. */
export const defaultListLimit: number = 1000;

/** Checks the options of a listing and fills in defaults. Throws `invalid_key` or `invalid_argument`. */
export function listBounds(options: ListOptions = {}): ListBounds {
  const { prefix = '', after = '', limit = defaultListLimit } = options;
  checkKeyPrefix(prefix);
  checkListAfter(after);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new GoModKitError('invalid_argument', `list limit ${limit}: want a whole number of at least 1`);
  }
  return { prefix, after, limit };
}

/** The order of keys in listings, that of their UTF-8 bytes, for `Array.sort`: JavaScript's own is that of UTF-16 units. */
export function compareKeys(a: string, b: string): number {
  return compareUtf8(a, b);
}

/**
 * The half-open range that a get() delivers of an object of `size` bytes; the whole object without `range`.
 *
 * Throws `range_not_satisfiable` (with `data.size`) when `start >= size > 0`, `invalid_argument` when the range is malformed. Any
 * range of an empty object is the empty one.
 */
export function resolveRange(
  key: string,
  size: number,
  range: GetOptions['range'],
): { readonly start: number; readonly end: number } {
  if (range === undefined) return { start: 0, end: size };
  const { start, end } = checkRange(range);
  if (size === 0) return { start: 0, end: 0 };
  if (start < size) return { start, end: Math.min(end, size) };
  throw new GoModKitError('range_not_satisfiable', `range of ${key} starts at ${start}, but it has ${size} bytes`, {
    data: { key, size },
  });
}

/** Checks the shape of a range, which needs no object; an open end is infinite. Throws `invalid_argument`. */
export function checkRange(range: NonNullable<GetOptions['range']>): { readonly start: number; readonly end: number } {
  const { start, end = Number.POSITIVE_INFINITY } = range;
  const whole = Number.isSafeInteger(start) && (Number.isSafeInteger(end) || end === Number.POSITIVE_INFINITY);
  if (!whole || start < 0 || end < start) {
    throw new GoModKitError('invalid_argument', `range ${start}–${end}: want 0 ≤ start ≤ end, in whole bytes`);
  }
  return { start, end };
}

/**
 * The chunks of a source, checked: throws `invalid_argument` when it delivers another number of bytes than its `size`, the source's
 * own error when it fails, and the signal's reason when aborted. The source's stream is cancelled unless it was read to its end.
 *
 * @example
 * ```ts
 * import { bytesSource, sourceChunks } from '@gomodkit/core/storage';
 *
 * for await (const chunk of sourceChunks(bytesSource(new Uint8Array(10)))) console.log(chunk.length);
 * ```
 */
export async function* sourceChunks(
  source: ByteSource,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  checkSourceSize(source);
  options.signal?.throwIfAborted();
  const reader = source.stream().getReader();
  let finished = false;
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await orAborted(reader.read(), options.signal);
      if (done) break;
      if (!(value instanceof Uint8Array))
        throw new GoModKitError('invalid_argument', 'a source delivered no Uint8Array');
      size += value.length;
      if (size > source.size) throw wrongSize(source, 'more');
      if (value.length > 0) yield value;
    }
    finished = true;
    if (size < source.size) throw wrongSize(source, `only ${size}`);
  } finally {
    // Not awaited: a source may never settle its cancel(), and nothing here depends on it.
    if (!finished) reader.cancel(options.signal?.reason).catch(() => {});
  }
}

/**
 * A source in parts of `size` bytes, each in a buffer of its own; the last one is shorter, and of an empty source there is one empty
 * part. The last part comes only after the end of the source: then it is known that the source is as long as it said. Throws what
 * {@link sourceChunks} throws.
 *
 * @example
 * ```ts
 * import { bytesSource, sourceParts } from '@gomodkit/core/storage';
 *
 * for await (const part of sourceParts(bytesSource(new Uint8Array(10)), 4)) console.log(part.length); // 4, 4, 2
 * ```
 */
export async function* sourceParts(
  source: ByteSource,
  size: number,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  let left = source.size;
  let part = new Uint8Array(Math.min(size, left));
  let filled = 0;
  for await (let chunk of sourceChunks(source, options)) {
    while (chunk.length > 0) {
      const taken = chunk.subarray(0, part.length - filled);
      part.set(taken, filled);
      filled += taken.length;
      chunk = chunk.subarray(taken.length);
      if (filled < part.length || left === part.length) continue;
      left -= part.length;
      yield part;
      part = new Uint8Array(Math.min(size, left));
      filled = 0;
    }
  }
  yield part;
}

/** Checks that a source states a size. Throws `invalid_argument`. */
export function checkSourceSize(source: ByteSource): void {
  if (Number.isSafeInteger(source.size) && source.size >= 0) return;
  throw new GoModKitError('invalid_argument', `source size ${source.size}: want a whole number of bytes`);
}

/** Checks for how long a URL shall be signed, in seconds; the default is 900. Throws `invalid_argument`. */
export function checkExpiresIn(expiresIn: number = 900): number {
  if (Number.isSafeInteger(expiresIn) && expiresIn >= 1 && expiresIn <= 604_800) return expiresIn;
  throw new GoModKitError('invalid_argument', `expiresIn is ${expiresIn}: want whole seconds, from 1 to 604,800`);
}

/** Settles as `promise`, or rejects with the signal's reason as soon as it aborts. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

function wrongSize(source: ByteSource, delivered: string): GoModKitError {
  return new GoModKitError('invalid_argument', `a source of ${source.size} bytes delivered ${delivered}`, {
    data: { size: source.size },
  });
}
