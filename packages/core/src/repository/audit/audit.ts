// Types of audits: what to look at, what is told on the way, what is said at the end.

import type { GoSum } from '../../gosum/index.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { OriginSource } from '../../source/origin-check.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { AuditFinding, AuditFindingKind, AuditSeverity } from './finding.ts';

/** Options of `Repository.audit`. */
export interface AuditOptions extends CallOptions {
  /** Only module paths that begin with this text, which need not end at a slash. Default: all. */
  readonly prefix?: string | undefined;
  /**
   * How many versions are read: below 1 a share of them, such as 0.05, from 1 on a number. Keys are looked at in any case. The same
   * seed picks the same versions of the same store. Default: all.
   */
  readonly sample?: number | undefined;
  /** Which sample. Default 0. */
  readonly seed?: number | undefined;
  /** Go on behind the `cursor` of an earlier event, with the same prefix, sample and seed. */
  readonly after?: string | undefined;
  /**
   * Exactly these versions, in this order, instead of what storage lists; those that are not stored are noted. Goes with none of
   * `prefix`, `sample` and `after`.
   */
  readonly modules?: Iterable<ModuleVersion> | undefined;
  /** A project's sums, to be compared with those of what is stored. */
  readonly goSum?: GoSum | undefined;
  /**
   * Remove versions that the checksum database disproves, and nothing else, so that they can be captured anew. What was stored is kept
   * as evidence below `.gomodkit/audit/`. Default `false`.
   */
  readonly purgeDisproved?: boolean | undefined;
  /**
   * Remove zips whose bytes are not what their `.ziphash` binds or break the rules of module zips, and nothing else, so that they can be
   * captured anew. The `.ziphash` stays: only the same content may follow. What was stored is kept as evidence below
   * `.gomodkit/audit/`. Default `false`.
   */
  readonly removeDamaged?: boolean | undefined;
  /**
   * Where to look what became of the tags that versions were captured from, such as a `gitSource`: of every version that is read and
   * whose `.info` names a commit. Default: nobody is asked.
   */
  readonly origins?: OriginSource | undefined;
  /** Where a tag was moved, say which files differ. Default `false`. */
  readonly differences?: boolean | undefined;
  /** How many versions are read at once. Default 4. */
  readonly concurrency?: number | undefined;
}

/** What an audit tells while it goes on, in the order of keys. */
export type AuditEvent =
  | (AuditFinding & {
      readonly type: 'finding';
      /** Where an audit can go on. What it has told until then may be found again, nothing is left out. Absent before the first such place. */
      readonly cursor?: string | undefined;
    })
  /** A version was read whole; its findings come before. */
  | ({
      readonly type: 'version';
      readonly cursor?: string | undefined;
    } & AuditedVersion)
  /** A version that the checksum database disproves was removed. */
  | {
      readonly type: 'purged';
      readonly path: string;
      readonly version: string;
      /** The keys that are gone. */
      readonly keys: readonly string[];
      /** What the keys of the evidence begin with. */
      readonly evidence: string;
      readonly cursor?: string | undefined;
    }
  /** A damaged zip was removed; the version stays, and the next capture fetches its zip anew. */
  | {
      readonly type: 'removed';
      readonly path: string;
      readonly version: string;
      /** The keys that are gone. */
      readonly keys: readonly string[];
      /** What the keys of the evidence begin with. */
      readonly evidence: string;
      readonly cursor?: string | undefined;
    };

/** What was read of a version. */
export interface AuditedVersion extends ModuleVersion {
  /** How many findings there are about it. */
  readonly findings: number;
  /** Stored bytes that were read. */
  readonly bytes: number;
  /** Bytes that were hashed: the contents of zips and the go.mods. */
  readonly content: number;
  /** Whether its zip was there and read. */
  readonly zip: boolean;
  /** Whether the checksum database proves what is stored, where one is configured and knows the version. */
  readonly proven: boolean;
}

/** What an audit found in all. */
export interface AuditReport {
  /** Whether there is neither damage nor warning. */
  readonly clean: boolean;
  /** Versions that storage holds, or that were asked for and are there. */
  readonly versions: number;
  /** Those of which every byte was read. */
  readonly audited: number;
  /** Zips that were read. */
  readonly zips: number;
  /** Audited versions that the checksum database proves. */
  readonly proven: number;
  /** Versions that were removed. */
  readonly purged: number;
  /** Zips that are damaged and that `removeDamaged` takes away, for a capture to fetch them anew. */
  readonly damagedZips: number;
  /** Those of them that were removed. */
  readonly removed: number;
  /** Stored bytes that were read. */
  readonly bytes: number;
  /** Bytes that were hashed. */
  readonly content: number;
  /** Lines of the go.sum that hold, that do not, and about what is not stored. */
  readonly goSum: GoSumCounts;
  /** Versions by what became of their origins; all zero without `origins`. */
  readonly origins: OriginCounts;
  /** How many findings of each kind there are; kinds of which there are none are left out. */
  readonly findings: Readonly<Partial<Record<AuditFindingKind, number>>>;
  /** The same by severity. */
  readonly severities: Readonly<Record<AuditSeverity, number>>;
}

/** What became of origins. */
export interface OriginCounts {
  readonly unchanged: number;
  readonly moved: number;
  readonly deleted: number;
  /** Those that could not be looked at. */
  readonly unchecked: number;
  /** Versions whose `.info` names no commit, as most that come from proxies. */
  readonly none: number;
}

/** How the lines of a go.sum fare. */
export interface GoSumCounts {
  readonly matches: number;
  readonly mismatches: number;
  readonly notStored: number;
}
