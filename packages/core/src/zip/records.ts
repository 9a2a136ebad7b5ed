// The records of the zip container, as bytes. Field names follow the zip specification (APPNOTE 6.3).
//
// Invariants:
// - Everything is little-endian; every length here is that of the fixed part of a record.
// - What is written here is readable by every tool: no extra fields, zip64 only where counts or offsets need it.

/** Signatures and lengths of the records. */
export const localHeader: RecordKind = { signature: 0x04034b50, length: 30 };
/** See {@link localHeader}. */
export const directoryHeader: RecordKind = { signature: 0x02014b50, length: 46 };
/** See {@link localHeader}. */
export const directoryEnd: RecordKind = { signature: 0x06054b50, length: 22 };
/** See {@link localHeader}. */
export const zip64Locator: RecordKind = { signature: 0x07064b50, length: 20 };
/** See {@link localHeader}. */
export const zip64End: RecordKind = { signature: 0x06064b50, length: 56 };
/** See {@link localHeader}. */
export const dataDescriptor: RecordKind = { signature: 0x08074b50, length: 16 };

/** A record's signature and the length of its fixed part. */
export interface RecordKind {
  readonly signature: number;
  readonly length: number;
}

/** Compression methods. */
export const methodStore = 0;
/** See {@link methodStore}. */
export const methodDeflate = 8;

/** Flag: sizes and CRC follow the content. */
export const flagDescriptor = 0x8;
/** Flag: the name is UTF-8. */
export const flagUtf8 = 0x800;

/** Field value that says "look in the zip64 record". */
export const max32 = 0xffffffff;
/** See {@link max32}. */
export const max16 = 0xffff;

/** What an entry's headers say. */
export interface EntryFields {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
}

/** Version 2.0 of the format, as Go writes it. */
const version20 = 20;
const version45 = 45;
/** 1980-01-01: the first day the format can name. A fixed day makes equal content equal bytes. */
const dosDate = 0x21;

/** A local file header. With {@link flagDescriptor} its CRC and sizes are zero. */
export function encodeLocalHeader(entry: EntryFields): Uint8Array {
  const later = (entry.flags & flagDescriptor) !== 0;
  const [bytes, view] = start(localHeader, entry.name.length);
  view.setUint16(4, version20, true);
  setCommon(view, 6, entry, later);
  view.setUint16(26, entry.name.length, true);
  bytes.set(entry.name, localHeader.length);
  return bytes;
}

/** A central directory header. */
export function encodeDirectoryHeader(entry: EntryFields, offset: number): Uint8Array {
  const [bytes, view] = start(directoryHeader, entry.name.length);
  view.setUint16(4, version20, true);
  view.setUint16(6, version20, true);
  setCommon(view, 8, entry, false);
  view.setUint16(28, entry.name.length, true);
  view.setUint32(42, offset, true);
  bytes.set(entry.name, directoryHeader.length);
  return bytes;
}

function setCommon(view: DataView, at: number, entry: EntryFields, later: boolean): void {
  view.setUint16(at, entry.flags, true);
  view.setUint16(at + 2, entry.method, true);
  view.setUint16(at + 6, dosDate, true);
  if (later) return;
  view.setUint32(at + 8, entry.crc32, true);
  view.setUint32(at + 12, entry.compressedSize, true);
  view.setUint32(at + 16, entry.size, true);
}

/** The CRC and sizes that follow the content of an entry with {@link flagDescriptor}. */
export function encodeDescriptor(entry: EntryFields): Uint8Array {
  const [bytes, view] = start(dataDescriptor, 0);
  view.setUint32(4, entry.crc32, true);
  view.setUint32(8, entry.compressedSize, true);
  view.setUint32(12, entry.size, true);
  return bytes;
}

/** The end of the central directory, preceded by its zip64 form when there are more entries than 16 bits count. */
export function encodeDirectoryEnd(count: number, size: number, offset: number): Uint8Array[] {
  const [bytes, view] = start(directoryEnd, 0);
  const shown = Math.min(count, max16);
  view.setUint16(8, shown, true);
  view.setUint16(10, shown, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return count < max16 ? [bytes] : [...encodeZip64End(count, size, offset), bytes];
}

function encodeZip64End(count: number, size: number, offset: number): Uint8Array[] {
  const [end, view] = start(zip64End, 0);
  view.setBigUint64(4, BigInt(zip64End.length - 12), true);
  view.setUint16(12, version45, true);
  view.setUint16(14, version45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(size), true);
  view.setBigUint64(48, BigInt(offset), true);
  const [locator, locatorView] = start(zip64Locator, 0);
  locatorView.setBigUint64(8, BigInt(offset + size), true);
  locatorView.setUint32(16, 1, true);
  return [end, locator];
}

function start(kind: RecordKind, variable: number): [Uint8Array, DataView] {
  const bytes = new Uint8Array(kind.length + variable);
  const view = viewOf(bytes);
  view.setUint32(0, kind.signature, true);
  return [bytes, view];
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
