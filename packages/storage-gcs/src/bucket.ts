// The part of `@google-cloud/storage` that is used, as structural types: a `Bucket` of version 7 or 8 is one as it is.

import type { Readable } from 'node:stream';

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
  /** With version 7: the request, whose agent the SDK destroys when the body ends early. */
  readonly request?: { agent?: unknown } | undefined;
  on?(event: 'unpipe', listener: (source: Readable) => void): unknown;
}

/** Options of an upload. */
export interface GcsUploadOptions {
  readonly preconditionOpts: { readonly ifGenerationMatch: 0 };
  readonly metadata: Record<string, string | number>;
}

/** A request as it is, with the credentials of the SDK. */
export interface GcsRequest {
  readonly method: 'PUT' | 'DELETE';
  readonly uri: string;
  readonly headers: Record<string, string | number>;
  readonly body?: Buffer;
  readonly maxRetries: 0;
  /** Milliseconds. */
  readonly timeout: number;
}

/** An object, there or not. */
export interface GcsFileLike {
  createReadStream(options: {
    validation: 'crc32c' | false;
    decompress: false;
    start?: number;
    end?: number;
  }): Readable;
  save(
    data: Buffer,
    options: GcsUploadOptions & { readonly resumable: false; readonly validation: false },
  ): Promise<unknown>;
  /** Resolves to the URI of a session. */
  createResumableUpload(options: GcsUploadOptions): Promise<readonly [string, ...unknown[]]>;
  /** An answer that is no success is an error with the status as its `code` and the answer as its `response`. */
  request(request: GcsRequest, done: (error: unknown) => void): void;
  getMetadata(): Promise<readonly [GcsMetadata, ...unknown[]]>;
  delete(): Promise<unknown>;
  getSignedUrl(config: { version: 'v4'; action: 'read'; expires: number }): Promise<readonly [string]>;
}

/** A page of a listing: files, and where the next page begins, if there is one. */
export type GcsFilesPage = readonly [
  readonly { readonly name: string; readonly metadata: GcsMetadata }[],
  { readonly pageToken?: string | undefined } | null | undefined,
  ...unknown[],
];

/** A bucket. */
export interface GcsBucketLike {
  readonly name: string;
  /** `kmsKeyName`: the key that encrypts what is uploaded. */
  file(name: string, options?: { kmsKeyName?: string }): GcsFileLike;
  getFiles(query: {
    autoPaginate: false;
    prefix: string;
    maxResults: number;
    startOffset?: string;
    pageToken?: string;
  }): Promise<GcsFilesPage>;
}
