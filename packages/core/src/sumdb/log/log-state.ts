// What one process knows of a log: batches that it read, the edge that it derived, the head that was signed.
//
// Invariants:
// - Batches are taken in order without gaps; what is taken and not under a head yet is in the tail.
// - A head is created after everything that its tree derives is stored: tiles, entry bundles, lookup keys. So whoever finds a head
//   finds all of that, and starts from there.
// - Nothing is signed beside a larger stored head: that one is followed instead, batch by batch, and must be what the batches give.
//   So a size is signed by whoever comes first, and everybody who comes later has compared.
// - A step that fails changes nothing: it is done again from the same place.

import { equalBytes } from '../../bytes/utf8.ts';
import { isGoModKitError } from '../../errors/error.ts';
import type { Series, SeriesBatch } from '../../series/index.ts';
import { recordHash } from '../tlog/hash.ts';
import { Edge, rowWidth, tileWidth } from './edge.ts';
import { formatEntries } from './entries.ts';
import { formatHead, type Head, type HeadSigner, sameTree } from './head.ts';
import type { LogKeys } from './log-keys.ts';
import { type LogRecord, lookupObject } from './lookup.ts';
import { type DerivedObject, damaged, type StoredObjects } from './stored-objects.ts';
import type { LogTiles } from './tiles.ts';

/** A signed head with the edge of its tree. */
export interface SignedEdge {
  readonly head: Head;
  readonly edge: Edge;
}

/** What a {@link LogState} works with. */
export interface LogStateParts {
  readonly keys: LogKeys;
  readonly objects: StoredObjects;
  readonly series: Series<string>;
  readonly tiles: LogTiles;
  readonly signer: HeadSigner;
  /** The key under which a record is found, and which no second record has. */
  readonly keyOf: (text: string) => string | undefined;
}

/** How many records are derived at a time: bounds memory while an instance catches up. */
const derivedAtOnce = 4096;
/** How many records may wait for a head (a signer that fails) before appends are refused. */
const mostPending = 16 * derivedAtOnce;

/** The log as this process knows it. Calls must not overlap, but for {@link signed} and {@link fromTail}. */
export class LogState {
  readonly #parts: LogStateParts;
  /** All batches up to `#derivedBatch`. */
  #edge: Edge = new Edge();
  #derivedBatch = -1;
  #signed: SignedEdge | undefined;
  #opened = false;
  #pending: SeriesBatch<string>[] = [];
  #pendingRecords = 0;
  readonly #tail = new Map<string, LogRecord>();

  constructor(parts: LogStateParts) {
    this.#parts = parts;
  }

  /** The newest head that this process knows. */
  get signed(): SignedEdge | undefined {
    return this.#signed;
  }

  /** The number of the batch after the last that was taken. */
  get nextBatch(): number {
    return this.#derivedBatch + 1 + this.#pending.length;
  }

  /** A record that is in a batch and perhaps not in storage under its own key. */
  fromTail(key: string): LogRecord | undefined {
    return this.#tail.get(key);
  }

  /** Takes all batches that there are. Heads that cannot be signed at the moment do not matter, unless there are too many. */
  async catchUp(): Promise<void> {
    await this.#open();
    await this.#relieve();
    for await (const batch of this.#parts.series.read({ from: this.nextBatch })) {
      this.take(batch);
      await this.#relieve();
    }
  }

  /** Takes all batches, and signs them. */
  async refresh(): Promise<SignedEdge> {
    for (let before = -1; ; before = this.#edge.size) {
      await this.catchUp();
      await this.derive();
      if (this.#signed?.edge.size === this.#edge.size) return this.#signed;
      if (this.#edge.size === 0) return this.#sign(this.#edge, -1);
      // A head was seen whose batches were not there when the series was read; now they must be.
      if (this.#edge.size === before) throw damaged(this.#parts.keys.heads, 'counts batches that are not there');
    }
  }

  /** The batch that comes next. */
  take(batch: SeriesBatch<string>): void {
    const { keys, keyOf } = this.#parts;
    const first = this.#edge.size + this.#pendingRecords;
    if (batch.number !== this.nextBatch || batch.entries[0]?.index !== first) {
      throw damaged(`${keys.batches} ${batch.number}`, `begins with record ${batch.entries[0]?.index}, not ${first}`);
    }
    this.#pending.push(batch);
    this.#pendingRecords += batch.entries.length;
    for (const { index, value } of batch.entries) {
      const key = keyOf(value);
      if (key !== undefined && !this.#tail.has(key)) this.#tail.set(key, { number: index, text: value });
    }
  }

  /** Derives and signs what was taken. */
  async derive(): Promise<void> {
    while (this.#pending.length > 0) {
      const newest = await this.#newestHead();
      const followed = newest !== undefined && newest.size > this.#edge.size ? newest : undefined;
      const batches = this.#portion(followed);
      const last = (batches.at(-1) as SeriesBatch<string>).number;
      const { edge, objects } = this.#grow(batches);
      if (followed === undefined) {
        await this.#parts.objects.putAll(objects);
        await this.#sign(edge, last);
      } else if (followed.batch === last) {
        this.#follow(edge, followed);
      }
      this.#done(edge, batches);
    }
  }

  /** Derives before too much is in memory. */
  async #relieve(): Promise<void> {
    if (this.#pendingRecords < derivedAtOnce) return;
    try {
      await this.derive();
    } catch (error) {
      const forGood = isGoModKitError(error) && error.data.transient === false;
      if (forGood || this.#pendingRecords >= mostPending) throw error;
    }
  }

  async #open(): Promise<void> {
    if (this.#opened) return;
    const head = await this.#newestHead();
    if (head !== undefined) {
      const edge = await this.#load(head);
      this.#edge = edge;
      this.#derivedBatch = head.batch;
      this.#signed = { head, edge };
    }
    this.#opened = true;
  }

  /** The edge of a stored head: from the rows that were stored with it, and the records after the last full tile. */
  async #load(head: Head): Promise<Edge> {
    const { keys, tiles } = this.#parts;
    const { size } = head;
    const texts = size === 0 ? [] : await this.#lastRecords(head, rowWidth(size, 0));
    const rows = [texts.map(recordHash)];
    for (let l = 1; size >= tileWidth ** l; l++) {
      const w = rowWidth(size, l);
      rows.push(w === 0 ? [] : await tiles.edgeRow(l, Math.floor(size / tileWidth ** (l + 1)), w, {}));
    }
    const edge = new Edge(size, rows, texts);
    if (equalBytes(edge.tree().hash, head.hash)) return edge;
    throw damaged(keys.head(size), 'is of another tree than the stored batches and tiles are');
  }

  /** The last `count` records of a head. */
  async #lastRecords(head: Head, count: number): Promise<string[]> {
    const { keys, series } = this.#parts;
    const found: string[] = [];
    let end = head.size;
    for (let number = head.batch; number >= 0; number -= readBack) {
      const numbers = Array.from({ length: Math.min(readBack, number + 1) }, (_, i) => number - i);
      for (const batch of await Promise.all(numbers.map((each) => series.get(each)))) {
        const last = batch?.entries.at(-1);
        if (batch === undefined || last?.index !== end - 1) {
          throw damaged(keys.head(head.size), `counts ${head.size} records, which the stored batches do not have`);
        }
        found.unshift(...batch.entries.map(({ value }) => value));
        end -= batch.entries.length;
        if (found.length >= count) return found.slice(found.length - count);
      }
    }
    throw damaged(keys.head(head.size), `counts ${head.size} records, which the stored batches do not have`);
  }

  async #newestHead(): Promise<Head | undefined> {
    const { keys, objects } = this.#parts;
    const key = await objects.first(keys.heads);
    if (key === undefined) return undefined;
    const size = keys.headSize(key);
    if (size === undefined) throw damaged(key, 'is no head of its log');
    return size === this.#signed?.head.size ? this.#signed.head : this.#readHead(size);
  }

  async #readHead(size: number): Promise<Head> {
    const { keys, objects, signer } = this.#parts;
    const key = keys.head(size);
    const bytes = await objects.read(key);
    if (bytes === undefined) throw damaged(key, 'is listed and cannot be read');
    return signer.read(key, size, bytes);
  }

  /** The batches to derive next: those up to a head that is followed, else some. */
  #portion(followed: Head | undefined): readonly SeriesBatch<string>[] {
    if (followed !== undefined) {
      const count = Math.max(followed.batch - this.#derivedBatch, 1);
      return this.#pending.slice(0, count);
    }
    let records = 0;
    const end = this.#pending.findIndex(({ entries }) => {
      records += entries.length;
      return records >= derivedAtOnce;
    });
    return this.#pending.slice(0, end < 0 ? this.#pending.length : end + 1);
  }

  #grow(batches: readonly SeriesBatch<string>[]): { readonly edge: Edge; readonly objects: readonly DerivedObject[] } {
    const { keys, keyOf } = this.#parts;
    const edge = this.#edge.fork();
    const objects: DerivedObject[] = [];
    const listener = {
      tile: (tile: { l: number; n: number; w: number }, bytes: Uint8Array) =>
        void objects.push({ key: keys.tile(tile), bytes }),
      entries: (n: number, records: readonly string[]) =>
        void objects.push({ key: keys.entries(n), bytes: formatEntries(records) }),
    };
    for (const { index, value } of batches.flatMap(({ entries }) => entries)) {
      edge.push(value, listener);
      const key = keyOf(value);
      if (key !== undefined) objects.push(lookupObject(keys.lookup(key), { number: index, text: value }));
    }
    return { edge, objects };
  }

  /** Creates the head of `edge`, or takes the one that somebody else created first. */
  async #sign(edge: Edge, batch: number): Promise<SignedEdge> {
    const { keys, objects, signer } = this.#parts;
    const own = await signer.sign(edge.tree(), batch);
    const isNew = await objects.put({ key: keys.head(own.size), bytes: formatHead(own), accepts: () => true });
    // Signatures may differ from signer to signer: what was created first is served.
    const head = isNew ? own : await this.#readHead(own.size);
    this.#compare(edge, head, batch);
    this.#signed = { head, edge };
    return this.#signed;
  }

  #follow(edge: Edge, head: Head): void {
    this.#compare(edge, head, head.batch);
    this.#signed = { head, edge };
  }

  #compare(edge: Edge, head: Head, batch: number): void {
    const tree = edge.tree();
    if (head.batch === batch && sameTree(head, { size: Number(tree.size), hash: tree.hash })) return;
    throw damaged(this.#parts.keys.head(head.size), 'is of another tree than the stored batches are');
  }

  #done(edge: Edge, batches: readonly SeriesBatch<string>[]): void {
    this.#edge = edge;
    this.#derivedBatch += batches.length;
    this.#pending = this.#pending.slice(batches.length);
    for (const { entries } of batches) {
      this.#pendingRecords -= entries.length;
      for (const { index, value } of entries) {
        const key = this.#parts.keyOf(value);
        if (key !== undefined && this.#tail.get(key)?.number === index) this.#tail.delete(key);
      }
    }
  }
}

/** Batches read at once on the way back. */
const readBack = 16;
