// The memory of fake object stores: buckets with objects and unfinished uploads.
//
// Invariant: an object appears and disappears in one step; nobody sees a part of one.

import { createHash } from 'node:crypto';

/** A stored object. */
export interface BucketObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
  /** Another number for every object ever stored. */
  readonly generation: number;
  readonly contentType: string;
}

/** An upload in parts that is neither completed nor aborted. */
export interface OpenUpload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly contentType: string;
  /** By number. */
  readonly parts: Map<number, Uint8Array>;
}

/** A bucket. */
export class Bucket {
  readonly objects: Map<string, BucketObject> = new Map();
  readonly uploads: Map<string, OpenUpload> = new Map();
  #generation = 0;

  /** Stores an object, over another one if need be. */
  put(key: string, bytes: Uint8Array, contentType: string, etag: string = md5(bytes)): BucketObject {
    const object = {
      bytes,
      etag,
      modified: new Date(),
      generation: Date.now() * 1000 + ++this.#generation,
      contentType,
    };
    this.objects.set(key, object);
    return object;
  }

  /** Begins an upload. */
  begin(key: string, contentType: string): OpenUpload {
    const upload = { id: `upload-${++this.#generation}`, key, initiated: new Date(), contentType, parts: new Map() };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  /** Keys with a prefix, in the order of their bytes. */
  keys(prefix: string): string[] {
    const found = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
}

/** MD5 in hexadecimal, which is what entity tags of plain uploads are. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
