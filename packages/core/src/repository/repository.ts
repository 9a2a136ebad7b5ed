// The engine between sources, storage and whoever asks: types of its surface.
//
// Invariants that every Repository keeps:
// - Nothing is stored or served before it was fetched whole, checked and hashed (DESIGN §3, publication).
// - The first capture of a version stays served for ever; other bytes are a conflict.
// - A version exists when its `.info` exists; no `.mod` is served without it.
// - Versions that are withdrawn or that a policy denies are named by no list, `latest` or query; their `.mod` stays readable.

import type { ModuleVersion } from '../module/index.ts';
import type { VersionInfo } from '../source/source.ts';
import type { CallOptions, GetOptions, SignedUrlOptions, StoredObject } from '../storage/storage.ts';
import type { AuditEvent, AuditOptions, AuditReport } from './audit/audit.ts';
import type { CaptureEvent, CaptureReport, ClosureOptions, Wanted } from './capture/types.ts';
import type { IndexOptions, IndexPage } from './index-feed/types.ts';
import type { PublishContent, Published, PublishOptions } from './publish/index.ts';
import type { ReinstateRequest, Withdrawal, WithdrawalRecord, WithdrawRequest } from './withdrawal/index.ts';

/** A module at a version, or a module alone. */
export interface PolicySubject {
  readonly path: string;
  readonly version: string;
  /**
   * Commit time, where known. In lists it costs an `.info` per version and is looked up only if the policy reads it: such a policy is
   * then asked a second time.
   */
  readonly time?: Date | undefined;
}

/** What a {@link Policy} says of a version. */
export type PolicyDecision =
  | { readonly allow: true }
  | {
      readonly allow: false;
      /** The policy's name, shown to the user. */
      readonly policy: string;
      readonly reason: string;
      /** When it ends, for example a cool-down. */
      readonly until?: Date | undefined;
    };

/**
 * Decides about versions. Asked for every answer about one, `.mod` excepted, and for every version of a list, so it should be quick; a
 * rejection counts as "could not find out". Never asked about versions that do not exist.
 *
 * @example
 * ```ts
 * import type { Policy } from '@gomodkit/core';
 *
 * const week = 7 * 24 * 3600 * 1000;
 * const coolDown: Policy = ({ time }) => {
 *   const until = new Date((time?.getTime() ?? 0) + week);
 *   if (until.getTime() <= Date.now()) return { allow: true };
 *   return { allow: false, policy: 'cool-down', reason: 'released less than a week ago', until };
 * };
 * ```
 */
export type Policy = (subject: PolicySubject) => PolicyDecision | Promise<PolicyDecision>;

/** Options of calls that may need a source. */
export interface ReadOptions extends CallOptions {
  /** `true`: answer from storage alone (`Disable-Module-Fetch`); what is missing rejects with `not_found`, "temporarily unavailable". */
  readonly cachedOnly?: boolean | undefined;
}

/** A small answer with its validators. */
export interface RepositoryFile {
  readonly bytes: Uint8Array;
  /** Strong, unquoted, made from the bytes. */
  readonly etag: string;
  /** When it was captured; absent for answers that may change. */
  readonly modified?: Date | undefined;
}

/** `.info` of a version or query. */
export interface InfoFile extends RepositoryFile {
  readonly info: VersionInfo;
  /** Whether the request named this very version, so that the answer never changes; `false` for branches, `v1` and the like. */
  readonly immutable: boolean;
}

/** A stored module zip: metadata now, bytes on demand. */
export interface ZipFile {
  readonly size: number;
  /** Strong, unquoted, from the stored bytes. */
  readonly etag: string;
  readonly modified: Date;
  /** `h1:` sum where known without reading the zip. */
  readonly h1?: string | undefined;
  /** Its key in storage, which is its path in a GOPROXY file tree: `example.com/m/@v/v1.0.0.zip`. */
  readonly key: string;
  /**
   * Opens the bytes, or a range of them. Rejects with `range_not_satisfiable`, and with `storage_unavailable` (`data.transient`) when
   * retention removed them meanwhile: then `zip()` captures them again.
   */
  open(options?: GetOptions): Promise<StoredObject>;
  /** Rejects as `open` does where these bytes are not in storage any more; for those who send others there. */
  checkPresent(options?: CallOptions): Promise<void>;
  /** {@link Storage.signedUrl} of the zip, where the storage has it. Does not look whether the zip is still there. */
  readonly signedUrl?: ((options?: SignedUrlOptions) => Promise<string>) | undefined;
}

/** What happens inside a repository, for logs, metrics and the center. Best effort; durable facts are keys in storage. */
export type RepositoryEvent =
  | { readonly type: 'hit' | 'miss'; readonly kind: FileKind; readonly path: string; readonly version: string }
  | {
      readonly type: 'fetch';
      readonly kind: FileKind;
      readonly path: string;
      readonly version: string;
      readonly bytes: number;
      readonly milliseconds: number;
    }
  | {
      readonly type: 'publish';
      readonly kind: 'info' | 'zip';
      readonly path: string;
      readonly version: string;
      readonly h1?: string | undefined;
    }
  | {
      readonly type: 'conflict';
      readonly kind: FileKind;
      readonly path: string;
      readonly version: string;
      readonly stored: string;
      readonly offered: string;
    }
  | {
      /** A version that the checksum database does not know was let through, as the options say. */
      readonly type: 'unverified';
      readonly kind: 'mod' | 'zip';
      readonly path: string;
      readonly version: string;
      readonly database: string;
    }
  | {
      readonly type: 'refusal';
      readonly kind: FileKind;
      readonly path: string;
      readonly version: string;
      readonly error: Error;
    }
  | WithdrawalRecord;

/** The kinds of answers a repository gives about a module. */
export type FileKind = 'list' | 'latest' | 'info' | 'mod' | 'zip';

/**
 * Modules, captured once and served for ever. Paths and versions are unescaped; malformed ones reject with `invalid_path` or
 * `invalid_version` before any storage or source is asked.
 *
 * All calls reject with `not_found` or `gone` for what the source does not have, `offline` for what storage does not have where nothing
 * else may be asked, `denied` where a policy or the source forbids it, `upstream_unavailable`, `upstream_timeout` or `upstream_invalid`
 * where the source failed or lied, `invalid_go_mod`, `invalid_zip`, `limit_exceeded` or `checksum_mismatch` for content that is
 * refused, `conflict` where the first capture is another one, `storage_unavailable`, `closed`, or the signal's reason.
 */
export interface Repository {
  /** Tagged versions, sorted by {@link https://go.dev/ref/mod#versions | semver}: the lines of `@v/list`. */
  versions(path: string, options?: ReadOptions): Promise<readonly string[]>;
  /** What `@latest` answers: the highest release, else pre-release, else what the source calls latest (spec §4.16). */
  latest(path: string, options?: ReadOptions): Promise<InfoFile>;
  /** A version, branch, tag, commit prefix, `v1` or `v1.2`. */
  info(path: string, query: string, options?: ReadOptions): Promise<InfoFile>;
  /** go.mod of a canonical version. */
  goMod(path: string, version: string, options?: ReadOptions): Promise<RepositoryFile>;
  /** The zip of a canonical version, captured first if need be. */
  zip(path: string, version: string, options?: ReadOptions): Promise<ZipFile>;
  /**
   * Publishes a version from a directory, files or a zip, with or without a source, under the rules by which the go command would have
   * made and would accept it. The first one wins: publishing the same content again resolves with `created: false`, other content
   * rejects with `conflict` and both sums. Where the repository verifies with a checksum database, so is this: what the database disproves
   * (`checksum_mismatch`), and what is not private and unknown to it (`not_found`), would not be served either.
   *
   * Rejects with `invalid_path`, `invalid_version`, `invalid_go_mod`, `invalid_zip` or `limit_exceeded` for what cannot be a version,
   * `invalid_argument` for a bad time or directory, `denied` for a version that is withdrawn, `conflict`, `storage_unavailable`.
   *
   * @example
   * ```ts
   * import type { Repository } from '@gomodkit/core';
   *
   * async function release(repository: Repository, directory: string): Promise<string> {
   *   const module = { path: 'corp.example.com/m', version: 'v1.2.3' };
   *   const { sums } = await repository.publish(module, { directory }, { time: '2026-01-02T15:04:05Z' });
   *   return sums.zip;
   * }
   * ```
   */
  publish(module: ModuleVersion, content: PublishContent, options?: PublishOptions): Promise<Published>;
  /**
   * Withdraws a version, or with version `*` a module, stored or not: from when this resolves in this process, and within twice
   * `withdrawals.pollInterval` in all others, it is named by no list, `latest` or query, and its `.info` and `.zip` are refused with the
   * reason and the date: `denied` for `block`, `gone` for `gone`. `.mod` stays readable unless `goMod` says otherwise. Nothing is deleted.
   *
   * Rejects with `invalid_path`, `invalid_version`, `invalid_argument` for a missing or unprintable reason or author, `storage_unavailable`.
   */
  withdraw(request: WithdrawRequest, options?: CallOptions): Promise<Withdrawal>;
  /** Takes a withdrawal back. Rejects as {@link Repository.withdraw} does, and with `not_found` where there is none. */
  reinstate(request: ReinstateRequest, options?: CallOptions): Promise<void>;
  /** What is withdrawn now, sorted as go.sum is. */
  withdrawals(options?: CallOptions): Promise<readonly Withdrawal[]>;
  /** Every withdrawal and reinstatement there ever was, oldest first. */
  withdrawalHistory(options?: CallOptions): AsyncGenerator<WithdrawalRecord>;
  /**
   * A page of the index: every version that was published here, once, in the order of publication (formats.md §3). What this process
   * has published is in it; what others have, and what a crash cut off, follows within seconds. A version that an audit purged and that
   * is captured again is published again.
   *
   * The first call on a storage that was filled before there was an index waits until its versions are entered. Without a source and
   * without publications of its own the repository only reads.
   *
   * A page costs one read per batch that it shows (at most 4,000, and 100,000 entries), and log₂ of all batches for `since`. Rejects
   * with `invalid_argument` (`data.option`) for options that make no sense.
   *
   * @example
   * ```ts
   * import type { IndexEntry, Repository } from '@gomodkit/core';
   *
   * export async function* follow(repository: Repository, cursor?: string): AsyncGenerator<IndexEntry> {
   *   for (;;) {
   *     const page = await repository.index({ cursor, prefix: 'corp.example.com' });
   *     yield* page.entries;
   *     cursor = page.cursor;
   *     if (!page.more) await new Promise((resolve) => setTimeout(resolve, 10_000));
   *   }
   * }
   * ```
   */
  index(options?: IndexOptions): Promise<IndexPage>;
  /**
   * Enters stored versions that the index lacks, such as files that were copied into the storage by hand; resolves to how many. Needed
   * by nothing that goes through a repository. Lists the whole storage and reads the whole index.
   */
  rebuildIndex(options?: CallOptions): Promise<number>;
  /**
   * Captures modules with all they depend on, so that they build without any network: `.info` and `.mod` of every version in their
   * graphs, `.zip` of what is selected with each as main module and as a dependency (see {@link ClosureOptions} for more).
   *
   * Nothing happens before the events are read; they end with `done`, whose report is also returned. What is stored already is not
   * fetched again, so the same call completes what was interrupted. What is refused stands in events and report, and stops nothing
   * else. Rejects with `invalid_argument`, `invalid_path` or `invalid_go_mod` for a wish that makes no sense, with
   * `storage_unavailable` when the storage fails again and again, with `closed`, and with the signal's reason. Who stops reading stops the
   * capture.
   *
   * @example
   * ```ts
   * import type { Repository } from '@gomodkit/core';
   *
   * async function preheat(repository: Repository): Promise<void> {
   *   for await (const event of repository.capture(['rsc.io/quote@latest', 'golang.org/x/mod@v0']))
   *     if (event.type === 'refused') console.warn(event.path, event.version, event.reason);
   * }
   * ```
   */
  capture(
    wanted: Wanted | readonly Wanted[],
    options?: ClosureOptions,
  ): AsyncGenerator<CaptureEvent, CaptureReport, void>;
  /** Writes (not offline), reads and lists through the storage; resolves to what failed, by step. Empty when all is well. */
  checkStorage(options?: CallOptions): Promise<readonly { readonly step: string; readonly error: Error }[]>;
  /**
   * Reads everything that is stored, or a part, and tells what is not as it must be; returns counts. Events come while it goes on, and
   * can be left at any time: iterate to its end for the report. Rejects with `invalid_argument` for options that make no sense,
   * `unsupported` where the storage cannot delete what is to be purged or removed, `storage_unavailable` where it cannot be listed.
   *
   * @example
   * ```ts
   * import type { Repository } from '@gomodkit/core';
   *
   * async function damage(repository: Repository): Promise<string[]> {
   *   const found: string[] = [];
   *   for await (const event of repository.audit({ prefix: 'example.com/' }))
   *     if (event.type === 'finding' && event.severity === 'damage') found.push(`${event.key}: ${event.detail}`);
   *   return found;
   * }
   * ```
   */
  audit(options?: AuditOptions): AsyncGenerator<AuditEvent, AuditReport, void>;
  /** Calls `listener` for every event until the returned function is called. */
  subscribe(listener: (event: RepositoryEvent) => void): () => void;
  /** Waits for work under way, then releases what it holds; the storage stays open. Idempotent. */
  close(): Promise<void>;
}
