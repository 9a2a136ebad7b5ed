// The files of a bundle in the order in which they must come.
//
// Invariants:
// - A file is taken by the one name that it may have here; any other is `invalid_bundle` and named, be it unknown, early, late or there twice.
// - What is read into memory has a limit of its own, whatever the archive or the manifest say of sizes.

import { readAll } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';
import { type IncomingFile, invalidBundle, shown, TarReader } from './tar.ts';

/** Takes files one by one. */
export class BundleReader {
  readonly #tar: TarReader;
  #ahead: IncomingFile | undefined;
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>, options: CallOptions) {
    this.#tar = new TarReader(stream, options);
  }

  /** The name of the next file; undefined at the end. */
  async peek(): Promise<string | undefined> {
    if (this.#ahead === undefined && !this.#ended) {
      this.#ahead = await this.#tar.next();
      this.#ended = this.#ahead === undefined;
    }
    return this.#ahead?.name;
  }

  /** The next file, which must have this name and at most so many bytes. Its body must be used up before another one is taken. */
  async open(name: string, limit: number): Promise<IncomingFile> {
    const next = await this.peek();
    const file = this.#ahead;
    if (file === undefined) throw invalidBundle(`the bundle ends where ${shown(name)} must come`, { truncated: true });
    if (next !== name) {
      throw invalidBundle(`${shown(next ?? '')} stands where ${shown(name)} must come`, {
        entry: next,
        expected: name,
      });
    }
    if (file.size > limit) {
      throw new GoModKitError(
        'limit_exceeded',
        `${shown(name)} has ${file.size} bytes, more than the limit of ${limit}`,
        {
          data: { limit, entry: name },
        },
      );
    }
    this.#ahead = undefined;
    return file;
  }

  /** The bytes of the next file, which must have this name. */
  async take(name: string, limit: number): Promise<Uint8Array> {
    const { body } = await this.open(name, limit);
    return readAll(body, limit);
  }

  /** Rejects unless everything was taken. */
  async end(): Promise<void> {
    const name = await this.peek();
    if (name !== undefined)
      throw invalidBundle(`${shown(name)} comes after the last file of the manifest`, { entry: name });
  }

  close(reason: unknown): Promise<void> {
    return this.#tar.close(reason);
  }
}
