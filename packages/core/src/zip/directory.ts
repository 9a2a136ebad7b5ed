// The central directory of a zip archive: which entries there are, as Go's archive/zip reads them (spec §7.13).
//
// Invariants:
// - Only the central directory is interpreted. Local headers, comments, flags about encodings and data before the first entry
//   have no say in which entries there are or how they are called.
// - Names are bytes: valid UTF-8 is itself, other bytes are kept as gotext/raw.ts carries them.
// - Verdicts are Go's, quirks included: headers are read until one is not a header, their number is compared modulo 65,536, and
//   an offset that does not fit is corrected by where the directory really ends.
// - At most `maxDirectory` bytes and `maxEntries` entries are read.

import { GoModKitError } from '../errors/error.ts';
import { rawText } from '../gotext/raw.ts';
import { maxDirectory, maxEntries } from './limits.ts';
import { createPacer } from './pace.ts';
import { directoryEnd, directoryHeader, max16, max32, viewOf, zip64End, zip64Locator } from './records.ts';
import type { ZipWindow } from './window.ts';

/** One entry of the central directory. Sizes are what it declares. */
export interface ZipEntry {
  /** Unescaped, as the archive has it; a name that ends in `/` is a directory. */
  readonly name: string;
  /** Uncompressed. */
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  readonly method: number;
  readonly flags: number;
  /** Of the local header, from the start of the archive. May lie outside it. */
  readonly offset: number;
}

/** The refusal of an archive, in Go's words with the reason behind. */
function notAZip(reason: string): GoModKitError {
  return new GoModKitError('invalid_zip', `zip: not a valid zip file: ${reason}`);
}

/** Reads all entries. Rejects with `invalid_zip`, or with `limit_exceeded` past our own limits. */
export async function readDirectory(window: ZipWindow, signal: AbortSignal | undefined): Promise<ZipEntry[]> {
  const pace = createPacer(signal);
  const { base, start, count } = await findDirectory(window);
  const entries: ZipEntry[] = [];
  let at = start;
  for (;;) {
    const parsed = await readHeader(window, at, base);
    if (typeof parsed === 'string') {
      // Only 16 bits of the count are reliable.
      if (parsed === 'end of file' || (entries.length & max16) !== (count & max16)) throw notAZip(parsed);
      return entries;
    }
    entries.push(parsed.entry);
    at = parsed.end;
    if (entries.length > maxEntries) throw tooMuch('entries', maxEntries);
    if (at - start > maxDirectory) throw tooMuch('bytes of central directory', maxDirectory);
    const wait = pace();
    if (wait !== undefined) await wait;
  }
}

function tooMuch(what: string, limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `the zip has more than ${limit} ${what}`, { data: { limit } });
}

interface DirectoryPlace {
  /** Added to every offset in the archive. */
  readonly base: bigint;
  /** Where the first header is. */
  readonly start: number;
  /** How many entries the archive says it has, of which 16 bits are reliable. */
  readonly count: number;
}

interface DirectoryEnd {
  readonly at: bigint;
  readonly count: number;
  readonly size: bigint;
  readonly offset: bigint;
}

async function findDirectory(window: ZipWindow): Promise<DirectoryPlace> {
  const end = await findEnd(window);
  const size = BigInt.asIntN(64, end.size);
  const offset = BigInt.asIntN(64, end.offset);
  if (size < 0n || offset < 0n) throw notAZip('the central directory lies outside the file');
  const base = end.at - size - offset;
  const start = Number(base + offset);
  if (start < 0 || start >= window.size) throw notAZip('the central directory lies outside the file');
  // Where the stated offset leads to a header by itself, the correction was wrong.
  if (base > 0n && offset < BigInt(window.size) && typeof (await readHeader(window, Number(offset), 0n)) !== 'string') {
    return { base: 0n, start: Number(offset), count: end.count };
  }
  return { base, start, count: end.count };
}

async function findEnd(window: ZipWindow): Promise<DirectoryEnd> {
  const at = await findEndRecord(window);
  const view = viewOf(await window.read(at, at + directoryEnd.length));
  const end: DirectoryEnd = {
    at: BigInt(at),
    count: view.getUint16(10, true),
    size: BigInt(view.getUint32(12, true)),
    offset: BigInt(view.getUint32(16, true)),
  };
  // Go compares the size with 16 bits; that only makes it look for a zip64 record more often.
  if (end.count !== max16 && end.size !== BigInt(max16) && end.offset !== BigInt(max32)) return end;
  return (await findZip64End(window, at)) ?? end;
}

/** The end record is the last one whose comment fits; it is looked for in the last kilobyte, then in the last 65. */
async function findEndRecord(window: ZipWindow): Promise<number> {
  for (const length of [1024, 65 * 1024]) {
    const start = Math.max(0, window.size - length);
    const tail = viewOf(await window.read(start, window.size));
    for (let at = tail.byteLength - directoryEnd.length; at >= 0; at--) {
      if (tail.getUint32(at, true) !== directoryEnd.signature) continue;
      const comment = tail.getUint16(at + 20, true);
      if (at + directoryEnd.length + comment <= tail.byteLength) return start + at;
      break;
    }
    if (start === 0) break;
  }
  throw notAZip('it has no end of a central directory');
}

async function findZip64End(window: ZipWindow, endAt: number): Promise<DirectoryEnd | undefined> {
  const at = endAt - zip64Locator.length;
  if (at < 0) return undefined;
  const locator = viewOf(await window.read(at, endAt));
  if (locator.getUint32(0, true) !== zip64Locator.signature) return undefined;
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) !== 1) return undefined;
  const place = locator.getBigInt64(8, true);
  if (place < 0n) return undefined;
  const bytes = await window.read(Number(place), Number(place) + zip64End.length);
  const view = viewOf(bytes);
  if (bytes.length < zip64End.length || view.getUint32(0, true) !== zip64End.signature) {
    throw notAZip('its zip64 record is not where it should be');
  }
  return {
    at: place,
    count: Number(view.getBigUint64(32, true) & BigInt(max16)),
    size: view.getBigUint64(40, true),
    offset: view.getBigUint64(48, true),
  };
}

/** One header, or why there is none. `end of file`: nothing at all is left where bytes were due, which Go never tolerates. */
async function readHeader(
  window: ZipWindow,
  at: number,
  base: bigint,
): Promise<{ entry: ZipEntry; end: number } | string> {
  const { length, signature } = directoryHeader;
  const fixed = await window.read(at, at + length);
  if (fixed.length === 0) return 'end of file';
  if (fixed.length < length) return 'a directory header is cut off';
  const view = viewOf(fixed);
  if (view.getUint32(0, true) !== signature) return 'the number of entries is wrong';
  const nameLength = view.getUint16(28, true);
  const extraLength = view.getUint16(30, true);
  const commentLength = view.getUint16(32, true);
  const variable = nameLength + extraLength + commentLength;
  const rest = await window.read(at + length, at + length + variable);
  if (rest.length < variable) return rest.length === 0 ? 'end of file' : 'a directory header is cut off';
  const large = readZip64(view, rest.subarray(nameLength, nameLength + extraLength));
  if (large === undefined) return 'a zip64 field is missing or too short';
  const entry: ZipEntry = {
    name: rawText(rest.subarray(0, nameLength)),
    size: sizeOf(large.size),
    compressedSize: Number(large.compressedSize),
    crc32: view.getUint32(16, true),
    method: view.getUint16(10, true),
    flags: view.getUint16(8, true),
    offset: Number(BigInt.asIntN(64, large.offset + base)),
  };
  return { entry, end: at + length + variable };
}

/** An uncompressed size. From 2^63 on they are negative in Go: what is below stays below, though the nearest number is 2^63. */
function sizeOf(size: bigint): number {
  return size < 2n ** 63n ? Math.min(Number(size), 2 ** 63 - 1024) : Number(size);
}

const zip64Extra = 1;

/** Sizes and offset, from the zip64 extra field where the header points there; undefined where Go refuses the header. */
function readZip64(
  header: DataView,
  extra: Uint8Array,
): { size: bigint; compressedSize: bigint; offset: bigint } | undefined {
  const fields = {
    size: BigInt(header.getUint32(24, true)),
    compressedSize: BigInt(header.getUint32(20, true)),
    offset: BigInt(header.getUint32(42, true)),
  };
  const missing = (['size', 'compressedSize', 'offset'] as const).filter((name) => fields[name] === BigInt(max32));
  if (missing.length === 0) return fields;
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const tag = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    at += 4;
    if (at + length > extra.length) break;
    const end = at + length;
    if (tag === zip64Extra) {
      for (let name = missing.shift(); name !== undefined; name = missing.shift()) {
        if (at + 8 > end) return undefined;
        fields[name] = view.getBigUint64(at, true);
        at += 8;
      }
    }
    at = end;
  }
  // A size of 2^32-1 could be meant as it is; the others could not.
  return missing.length === 0 || (missing.length === 1 && missing[0] === 'size') ? fields : undefined;
}
