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
  /** What else was asked for when it was stored: storage class, encryption, … under the names of the service. */
  readonly attributes: Attributes;
}

/** Properties of an object that the fakes keep and do not interpret. */
export type Attributes = Readonly<Record<string, string>>;

/** An upload in parts that is neither completed nor aborted. */
export interface OpenUpload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly contentType: string;
  readonly attributes: Attributes;
  /** By number, or by where they begin. */
  readonly parts: Map<number, Uint8Array>;
}

/** What is said of an object to be. */
export interface NewObject {
  readonly contentType: string;
  readonly attributes?: Attributes | undefined;
  /** Default: the MD5 of its bytes. */
  readonly etag?: string | undefined;
}

/** A bucket. */
export class Bucket {
  readonly objects: Map<string, BucketObject> = new Map();
  readonly uploads: Map<string, OpenUpload> = new Map();
  /** What became of uploads that were completed, by their ids. */
  readonly finished: Map<string, BucketObject> = new Map();
  #generation = 0;

  /** Stores an object, over another one if need be. */
  put(key: string, bytes: Uint8Array, { contentType, attributes = {}, etag = md5(bytes) }: NewObject): BucketObject {
    const object = {
      bytes,
      etag,
      modified: new Date(),
      generation: Date.now() * 1000 + ++this.#generation,
      contentType,
      attributes,
    };
    this.objects.set(key, object);
    return object;
  }

  /** Begins an upload. */
  begin(key: string, { contentType, attributes = {} }: NewObject): OpenUpload {
    const id = `upload-${++this.#generation}`;
    const upload = { id, key, initiated: new Date(), contentType, attributes, parts: new Map() };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  /** Keys with a prefix, in the order of their bytes. */
  keys(prefix: string): string[] {
    const found = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
}

/** MD5; in hexadecimal it is what entity tags of plain uploads are. */
export function md5(bytes: Uint8Array, form: 'hex' | 'base64' = 'hex'): string {
  return createHash('md5').update(bytes).digest(form);
}
