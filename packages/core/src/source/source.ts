// Where modules come from.
//
// Invariants that every ModuleSource keeps:
// - `not_found` and `gone` mean "the module or version is not there", with the reason; any other rejection means "could not find out".
// - Paths and versions are unescaped; callers have checked that they are valid (spec §1).
// - Answers are validated for shape by whoever speaks to the outside; the repository checks content before it stores anything.

import type { CallOptions } from '../storage/storage.ts';

/** Where a version came from, as the `Origin` member of `.info` (spec §6.11). Members are kept as the source gave them. */
export interface Origin {
  readonly VCS?: string | undefined;
  readonly URL?: string | undefined;
  readonly Subdir?: string | undefined;
  /** Full commit hash. */
  readonly Hash?: string | undefined;
  readonly TagPrefix?: string | undefined;
  readonly TagSum?: string | undefined;
  readonly Ref?: string | undefined;
  readonly RepoSum?: string | undefined;
  readonly [member: string]: unknown;
}

/** A canonical version with what is known about it. */
export interface VersionInfo {
  /** Canonical, fits the path. */
  readonly version: string;
  /** RFC 3339, as the source gave it; absent when the source named none. */
  readonly time?: string | undefined;
  readonly origin?: Origin | undefined;
}

/** Options of calls about a version. */
export interface VersionOptions extends CallOptions {
  /** A hint that the version's zip will be asked for next: a source may then fetch at once what that takes. */
  readonly zipFollows?: boolean | undefined;
}

/** Options of calls that name a version whose `.info` may be stored already. */
export interface PinnedOptions extends VersionOptions {
  /** From the stored `.info`. A source that has a commit hash there uses that commit or rejects with `conflict`. */
  readonly origin?: Origin | undefined;
}

/** A zip on its way: one-shot. Read `body` to its end or cancel it. */
export interface SourceZip {
  /** Length in bytes, where the source announces one. */
  readonly size?: number | undefined;
  readonly body: ReadableStream<Uint8Array>;
}

/** Where modules come from. */
export interface ModuleSource {
  /** Tagged versions, unsorted, no pseudo-versions; empty when the module exists without any. */
  versions(path: string, options?: CallOptions): Promise<readonly string[]>;
  /** Branch, tag, commit prefix, "latest", "v1", "v1.2" or a version → canonical version with its time and origin. */
  resolve(path: string, query: string, options?: VersionOptions): Promise<VersionInfo>;
  /** The bytes of go.mod for a canonical version. */
  goMod(path: string, version: string, options?: PinnedOptions): Promise<Uint8Array>;
  /** The module zip of a canonical version. */
  zip(path: string, version: string, options?: PinnedOptions): Promise<SourceZip>;
}

/** A source of checksum database answers, passed through byte for byte (spec §10.24–10.28). */
export interface SumdbSource {
  /**
   * `path` is what follows `/sumdb/DATABASE/`: `supported`, `latest`, `lookup/…` or `tile/…`, escaped as on the wire. Rejects with
   * `not_found` when there is no such record or this source serves no such database.
   */
  sumdb(database: string, path: string, options?: CallOptions): Promise<Uint8Array>;
}
