// Checks a pack that a stranger sent, and makes its index.
//
// Invariants:
// - Every object is inflated, put together from its deltas and hashed here: an object has the name that its bytes give it, whatever the
//   server says. The pack's own checksum holds, it has the entries that it states, and nothing between or behind them.
// - Every delta's base is in the pack, and sizes, the number of objects and the length of chains stay below limits before anything is
//   inflated: a small pack cannot fill the memory, and no object takes for ever to be put together.
// - It gives way to others every few milliseconds, between the deltas of one object too, and stops when its signal is aborted.

import { crc32, sha1 } from '#isomorphic-git';
import { equalBytes } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { byteString } from '../attributes/byte-string.ts';
import { byteCache } from '../byte-cache.ts';
import { applyDelta, readDeltaHeader } from './delta.ts';
import { type GitObject, type ObjectName, objectHeader } from './object.ts';
import { type EntryHead, inflateEntry, readEntryHead } from './pack-entry.ts';
import type { IndexedObject } from './pack-index.ts';
import { createPause, type Pause } from './pause.ts';

/** Options of {@link indexPack}. */
export interface IndexPackOptions {
  /** What the pack is, for messages. */
  readonly what: string;
  /** Bytes of one object, and, as each takes some hundred bytes more than it has in the pack, 64 times their number. */
  readonly objectBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Kept small, for there may be a million: heads and names are read again where they lie. */
interface Entry {
  readonly offset: number;
  readonly end: number;
  /** Its place in the pack, from 0. */
  readonly number: number;
  /** Deltas below it, once it has a name. */
  depth: number | undefined;
}

const keptBytes = 32 * 2 ** 20;
const bytesOfObject = 64;
/** Git makes no longer chains of deltas, whatever it is told. */
const maxDepth = 4095;

/**
 * The objects of a pack in its order. Rejects with `upstream_invalid` where the pack is broken, `needs_git_engine` where an object is
 * larger than may be held in memory, or there are too many of them.
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
  readonly #kept = byteCache<number, GitObject>(keptBytes, ({ data }) => data.length, true);

  constructor(pack: Uint8Array, options: IndexPackOptions) {
    this.#pack = pack;
    this.#options = options;
    this.#pause = createPause(options.signal);
  }

  async run(): Promise<readonly IndexedObject[]> {
    await this.#readEntries();
    for (let missing = this.#unnamed(); missing.length > 0; ) {
      for (const entry of missing) await this.#resolve(entry);
      const left = this.#unnamed();
      if (left.length === missing.length) throw new RangeError('a delta has its base in no pack');
      missing = left;
    }
    return this.#entries.map((entry) => ({
      name: this.#nameOf(entry),
      offset: entry.offset,
      crc: crc32(this.#pack.subarray(entry.offset, entry.end)),
    }));
  }

  #unnamed(): readonly Entry[] {
    return this.#entries.filter(({ depth }) => depth === undefined);
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
    this.#check(`${stated} objects are`, stated * bytesOfObject);
    this.#names = new Uint8Array(20 * stated);
    let at = 12;
    for (let count = stated; count > 0; count--) {
      const head = readEntryHead(body, at);
      this.#check(`an object of ${head.size} bytes is`, head.size);
      const { data, end } = inflateEntry(body, head);
      const entry: Entry = { offset: at, end, number: this.#entries.length, depth: undefined };
      this.#entries.push(entry);
      this.#byOffset.set(at, entry);
      if (head.type !== undefined) this.#nameEntry(entry, { type: head.type, data }, 0);
      else this.#tryDelta(entry, head, data);
      at = end;
      await this.#pause.due();
    }
    if (at !== trailer) throw new RangeError('more entries than stated');
  }

  /** Most bases come shortly before what depends on them. */
  #tryDelta(entry: Entry, head: EntryHead, delta: Uint8Array): void {
    const base = this.#baseOf(head);
    const object = base && this.#kept.get(base.offset);
    if (base?.depth === undefined || object === undefined) return;
    this.#nameEntry(entry, { type: object.type, data: this.#apply(object.data, delta) }, base.depth + 1);
  }

  #nameEntry(entry: Entry, object: GitObject, depth: number): void {
    if (depth > maxDepth) throw tooDeep();
    if (entry.depth === undefined) {
      entry.depth = depth;
      const name = this.#nameOf(entry);
      name.set(sha1(objectHeader(object.type, object.data.length), object.data));
      this.#byName?.set(byteString(name), entry);
    }
    this.#kept.set(entry.offset, object);
  }

  /** In one array for all: each on its own would take ten times as much. */
  #nameOf({ number }: Entry): ObjectName {
    return this.#names.subarray(20 * number, 20 * number + 20);
  }

  #baseOf({ base }: EntryHead): Entry | undefined {
    if (typeof base === 'number') return this.#byOffset.get(base);
    const named = (each: Entry): [string, Entry][] =>
      each.depth === undefined ? [] : [[byteString(this.#nameOf(each)), each]];
    this.#byName ??= new Map(this.#entries.flatMap(named));
    return this.#byName.get(byteString(base as Uint8Array));
  }

  /** Puts an object together and names it, from the nearest of its bases that is at hand; not while a base has no name yet. */
  async #resolve(entry: Entry): Promise<void> {
    await this.#pause.due();
    const chain: Entry[] = [];
    let current = entry;
    let object: GitObject | undefined;
    while (object === undefined) {
      object = this.#kept.get(current.offset);
      if (object !== undefined) break;
      const head = readEntryHead(this.#pack, current.offset);
      if (head.type !== undefined) {
        object = { type: head.type, data: inflateEntry(this.#pack, head).data };
        break;
      }
      if (chain.push(current) > maxDepth) throw tooDeep();
      const base = this.#baseOf(head);
      if (base === undefined) return;
      current = base;
    }
    let depth = current.depth ?? 0;
    for (const each of chain.reverse()) {
      const delta = inflateEntry(this.#pack, readEntryHead(this.#pack, each.offset)).data;
      object = { type: object.type, data: this.#apply(object.data, delta) };
      this.#nameEntry(each, object, ++depth);
      await this.#pause.due();
    }
  }

  #apply(base: Uint8Array, delta: Uint8Array): Uint8Array {
    const { resultSize } = readDeltaHeader(delta);
    this.#check(`an object of ${resultSize} bytes is`, resultSize);
    return applyDelta(base, delta);
  }

  #check(what: string, bytes: number): void {
    const { what: pack, objectBytes: limit } = this.#options;
    if (bytes <= limit) return;
    const message = `${pack}: ${what} beyond what isomorphic-git may hold in memory, ${limit} bytes; the git program can`;
    throw new GoModKitError('needs_git_engine', message, { data: { limit } });
  }
}

function tooDeep(): RangeError {
  return new RangeError(`more than ${maxDepth} deltas for one object`);
}

function broken(what: string, cause: unknown): GoModKitError {
  const reason = cause instanceof RangeError ? cause.message : 'an object cannot be inflated';
  return new GoModKitError('upstream_invalid', `${what}: the pack is broken: ${reason}`, { cause });
}
