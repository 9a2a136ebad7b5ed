// Writes a zip archive as a stream of chunks.
//
// Invariants:
// - At most one file of `wholeFile` bytes is in memory; larger ones stream through, their sizes following in a data descriptor.
// - A file that deflate does not make smaller is stored.
// - Which form a file takes depends on its declared size and its content alone, so that equal input gives equal bytes.

import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, createDeflateRaw, deflateRaw, deflateRawSync } from 'node:zlib';
import { concatBytes } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import {
  type EntryFields,
  encodeDescriptor,
  encodeDirectoryEnd,
  encodeDirectoryHeader,
  encodeLocalHeader,
  flagDescriptor,
  flagUtf8,
  methodDeflate,
  methodStore,
} from '../zip/records.ts';
import type { ArchiveFile } from './types.ts';

/** Files up to this size are deflated on the event loop (a few milliseconds). */
const smallFile = 64 * 1024;
/** Files up to this size are held whole, so that their header can state their sizes. */
const wholeFile = 1024 * 1024;

const deflateWhole = promisify<Uint8Array, Uint8Array>(deflateRaw);

/** What is written of one entry: its chunks and, as the generator's result, its fields. */
type Entry = AsyncGenerator<Uint8Array, EntryFields>;

/** The chunks of an archive of `files`, in their order. */
export async function* writeEntries(files: AsyncIterable<ArchiveFile>): AsyncGenerator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const file of files) {
    const start = offset;
    const entry = file.size <= wholeFile ? writeWhole(file) : writeStreaming(file);
    let step = await entry.next();
    for (; !step.done; step = await entry.next()) {
      offset += step.value.length;
      yield step.value;
    }
    directory.push(encodeDirectoryHeader(step.value, start));
  }
  let size = 0;
  for (const header of directory) {
    size += header.length;
    yield header;
  }
  yield* encodeDirectoryEnd(directory.length, size, offset);
}

async function* writeWhole(file: ArchiveFile): Entry {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.chunks()) {
    chunks.push(chunk);
    size += chunk.length;
  }
  const content = concatBytes(chunks, size);
  const deflated = size === 0 ? content : size <= smallFile ? deflateRawSync(content) : await deflateWhole(content);
  const smaller = deflated.length < size;
  const body = smaller ? deflated : content;
  const fields: EntryFields = {
    ...named(file.name, 0),
    method: smaller ? methodDeflate : methodStore,
    crc32: crc32(content),
    compressedSize: body.length,
    size,
  };
  yield encodeLocalHeader(fields);
  if (body.length > 0) yield body;
  return fields;
}

async function* writeStreaming(file: ArchiveFile): Entry {
  const name = named(file.name, flagDescriptor);
  const totals = { method: methodDeflate, crc32: 0, compressedSize: 0, size: 0 };
  yield encodeLocalHeader({ ...name, ...totals });
  const deflater = createDeflateRaw({ chunkSize: 64 * 1024 });
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of file.chunks()) {
      totals.crc32 = crc32(chunk, totals.crc32);
      totals.size += chunk.length;
      yield chunk;
    }
  };
  // The error, if any, also destroys the deflater, whose iteration then throws it.
  pipeline(Readable.from(measured(), { objectMode: false }), deflater, () => {});
  for await (const chunk of deflater) {
    totals.compressedSize += chunk.length;
    yield chunk;
  }
  const fields: EntryFields = { ...name, ...totals };
  yield encodeDescriptor(fields);
  return fields;
}

function named(name: string, flags: number): Pick<EntryFields, 'name' | 'flags'> {
  const bytes = encodeUtf8(name);
  // More bytes than UTF-16 units: not ASCII, so readers must be told that it is UTF-8.
  return { name: bytes, flags: bytes.length === name.length ? flags : flags | flagUtf8 };
}
