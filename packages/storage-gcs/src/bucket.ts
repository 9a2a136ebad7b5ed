// The part of `@google-cloud/storage` that is used, as structural types: a `Bucket` of version 7 or 8 is one as it is.

import type { Readable, Writable } from 'node:stream';

/** What the service says of an object. */
export interface GcsMetadata {
  readonly size?: string | number | undefined;
  readonly generation?: string | number | undefined;
  /** RFC 3339. */
  readonly updated?: string | undefined;
}

/** The answer behind a read stream. */
export interface GcsResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Options of an upload. */
export interface GcsUploadOptions {
  readonly resumable: boolean;
  readonly validation: false;
  readonly chunkSize?: number;
  readonly preconditionOpts: { readonly ifGenerationMatch: 0 };
  readonly metadata: Record<string, string | number>;
  readonly kmsKeyName?: string;
}

/** An object, there or not. */
export interface GcsFileLike {
  createReadStream(options: {
    validation: 'crc32c' | false;
    decompress: false;
    start?: number;
    end?: number;
  }): Readable;
  createWriteStream(options: GcsUploadOptions): Writable;
  save(data: Buffer, options: GcsUploadOptions): Promise<unknown>;
  getMetadata(): Promise<readonly [GcsMetadata, ...unknown[]]>;
  delete(): Promise<unknown>;
  getSignedUrl(config: { version: 'v4'; action: 'read'; expires: number }): Promise<readonly [string]>;
}

/** A page of a listing: files, and where the next page begins, if there is one. */
export type GcsFilesPage = readonly [
  readonly { readonly name: string; readonly metadata: GcsMetadata }[],
  object | null,
  ...unknown[],
];

/** A bucket. */
export interface GcsBucketLike {
  readonly name: string;
  file(name: string): GcsFileLike;
  getFiles(query: {
    autoPaginate: false;
    prefix: string;
    maxResults: number;
    startOffset?: string;
  }): Promise<GcsFilesPage>;
}
