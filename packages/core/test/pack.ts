// Zip archives for tests: any names in any order, and any lies about them.

import { crc32, deflateRawSync } from 'node:zlib';

/** One entry. What is not given is what an honest archive says. */
export interface PackEntry {
  readonly name: string | Uint8Array;
  readonly content?: Uint8Array | string;
  /** 0 stores, 8 deflates (the default), other numbers store and say otherwise. */
  readonly method?: number;
  readonly flags?: number;
  /** What the central directory says instead of the truth. */
  readonly crc32?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  readonly offset?: number;
  /** The bytes that stand for the content. */
  readonly raw?: Uint8Array;
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  readonly localName?: string;
  readonly comment?: string;
  /** Unix mode and the like. */
  readonly attributes?: number;
  /** What follows the content. */
  readonly descriptor?: Uint8Array;
}

/** What is said about the archive as a whole. */
export interface PackOptions {
  readonly before?: Uint8Array;
  readonly comment?: string;
  readonly after?: Uint8Array;
  readonly count?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
}

/** Builds an archive. */
export function pack(entries: readonly PackEntry[], options: PackOptions = {}): Uint8Array {
  const parts: Buffer[] = [Buffer.from(options.before ?? [])];
  let offset = parts[0]?.length ?? 0;
  const push = (...buffers: Uint8Array[]): void => {
    for (const buffer of buffers) {
      parts.push(Buffer.from(buffer));
      offset += buffer.length;
    }
  };
  const directory: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const method = entry.method ?? 8;
    const raw = Buffer.from(entry.raw ?? (method === 8 ? deflateRawSync(content) : content));
    const name = Buffer.from(entry.name);
    const crc = entry.crc32 ?? crc32(content);
    const start = offset;
    const common = Buffer.alloc(22);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(entry.compressedSize ?? raw.length, 14);
    common.writeUInt32LE(entry.size ?? content.length, 18);
    const localName = Buffer.from(entry.localName ?? name);
    const localExtra = Buffer.from(entry.localExtra ?? []);
    push(u32(0x04034b50), common, u16(localName.length), u16(localExtra.length), localName, localExtra, raw);
    push(entry.descriptor ?? new Uint8Array());
    const extra = Buffer.from(entry.extra ?? []);
    const comment = Buffer.from(entry.comment ?? '');
    const lengths = [name, extra, comment].map(({ length }) => u16(length));
    const attributes = [u16(0), u16(0), u32(entry.attributes ?? 0), u32(entry.offset ?? start)];
    directory.push(Buffer.concat([u32(0x02014b50), u16(20), common, ...lengths, ...attributes, name, extra, comment]));
  }
  const start = offset;
  for (const header of directory) push(header);
  const count = u16((options.count ?? entries.length) & 0xffff);
  const size = u32(options.directorySize ?? offset - start);
  const comment = Buffer.from(options.comment ?? '');
  const place = u32(options.directoryOffset ?? start);
  push(u32(0x06054b50), u16(0), u16(0), count, count, size, place, u16(comment.length), comment);
  push(options.after ?? new Uint8Array());
  return new Uint8Array(Buffer.concat(parts));
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
