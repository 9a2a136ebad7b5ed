// The fast half of a tiered storage: a shelf of whole objects, bounded in bytes, that may fail in any way.
//
// Invariants:
// - A place on the shelf is named by key and entity tag together: other bytes under the same key are at another place, so nothing on it is
//   ever stale.
// - Nothing here rejects but for an aborted call: failures are reported, and the object counts as not there. What is counted was not deleted.
// - An aborted call stops waiting at once, also for a storage that does not react.
// - One fill at a time, so that room is made for it once. Few objects are in memory meanwhile; more are not kept.

import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { orAborted } from './plugin.ts';
import type { CallOptions, GetOptions, ObjectInfo, Storage } from './storage.ts';

/** How big a {@link Shelf} is, and who hears of its failures. */
export interface ShelfOptions {
  readonly fastBytes: number;
  readonly onError: (error: unknown) => void;
}

const folder = 'objects/';
/** Objects that may be in memory on their way to the shelf. */
const maxTaken = 8;

/** Keeps objects of the slow storage in `fast`. */
export class Shelf {
  readonly #fast: Storage;
  readonly #options: ShelfOptions;
  readonly #stop = new AbortController();
  /** Sizes by place, the longest unused first. */
  readonly #sizes = new Map<string, number>();
  /** What is being collected or waits to be filled in. */
  readonly #taken = new Set<string>();
  #bytes = 0;
  #isCounted = false;
  #last: Promise<void> = Promise.resolve();

  constructor(fast: Storage, options: ShelfOptions) {
    this.#fast = fast;
    this.#options = options;
  }

  /** The bytes of an object that is as the slow storage describes it. */
  async open(info: ObjectInfo, { range, signal }: GetOptions): Promise<ReadableStream<Uint8Array> | undefined> {
    const place = placeOf(info);
    const wasCounted = this.#sizes.has(place);
    const opening = (async () => this.#fast.get(place, { range, signal }))();
    try {
      const found = await orAborted(opening, signal);
      if (found?.size === info.size) {
        this.#use(place, info.size);
        return found.body;
      }
      await found?.body.cancel();
      if (found !== undefined) void this.drop(info);
      // What was put there meanwhile stays counted.
      else if (wasCounted) this.#forget(place);
    } catch (error) {
      opening.then((late) => late?.body.cancel()).catch(() => {});
      signal?.throwIfAborted();
      this.#report(error);
    }
    return undefined;
  }

  /** Whether the bytes of an object should be collected; then {@link keep} or {@link pass} is called once. */
  wants(info: ObjectInfo): boolean {
    const place = placeOf(info);
    if (info.size > this.#options.fastBytes || this.#taken.size >= maxTaken || this.#stop.signal.aborted) return false;
    if (this.#taken.has(place)) return false;
    this.#taken.add(place);
    return true;
  }

  /** The bytes did not come, or are wanted no more. */
  pass(info: ObjectInfo): void {
    this.#taken.delete(placeOf(info));
  }

  /** Puts an object on the shelf, some time. */
  keep(info: ObjectInfo, bytes: Uint8Array): void {
    const place = placeOf(info);
    this.#last = this.#last
      .then(() => orAborted(this.#fill(place, bytes), this.#stop.signal))
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#taken.delete(place));
  }

  /** Takes an object from the shelf, and off its way there. */
  async drop(info: ObjectInfo, { signal }: CallOptions = {}): Promise<void> {
    this.pass(info);
    try {
      await orAborted(this.#remove(placeOf(info)), signal);
    } catch (error) {
      signal?.throwIfAborted();
      this.#report(error);
    }
  }

  /** An object on the shelf broke off: it makes room for another try. */
  fail(info: ObjectInfo, error: unknown): void {
    this.#report(error);
    void this.drop(info);
  }

  /** Resolves when what waits is on the shelf. */
  idle(): Promise<void> {
    return this.#last;
  }

  /** Ends what is under way and closes the storage. */
  async close(): Promise<void> {
    this.#stop.abort(new GoModKitError('closed', 'the storage is closed'));
    await this.#last;
    await this.#fast.close?.();
  }

  async #fill(place: string, bytes: Uint8Array): Promise<void> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    if (!this.#isCounted) await this.#count();
    this.#isCounted = true;
    for (const [oldest, size] of this.#sizes) {
      if (this.#bytes + bytes.length <= this.#options.fastBytes) break;
      // Without a way to make room, what is there stays.
      if (this.#fast.delete === undefined) return;
      // To the end first: what cannot be deleted is tried again after all others.
      this.#use(oldest, size);
      await this.#remove(oldest);
    }
    if (!this.#taken.has(place)) return;
    await this.#fast.create(place, bytesSource(bytes), { signal });
    this.#use(place, bytes.length);
    // Dropped while it was written.
    if (!this.#taken.has(place)) await this.#remove(place);
  }

  /** What an earlier process left, the oldest first. */
  async #count(): Promise<void> {
    const found: ObjectInfo[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#fast.list({ prefix: folder, after, signal: this.#stop.signal });
      found.push(...page.objects);
      after = page.objects.at(-1)?.key;
      if (!page.more || after === undefined) break;
    }
    found.sort((a, b) => a.modified.getTime() - b.modified.getTime());
    const used = [...this.#sizes];
    for (const { key, size } of found) this.#use(key, size);
    for (const [key, size] of used) this.#use(key, size);
  }

  async #remove(place: string): Promise<void> {
    if (this.#fast.delete === undefined) return;
    await this.#fast.delete(place);
    this.#forget(place);
  }

  #use(place: string, size: number): void {
    this.#forget(place);
    this.#sizes.set(place, size);
    this.#bytes += size;
  }

  #forget(place: string): void {
    this.#bytes -= this.#sizes.get(place) ?? 0;
    this.#sizes.delete(place);
  }

  #report(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    try {
      this.#options.onError(error);
    } catch {
      // A failing logger must not fail a read.
    }
  }
}

function placeOf({ key, etag }: ObjectInfo): string {
  const name = hex(sha256(encodeUtf8(`${etag}\n${key}`)));
  return `${folder}${name.slice(0, 2)}/${name}`;
}
