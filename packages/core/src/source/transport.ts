// How GOPROXY files are fetched, whatever lies beneath: http, https or a file tree.
//
// Invariants:
// - A transport rejects with `not_found`, `gone` or `denied` and a reason, with `limit_exceeded`, or with what went wrong on the way.
// - Its `name` and messages carry no credentials.

import type { CallOptions } from '../storage/storage.ts';
import type { SourceZip } from './source.ts';

/** What is fetched; each kind has a limit of its own. */
export type FetchKind = 'info' | 'latest' | 'list' | 'mod' | 'zip' | 'sumdb';

/** Largest acceptable answers in bytes, after decompression. */
export type UpstreamLimits = Readonly<Record<FetchKind, number>>;

/** The limits unless told otherwise. `mod` and `zip` are Go's own (spec §7). */
export const defaultLimits: UpstreamLimits = {
  info: 1 << 20,
  latest: 1 << 20,
  list: 16 << 20,
  mod: 16 << 20,
  zip: 500 << 20,
  sumdb: 1 << 20,
};

/** One file to fetch. */
export interface FetchRequest extends CallOptions {
  readonly kind: FetchKind;
  /** Below the base, escaped as Go escapes it, not percent-encoded: `example.com/!x/@v/v1.0.0.info`. */
  readonly target: string;
  /** What it is, for messages: `example.com/X@v1.0.0`. */
  readonly what: string;
}

/** Fetches files. */
export interface Transport {
  /** The base, for messages. */
  readonly name: string;
  /** A small answer, whole. */
  read(request: FetchRequest): Promise<Uint8Array>;
  /** A large answer as a stream that fails once it passes the limit. */
  open(request: FetchRequest): Promise<SourceZip>;
}
