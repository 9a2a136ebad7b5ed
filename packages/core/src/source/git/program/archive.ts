// A directory of a commit as git checks it out, through `git archive` (spec §6.16).
//
// Invariants:
// - The bytes are those of the go command's own archive: same options, same attributes. Stored, not deflated, so that a file is a
//   slice of the archive and nothing is held in memory.
// - Only the central directory of the archive is read; git wrote it, so that what does not fit is damage, not hostility.
// - The archive is gone from disk when it is closed.

import { readAll, streamOf } from '../../../bytes/source.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { FileSource, RandomAccessSource } from '../../../platform/types.ts';
import { DamagedCopy, maxPathBytes } from '../driver.ts';
import type { GitFile } from '../engine.ts';
import { textOf } from './invocation.ts';
import { type ReadRange, readAhead } from './read-ahead.ts';

const end = { signature: 0x06054b50, length: 22 };
const end64 = { signature: 0x06064b50, length: 56, locator: 20 };
const header = { signature: 0x02014b50, length: 46 };
const local = { signature: 0x04034b50, length: 30 };
const max32 = 0xffffffff;
const typeMask = 0o170000;
const typeLink = 0o120000;

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly offset: number;
}

/** The files of an archive below `directory`. Rejects with `limit_exceeded` beyond `maxEntries`, or with paths that are too long together. */
export async function archivedFiles(
  archive: FileSource,
  directory: string,
  maxEntries: number,
): Promise<readonly GitFile[]> {
  const entries = await readEntries(archive, maxEntries);
  const prefix = directory === '' ? '' : `${directory}/`;
  const read = readAhead(archive);
  return entries.flatMap((entry, i): GitFile[] => {
    if (!entry.name.startsWith(prefix) || entry.name === prefix) return [];
    const path = entry.name.slice(prefix.length);
    if (!path.endsWith('/')) return [fileOf(archive, read, entry, path)];
    // A directory with something in it is followed by that; only submodules are without.
    if (entries[i + 1]?.name.startsWith(entry.name)) return [];
    return [{ path: path.slice(0, -1), kind: 'directory', size: 0, open: () => streamOf(new Uint8Array(0)) }];
  });
}

/** Files up to this many bytes come in one piece, several with one read of the archive. */
const small = 1 << 18;

function fileOf(archive: FileSource, read: ReadRange, { mode, offset, size }: Entry, path: string): GitFile {
  return {
    path,
    kind: (mode & typeMask) === typeLink ? 'symlink' : 'regular',
    size,
    async open() {
      const view = viewOf(await read(offset, offset + local.length));
      if (view.byteLength < local.length || view.getUint32(0, true) !== local.signature)
        throw damaged('a header is not where it should be');
      const start = offset + local.length + view.getUint16(26, true) + view.getUint16(28, true);
      if (size > small) return archive.slice(start, start + size).stream();
      const bytes = await read(start, start + size);
      if (bytes.length < size) throw damaged('a file is cut off');
      return streamOf(bytes);
    },
  };
}

async function readEntries(archive: RandomAccessSource, maxEntries: number): Promise<Entry[]> {
  const place = await findDirectory(archive);
  if (place.count > maxEntries) {
    const message = `the directory has ${place.count} entries, more than the limit of ${maxEntries}`;
    throw new GoModKitError('limit_exceeded', message, { data: { limit: maxEntries } });
  }
  if (place.size > maxPathBytes) {
    const message = `the paths of the directory have more than the limit of ${maxPathBytes} bytes together`;
    throw new GoModKitError('limit_exceeded', message, { data: { limit: maxPathBytes } });
  }
  const bytes = await readAll(archive.slice(place.offset, place.offset + place.size).stream());
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  for (let at = 0; at + header.length <= bytes.length && view.getUint32(at, true) === header.signature; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const nameEnd = at + header.length + (nameLength ?? 0);
    const extraEnd = nameEnd + (extraLength ?? 0);
    if (view.getUint16(at + 10, true) !== 0) throw damaged('it is compressed');
    const large = zip64Fields(view, nameEnd, extraEnd);
    const field = (place: number): number => {
      const value = view.getUint32(at + place, true);
      return value === max32 ? (large.shift() ?? value) : value;
    };
    const size = field(24);
    field(20);
    entries.push({
      name: textOf(bytes.subarray(at + header.length, nameEnd)),
      mode: view.getUint32(at + 38, true) >>> 16,
      size,
      offset: field(42),
    });
    at = extraEnd + (commentLength ?? 0);
  }
  if (entries.length !== place.count) throw damaged('its directory is cut off');
  return entries;
}

async function findDirectory(archive: RandomAccessSource): Promise<{ count: number; size: number; offset: number }> {
  // git puts the hash of the commit, 40 or 64 digits, into the comment.
  const start = Math.max(0, archive.size - 1024);
  const tail = viewOf(await readAll(archive.slice(start, archive.size).stream()));
  let at = tail.byteLength - end.length;
  while (at >= 0 && tail.getUint32(at, true) !== end.signature) at--;
  if (at < 0) throw damaged('it has no end');
  const short = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const large = at - end64.locator - end64.length;
  if (large < 0 || tail.getUint32(large, true) !== end64.signature) return short;
  const field = (place: number): number => Number(tail.getBigUint64(large + place, true));
  return { count: field(32), size: field(40), offset: field(48) };
}

function zip64Fields(view: DataView, from: number, to: number): number[] {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const count = Math.floor(view.getUint16(at + 2, true) / 8);
    return Array.from({ length: count }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
  }
  return [];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function damaged(why: string): DamagedCopy {
  return new DamagedCopy(`git archive: ${why}`);
}
