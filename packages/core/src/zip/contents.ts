// The content of one entry: inflated, measured and checked, as Go's archive/zip does it (spec §7.11, §7.13).
//
// Invariants:
// - Nothing beyond the declared size is ever delivered; content of another size or another CRC-32 is an error.
// - Of the local header only its signature and the two lengths that say where the content begins are used.
// - Encryption flags are not looked at, methods other than store and deflate are refused, a CRC of zero without a data
//   descriptor is not checked: all as in Go.

import { crc32, inflate, inflateSmall, inflatesAtOnce, smallEntry } from '#zip-engine';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { forMessage } from './clean.ts';
import type { ZipEntry } from './directory.ts';
import { dataDescriptor, flagDescriptor, localHeader, methodDeflate, methodStore, viewOf } from './records.ts';
import type { ZipWindow } from './window.ts';

/** Where an entry's compressed content is. */
interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Whether an entry is a directory, which is all that its name's last character says. */
export function isDirectory(entry: ZipEntry): boolean {
  return entry.name.endsWith('/');
}

/**
 * Delivers an entry's content. The iteration throws `invalid_zip` when the content cannot be read or is not what the directory
 * says; chunks delivered before that are not to be trusted.
 */
export async function* readContents(window: ZipWindow, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const extent = await locate(window, entry);
  if (isDirectory(entry)) {
    // A compressed size is tolerated here, content is not.
    if (entry.size !== 0) throw damaged(entry, 'zip: not a valid zip file: a directory has content');
    return;
  }
  if (entry.method !== methodStore && entry.method !== methodDeflate) {
    throw damaged(entry, `zip: unsupported compression algorithm ${entry.method}`);
  }
  const small = entry.size <= smallEntry && extent.end - extent.start <= smallEntry;
  let size = 0;
  let crc = 0;
  for await (const chunk of small ? readSmall(window, entry, extent) : readLarge(window, entry, extent)) {
    size += chunk.length;
    if (size > entry.size) throw damaged(entry, 'zip: not a valid zip file: its content is longer than declared');
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== entry.size) throw damaged(entry, 'unexpected EOF: its content is shorter than declared');
  await checkCrc(window, entry, extent, crc);
}

/**
 * The content of an ordinary small entry whose bytes are buffered, without a turn of the event loop; undefined for every other
 * entry, a damaged one included: {@link readContents} delivers it, or says what is wrong.
 */
export function contentsAtOnce(window: ZipWindow, entry: ZipEntry): Uint8Array | undefined {
  const { offset, size, compressedSize, method } = entry;
  if (size > smallEntry || compressedSize > smallEntry || isDirectory(entry)) return undefined;
  const header = window.buffered(offset, offset + localHeader.length);
  const start = header && contentStart(offset, header);
  if (start === undefined) return undefined;
  const end = start + compressedSize;
  const compressed = window.buffered(start, end);
  const content = compressed && expandAtOnce(compressed, method, size);
  if (content?.length !== size) return undefined;
  const describes = (entry.flags & flagDescriptor) !== 0;
  const descriptor = describes ? window.buffered(end, end + dataDescriptor.length) : undefined;
  if (describes && (descriptor === undefined || descriptorCrc(descriptor) !== entry.crc32)) return undefined;
  return (entry.crc32 === 0 && !describes) || crc32(content) === entry.crc32 ? content : undefined;
}

function expandAtOnce(compressed: Uint8Array, method: number, size: number): Uint8Array | undefined {
  if (method === methodStore) return compressed;
  if (method !== methodDeflate || !inflatesAtOnce) return undefined;
  try {
    const content = inflateSmall(compressed, size);
    return content instanceof Promise ? undefined : content;
  } catch {
    return undefined;
  }
}

/** Where the content behind a local header begins; undefined where this is none. */
function contentStart(offset: number, header: Uint8Array): number | undefined {
  const view = viewOf(header);
  if (view.getUint32(0, true) !== localHeader.signature) return undefined;
  return offset + localHeader.length + view.getUint16(26, true) + view.getUint16(28, true);
}

/** Go's own words for what is wrong, after the entry's name. */
function damaged(entry: ZipEntry, reason: string, cause?: unknown): GoModKitError {
  return new GoModKitError('invalid_zip', `${forMessage(entry.name)}: ${reason}`, {
    cause,
    data: { entry: entry.name },
  });
}

async function locate(window: ZipWindow, entry: ZipEntry): Promise<Extent> {
  const read = window.read(entry.offset, entry.offset + localHeader.length);
  const header = read instanceof Promise ? await read : read;
  if (header.length < localHeader.length) throw damaged(entry, 'its header lies outside the zip');
  const start = contentStart(entry.offset, header);
  if (start === undefined)
    throw damaged(entry, 'zip: not a valid zip file: its header is not where the directory says');
  // An end past the archive is no error by itself: content is what is there.
  return { start, end: start + entry.compressedSize };
}

async function* readSmall(window: ZipWindow, entry: ZipEntry, extent: Extent): AsyncGenerator<Uint8Array> {
  const read = window.read(extent.start, extent.end);
  const compressed = read instanceof Promise ? await read : read;
  if (entry.method === methodStore) {
    if (compressed.length > 0) yield compressed;
    return;
  }
  let content: Uint8Array;
  try {
    const inflated = inflateSmall(compressed, entry.size);
    content = inflated instanceof Promise ? await inflated : inflated;
  } catch (cause) {
    throw inflateError(entry, cause);
  }
  if (content.length > 0) yield content;
}

async function* readLarge(window: ZipWindow, entry: ZipEntry, extent: Extent): AsyncGenerator<Uint8Array> {
  const raw = window.stream(extent.start, extent.end);
  if (entry.method === methodStore) {
    yield* raw;
    return;
  }
  try {
    yield* inflate(raw);
  } catch (cause) {
    throw isGoModKitError(cause) ? cause : inflateError(entry, cause);
  }
}

function inflateError(entry: ZipEntry, cause: unknown): GoModKitError {
  const reason = cause instanceof Error ? cause.message : 'it does not inflate';
  return damaged(entry, `zip: not a valid zip file: ${forMessage(reason)}`, cause);
}

async function checkCrc(window: ZipWindow, entry: ZipEntry, extent: Extent, crc: number): Promise<void> {
  if ((entry.flags & flagDescriptor) === 0) {
    if (entry.crc32 !== 0 && entry.crc32 !== crc) throw damaged(entry, 'zip: checksum error');
    return;
  }
  const stated = await readDescriptorCrc(window, extent.end);
  if (stated === undefined) throw damaged(entry, 'unexpected EOF: its data descriptor is cut off');
  if (stated !== entry.crc32 || crc !== entry.crc32) throw damaged(entry, 'zip: checksum error');
}

/** The CRC of a data descriptor, whose signature is optional; undefined where the archive ends first. */
async function readDescriptorCrc(window: ZipWindow, at: number): Promise<number | undefined> {
  const read = window.read(at, at + dataDescriptor.length);
  return descriptorCrc(read instanceof Promise ? await read : read);
}

function descriptorCrc(bytes: Uint8Array): number | undefined {
  if (bytes.length < 12) return undefined;
  const view = viewOf(bytes);
  const first = view.getUint32(0, true);
  if (first !== dataDescriptor.signature) return first;
  return bytes.length < dataDescriptor.length ? undefined : view.getUint32(4, true);
}
