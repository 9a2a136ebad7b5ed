// The one seam between gomodkit and whatever keeps its bytes. Four methods, one primitive: create-if-absent.
//
// Invariants that every Storage keeps and the conformance suite checks:
// - An object is absent or whole. No reader ever sees a part of one, whatever is killed or aborted when.
// - An object never changes. create() of a present key is `created: false`, not an error and not a write.
// - Of N concurrent creates of one key at most one resolves `created: true`.
// - Once create() resolved, every later get, head and list sees the object (read-your-creates).
// - Keys are checked against the grammar of key.ts before any I/O.
// - A fault throws; a lost race does not.

import type { ByteSource } from '../bytes/source.ts';

/** Options that every call takes. */
export interface CallOptions {
  /** Cancels the call: it rejects with the signal's reason and releases what it holds. */
  readonly signal?: AbortSignal | undefined;
}

/** What a storage knows about an object without reading it. */
export interface ObjectInfo {
  readonly key: string;
  /** Length in bytes. */
  readonly size: number;
  /** A strong validator of the stored bytes, unquoted: other bytes under this key would have another one. */
  readonly etag: string;
  /** When it was created. */
  readonly modified: Date;
}

/** An object opened for reading. Read `body` to its end or cancel it. */
export interface StoredObject extends ObjectInfo {
  /** Half-open: what `body` carries. */
  readonly range: { readonly start: number; readonly end: number };
  /** Pull-driven. `cancel()` releases file handles and sockets. */
  readonly body: ReadableStream<Uint8Array>;
}

/** Options of {@link Storage.get}. */
export interface GetOptions extends CallOptions {
  /** Half-open byte range; an `end` past the object's end (or none) means its end. */
  readonly range?: { readonly start: number; readonly end?: number | undefined } | undefined;
}

/** Options of {@link Storage.create}. */
export interface CreateOptions extends CallOptions {
  /** A hint for backends that keep one. */
  readonly contentType?: string | undefined;
}

/** Options of {@link Storage.list}. */
export interface ListOptions extends CallOptions {
  /** Only keys that begin with this string, which need not end at a `/`. */
  readonly prefix?: string | undefined;
  /** Only keys strictly after this one, which need not exist. */
  readonly after?: string | undefined;
  /** At most this many objects (a page may hold fewer). Default 1,000. */
  readonly limit?: number | undefined;
}

/** Options of {@link Storage.signedUrl}. */
export interface SignedUrlOptions extends CallOptions {
  /** Seconds for which a download may begin, a whole number from 1 to 604,800. Default 900. */
  readonly expiresIn?: number | undefined;
}

/** One page of a listing. */
export interface ListPage {
  readonly objects: readonly ObjectInfo[];
  /** Whether keys after the last one here may exist. A page with `more` is never empty. */
  readonly more: boolean;
}

/**
 * Where modules are kept. Write one for any backend that can create an object only if it is absent; check yours with
 * `@gomodkit/core/storage/conformance`.
 *
 * A backend that cannot create conditionally rejects with `unsupported`; check-then-put is never an answer. Faults reject with
 * `storage_unavailable`.
 */
export interface Storage {
  /**
   * Opens an object; undefined when absent. Rejects with `range_not_satisfiable` when `range.start >= size > 0`. The signal also ends
   * a body that is still being read: its next read rejects with the reason.
   */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;
  /** Describes an object; undefined when absent. */
  head(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /**
   * Write-once. Resolves after the whole object is durable and visible; when it rejects, nothing is visible. Never overwrites.
   * After an internal retry `created: false` may mean that our own earlier attempt won, so callers compare content, never assume.
   * Rejects with `invalid_argument` when the source delivers another number of bytes than its `size`.
   */
  create(key: string, source: ByteSource, options?: CreateOptions): Promise<{ readonly created: boolean }>;
  /** Keys in UTF-8 byte order. Objects whose create() resolved before the call are included. */
  list(options?: ListOptions): Promise<ListPage>;
  /** Optional: retention and reclaiming leftovers. An absent key is no error. */
  delete?(key: string, options?: CallOptions): Promise<void>;
  /** Optional: removes what interrupted creates left behind if older than this; resolves to how many. */
  sweep?(options: { readonly olderThan: Date } & CallOptions): Promise<number>;
  /**
   * Optional: an absolute https (or http) URL from which whoever has it can GET the whole object, with ranges, and needs nothing else: no
   * header, no cookie. It ends `expiresIn` seconds after the call, or earlier where the credentials behind it end, and names only this
   * object. Whether the object is there is not looked at. Rejects with `invalid_argument` for a time that
   * is none, `unsupported` where these credentials cannot sign.
   */
  signedUrl?(key: string, options?: SignedUrlOptions): Promise<string>;
  /** Optional: releases handles. Idempotent. Later calls reject with `closed`; a body that is open already can be read on. */
  close?(): Promise<void>;
}
