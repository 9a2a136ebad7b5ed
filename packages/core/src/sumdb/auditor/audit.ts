// What an audit of a log takes, tells while it runs, and reports in the end.

import type { ModuleSums } from '../../dirhash/go-sum.ts';
import type { ModuleVersion } from '../../module/version.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { SignedTree } from '../client/signed-tree.ts';
import type { SumdbRemote } from '../client/sumdb-client.ts';
import type { Tree } from '../tlog/tree-text.ts';

/** What can be wrong with a log, or between it and what it is compared with. */
export type AuditProblemKind =
  /** The latest tree is no signed tree of the key. */
  | 'head'
  /** The tree does not begin with the one that was verified before. */
  | 'rollback'
  /** A tile is not there, is malformed, or is not what the tree says. */
  | 'tile'
  /** A record is malformed, or is not what the tree says. */
  | 'record'
  /** A module version has a second record. */
  | 'duplicate'
  /** The records do not make up the tree that is signed. */
  | 'root'
  /** The store has other sums. */
  | 'store-differs'
  /** The store has a zip of a module version without a record. */
  | 'store-missing'
  /** The same log shows others another tree; `evidence` proves it. */
  | 'fork'
  /** Another log has other sums. */
  | 'disagreement';

/** Something wrong. */
export interface AuditProblem {
  readonly kind: AuditProblemKind;
  /** One sentence. */
  readonly message: string;
  readonly module?: ModuleVersion | undefined;
  /** Of the record. */
  readonly number?: bigint | undefined;
  /** The path of the tile. */
  readonly tile?: string | undefined;
  /** A text that proves it to others. */
  readonly evidence?: string | undefined;
}

/** What an audit tells while it runs. */
export type AuditLogEvent =
  | { readonly type: 'head'; readonly tree: SignedTree }
  | { readonly type: 'progress'; readonly records: bigint; readonly size: bigint }
  | { readonly type: 'problem'; readonly problem: AuditProblem }
  | { readonly type: 'done'; readonly report: AuditLogReport };

/** A second log. */
export interface AuditPeer {
  /** Its verifier key. The same one as the audited log's: the trees are compared; another one: records of the same module versions. */
  readonly key: string;
  readonly remote: SumdbRemote;
  /** Module paths, as GONOSUMDB says, that are not named to it where it is another log. Default: those of the audit. */
  readonly noSumdb?: string | undefined;
}

/** What a store says of a module version. */
export interface StoredSums extends ModuleVersion {
  /** Without `zip` where no zip is stored. */
  readonly sums: ModuleSums;
}

/** Options of {@link auditLog}. */
export interface AuditLogOptions extends CallOptions {
  /** The log's verifier key, or `sum.golang.org`. */
  readonly key: string;
  readonly remote: SumdbRemote;
  /**
   * A tree that was verified before, from an earlier report: records below its size are not read again, and the log must begin with it.
   * A size alone: records below are taken for verified, without comparison.
   */
  readonly from?: Tree | bigint | undefined;
  /** What is stored, read once, before anything else. */
  readonly store?: AsyncIterable<StoredSums> | undefined;
  readonly against?: AuditPeer | undefined;
  /** Module paths, as GONOSUMDB says, that are neither missed in this log nor named to the second one. */
  readonly noSumdb?: string | undefined;
  /** How many tiles are read ahead. Default 8. */
  readonly readAhead?: number | undefined;
  /** How many problems the report holds; events tell of all. Default 1,000. */
  readonly maxProblems?: number | undefined;
  /** How many records are remembered to find second ones of a module version, at 24 bytes each. Default 16,777,216. */
  readonly maxRemembered?: number | undefined;
  /** The height of the log's tiles. Default 8. */
  readonly tileHeight?: number | undefined;
}

/** What an audit found. */
export interface AuditLogReport {
  /** The log's name. */
  readonly database: string;
  /** The tree that was audited; undefined when there was no signed one. */
  readonly tree: SignedTree | undefined;
  /** The number of the first record that was read. */
  readonly from: bigint;
  /** How many records were read and hashed. */
  readonly records: bigint;
  /** How many tiles of hashes and of records were compared. */
  readonly tiles: number;
  /** Records that were not compared with all others, as there are more than are remembered. */
  readonly unremembered: bigint;
  /** Absent where no store was given. */
  readonly store?: AuditedStore | undefined;
  /** Absent where no second log was given. */
  readonly against?: AuditedPeer | undefined;
  /** The first ones. */
  readonly problems: readonly AuditProblem[];
  /** All of them. */
  readonly problemCount: number;
  /** Whether there are none. */
  readonly ok: boolean;
}

/** How a store compares. */
export interface AuditedStore {
  /** Stored versions whose sums are those of the log. */
  readonly equal: number;
  readonly differing: number;
  /** Stored with a zip, and not in the log. */
  readonly missing: number;
  /** Not found among the records that were read, where those before `from` were not. */
  readonly unknown: number;
  /** Records of versions that are not stored. */
  readonly extra: bigint;
}

/** How a second log compares. */
export interface AuditedPeer {
  readonly database: string;
  /** Whether it is the same log, seen from elsewhere. */
  readonly same: boolean;
  /** The size of its tree, where it is the same log. */
  readonly size?: bigint | undefined;
  /** Records with the same sums in both. */
  readonly equal: bigint;
  readonly differing: bigint;
  /** Records that the second log does not have. */
  readonly unknown: bigint;
  /** Records that it was not asked for, as their paths are on its `noSumdb` list. */
  readonly skipped: bigint;
}
