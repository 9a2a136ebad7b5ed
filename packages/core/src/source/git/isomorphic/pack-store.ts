// The packs of one copy.
//
// Invariants:
// - A pack counts once its index is there, which is written last: a kill leaves a whole pack or none.
// - Checksums of packs and indexes are checked when they are loaded; what does not hold is damage.
// - Packs stay in memory while they are used, up to a limit; `close()` lets go of all of them.

import { listNames, readWhole, sha1, writeWhole } from '#isomorphic-git';
import { hex } from '../../../bytes/hex.ts';
import { equalBytes } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { type ByteCache, byteCache } from '../byte-cache.ts';
import { DamagedCopy } from '../driver.ts';
import { applyDelta, readDeltaHeader } from './delta.ts';
import { digitsOf, type GitObject, type ObjectName, type ObjectType } from './object.ts';
import { inflateEntry, readEntryHead } from './pack-entry.ts';
import { decodeIndex, encodeIndex, type IndexedObject, type PackIndex } from './pack-index.ts';
import { createPause } from './pause.ts';

/** Reads objects of a copy. */
export interface PackStore {
  /** Looks for packs that were added since, by other processes too. Rejects with DamagedCopy. */
  refresh(): Promise<void>;
  /** Adds a pack that was checked. */
  add(pack: Uint8Array, objects: readonly IndexedObject[]): Promise<void>;
  has(name: ObjectName): boolean;
  /** An object; undefined when it is not here. Rejects with DamagedCopy. */
  read(name: ObjectName): Promise<GitObject | undefined>;
  /** What an object is and its size in bytes, without the whole of it. */
  describe(name: ObjectName): Promise<{ readonly type: ObjectType; readonly size: number } | undefined>;
  /** Names of all objects that begin with these hexadecimal digits, each once. */
  withPrefix(digits: string): readonly ObjectName[];
  close(): void;
}

interface Pack {
  readonly file: string;
  readonly index: PackIndex;
}

/** Git knows this object everywhere. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const keptObjects = 16 * 2 ** 20;

/** The packs in `directory`. `packBytes`: how much of them may stay in memory. */
export function packStore(directory: string, packBytes: number): PackStore {
  const packs = new Map<string, Pack>();
  const loaded = byteCache<string, Uint8Array>(packBytes, (pack) => pack.length, true);
  const bases: ByteCache<string, GitObject> = byteCache(keptObjects, ({ data }) => data.length);
  let closed = false;

  const locate = (name: ObjectName): { readonly pack: Pack; readonly offset: number } | undefined => {
    for (const pack of packs.values()) {
      const offset = pack.index.find(name);
      if (offset !== undefined) return { pack, offset };
    }
    return undefined;
  };
  const load = async ({ file, index }: Pack): Promise<Uint8Array> => {
    const held = loaded.get(file);
    if (held !== undefined) return held;
    const bytes = await readWhole(`${directory}/${file}.pack`);
    const end = (bytes?.length ?? 0) - 20;
    const sum = bytes?.subarray(end);
    if (
      bytes === undefined ||
      sum === undefined ||
      !equalBytes(sum, index.packChecksum) ||
      !equalBytes(sha1(bytes.subarray(0, end)), sum)
    ) {
      throw new DamagedCopy(file);
    }
    loaded.set(file, bytes);
    return bytes;
  };
  const guarded = async <T>(
    name: ObjectName,
    read: (bytes: Uint8Array, offset: number, pack: Pack) => T | Promise<T>,
  ): Promise<T | undefined> => {
    if (closed) throw new GoModKitError('closed', 'the repository was closed');
    const found = locate(name);
    if (found === undefined) return undefined;
    const bytes = await load(found.pack);
    try {
      return await read(bytes, found.offset, found.pack);
    } catch (error) {
      throw new DamagedCopy(`object ${digitsOf(name)}`, { cause: error });
    }
  };

  return {
    async refresh() {
      // A pack that is added while the directory is listed may not be in the list, and stays.
      const before = [...packs.keys()];
      const names = await listNames(directory);
      const present = new Set(
        names.filter((name) => /^pack-[0-9a-f]{40}\.idx$/.test(name)).map((name) => name.slice(0, -4)),
      );
      for (const file of before) if (!present.has(file)) packs.delete(file);
      for (const file of present) {
        if (packs.has(file)) continue;
        const bytes = await readWhole(`${directory}/${file}.idx`);
        const index = bytes && decodeIndex(bytes);
        if (index === undefined) throw new DamagedCopy(file);
        packs.set(file, { file, index });
      }
    },
    async add(pack, objects) {
      const sum = pack.subarray(pack.length - 20);
      const file = `pack-${hex(sum)}`;
      const index = encodeIndex(objects, sum);
      await writeWhole(`${directory}/${file}.pack`, [pack]);
      await writeWhole(`${directory}/${file}.idx`, [index]);
      const decoded = decodeIndex(index);
      if (decoded === undefined) throw new DamagedCopy(file);
      packs.set(file, { file, index: decoded });
      loaded.set(file, pack);
    },
    has: (name) => locate(name) !== undefined || digitsOf(name) === emptyTree,
    read: async (name) =>
      (await guarded(name, (bytes, offset, pack) => readObject(bytes, offset, pack, bases))) ??
      (digitsOf(name) === emptyTree ? { type: 'tree', data: new Uint8Array() } : undefined),
    describe: async (name) =>
      (await guarded(name, (bytes, offset, pack) => describeObject(bytes, offset, pack))) ??
      (digitsOf(name) === emptyTree ? { type: 'tree', size: 0 } : undefined),
    withPrefix: (digits) => {
      const found = new Map<string, ObjectName>();
      for (const { index } of packs.values())
        for (const name of index.withPrefix(digits)) found.set(digitsOf(name), name);
      return [...found.values()];
    },
    close() {
      closed = true;
      packs.clear();
      loaded.clear();
      bases.clear();
    },
  };
}

/** The offset of a delta's base, which indexPack found in the same pack. */
function baseOffset({ index }: Pack, base: number | ObjectName): number {
  const offset = typeof base === 'number' ? base : index.find(base);
  if (offset === undefined) throw new RangeError('a base is gone');
  return offset;
}

/** Gives way to others between deltas: a stranger's may be thousands of many megabytes each. */
async function readObject(
  bytes: Uint8Array,
  offset: number,
  pack: Pack,
  bases: ByteCache<string, GitObject>,
): Promise<GitObject> {
  const pause = createPause(undefined);
  const deltas: { readonly at: number; readonly delta: Uint8Array }[] = [];
  let at = offset;
  let object: GitObject | undefined;
  while (object === undefined) {
    object = bases.get(`${pack.file}:${at}`);
    if (object !== undefined) break;
    const head = readEntryHead(bytes, at);
    const { data } = inflateEntry(bytes, head);
    if (head.base === undefined) object = { type: head.type as ObjectType, data };
    else {
      deltas.push({ at, delta: data });
      at = baseOffset(pack, head.base);
    }
  }
  if (deltas.length > 0) bases.set(`${pack.file}:${at}`, object);
  for (const { at: place, delta } of deltas.reverse()) {
    object = { type: object.type, data: applyDelta(object.data, delta) };
    bases.set(`${pack.file}:${place}`, object);
    await pause.due();
  }
  return object;
}

function describeObject(bytes: Uint8Array, offset: number, pack: Pack): { type: ObjectType; size: number } {
  let size: number | undefined;
  for (let at = offset; ; ) {
    const head = readEntryHead(bytes, at);
    if (head.base === undefined) return { type: head.type as ObjectType, size: size ?? head.size };
    size ??= readDeltaHeader(inflateEntry(bytes, head).data).resultSize;
    at = baseOffset(pack, head.base);
  }
}
