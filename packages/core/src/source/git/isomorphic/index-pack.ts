// Checks a pack that a stranger sent, and makes its index.
//
// Invariants:
// - Every object is inflated, put together from its deltas and hashed here: an object has the name that its bytes give it, whatever the
//   server says. The pack's own checksum holds, it has the entries that it states, and nothing between or behind them.
// - Every delta's base is in the pack, and sizes stay below a limit before anything is inflated: a small pack cannot fill the memory.
// - It gives way to others every few milliseconds, and stops when its signal is aborted.

import { crc32, sha1 } from '#isomorphic-git';
import { equalBytes } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { byteString } from '../attributes/byte-string.ts';
import { byteCache } from './byte-cache.ts';
import { applyDelta, readDeltaHeader } from './delta.ts';
import { type GitObject, type ObjectName, objectHeader } from './object.ts';
import { type EntryHead, inflateEntry, readEntryHead } from './pack-entry.ts';
import type { IndexedObject } from './pack-index.ts';
import { createPause, type Pause } from './pause.ts';

/** Options of {@link indexPack}. */
export interface IndexPackOptions {
  /** What the pack is, for messages. */
  readonly what: string;
  /** Bytes of one object. */
  readonly objectBytes: number;
  readonly signal?: AbortSignal | undefined;
}

interface Entry {
  readonly head: EntryHead;
  readonly end: number;
  /** Its place in the pack, from 0. */
  readonly number: number;
  name: ObjectName | undefined;
}

const keptBytes = 32 * 2 ** 20;

/**
 * The objects of a pack in its order. Rejects with `upstream_invalid` where the pack is broken, `needs_git_engine` where an object is
 * larger than may be held in memory.
 */
export async function indexPack(pack: Uint8Array, options: IndexPackOptions): Promise<readonly IndexedObject[]> {
  try {
    return await new Indexer(pack, options).run();
  } catch (error) {
    if (error instanceof GoModKitError || options.signal?.aborted) throw error;
    throw broken(options.what, error);
  }
}

class Indexer {
  readonly #pack: Uint8Array;
  readonly #options: IndexPackOptions;
  readonly #pause: Pause;
  readonly #entries: Entry[] = [];
  readonly #byOffset = new Map<number, Entry>();
  /** By byte string, once a delta names its base: most packs give offsets. */
  #byName: Map<string, Entry> | undefined;
  #names: Uint8Array = new Uint8Array();
  readonly #kept = byteCache<number, GitObject>(keptBytes, ({ data }) => data.length);

  constructor(pack: Uint8Array, options: IndexPackOptions) {
    this.#pack = pack;
    this.#options = options;
    this.#pause = createPause(options.signal);
  }

  async run(): Promise<readonly IndexedObject[]> {
    await this.#readEntries();
    for (let missing = this.#unnamed(); missing.length > 0; ) {
      for (const entry of missing) {
        const object = this.#resolve(entry);
        if (object !== undefined) this.#nameEntry(entry, object);
        await this.#pause.due();
      }
      const left = this.#unnamed();
      if (left.length === missing.length) throw new RangeError('a delta has its base in no pack');
      missing = left;
    }
    return this.#entries.map(({ head, end, name }) => ({
      name: name as ObjectName,
      offset: head.offset,
      crc: crc32(this.#pack.subarray(head.offset, end)),
    }));
  }

  #unnamed(): readonly Entry[] {
    return this.#entries.filter(({ name }) => name === undefined);
  }

  async #readEntries(): Promise<void> {
    const pack = this.#pack;
    const view = new DataView(pack.buffer, pack.byteOffset, pack.length);
    const trailer = pack.length - 20;
    if (trailer < 12 || view.getUint32(0) !== 0x5041434b || view.getUint32(4) !== 2) throw new RangeError('no pack');
    if (!equalBytes(sha1(pack.subarray(0, trailer)), pack.subarray(trailer))) throw new RangeError('wrong checksum');
    const body = pack.subarray(0, trailer);
    const stated = view.getUint32(8);
    // An entry has a byte of head and at least eight of a zlib stream.
    if (stated * 9 > trailer) throw new RangeError('fewer entries than stated');
    this.#names = new Uint8Array(20 * stated);
    let at = 12;
    for (let count = stated; count > 0; count--) {
      const head = readEntryHead(body, at);
      this.#checkSize(head.size);
      const { data, end } = inflateEntry(body, head);
      const entry: Entry = { head, end, number: this.#entries.length, name: undefined };
      this.#entries.push(entry);
      this.#byOffset.set(at, entry);
      if (head.type !== undefined) this.#nameEntry(entry, { type: head.type, data });
      else this.#tryDelta(entry, data);
      at = end;
      await this.#pause.due();
    }
    if (at !== trailer) throw new RangeError('more entries than stated');
  }

  /** Most bases come shortly before what depends on them. */
  #tryDelta(entry: Entry, delta: Uint8Array): void {
    const base = this.#baseOf(entry);
    const object = base && this.#kept.get(base.head.offset);
    if (object !== undefined) this.#nameEntry(entry, { type: object.type, data: this.#apply(object.data, delta) });
  }

  #nameEntry(entry: Entry, object: GitObject): void {
    if (entry.name === undefined) {
      // In one array for all: each on its own would take ten times as much.
      entry.name = this.#names.subarray(20 * entry.number, 20 * entry.number + 20);
      entry.name.set(sha1(objectHeader(object.type, object.data.length), object.data));
      this.#byName?.set(byteString(entry.name), entry);
    }
    this.#kept.set(entry.head.offset, object);
  }

  #baseOf({ head }: Entry): Entry | undefined {
    if (typeof head.base === 'number') return this.#byOffset.get(head.base);
    this.#byName ??= new Map(this.#entries.flatMap((each) => (each.name ? [[byteString(each.name), each]] : [])));
    return this.#byName.get(byteString(head.base as Uint8Array));
  }

  /** Puts an object together, from the nearest of its bases that is at hand; undefined while a base has no name yet. */
  #resolve(entry: Entry): GitObject | undefined {
    const chain: Entry[] = [];
    let current: Entry | undefined = entry;
    let object: GitObject | undefined;
    while (object === undefined) {
      object = this.#kept.get(current.head.offset);
      if (object !== undefined) break;
      if (current.head.type !== undefined) {
        object = { type: current.head.type, data: inflateEntry(this.#pack, current.head).data };
        break;
      }
      chain.push(current);
      current = this.#baseOf(current);
      if (current === undefined) return undefined;
    }
    for (const each of chain.reverse()) {
      const delta = inflateEntry(this.#pack, each.head).data;
      object = { type: object.type, data: this.#apply(object.data, delta) };
      this.#nameEntry(each, object);
    }
    return object;
  }

  #apply(base: Uint8Array, delta: Uint8Array): Uint8Array {
    this.#checkSize(readDeltaHeader(delta).resultSize);
    return applyDelta(base, delta);
  }

  #checkSize(size: number): void {
    const { what, objectBytes: limit } = this.#options;
    if (size <= limit) return;
    const message = `${what}: an object of ${size} bytes is beyond what isomorphic-git may hold in memory, ${limit} bytes; the git program can`;
    throw new GoModKitError('needs_git_engine', message, { data: { limit } });
  }
}

function broken(what: string, cause: unknown): GoModKitError {
  const reason = cause instanceof RangeError ? cause.message : 'an object cannot be inflated';
  return new GoModKitError('upstream_invalid', `${what}: the pack is broken: ${reason}`, { cause });
}
