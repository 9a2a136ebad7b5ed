// What is known of a version while it is looked at.

import type { GoSum } from '../../gosum/index.ts';
import type { OriginCheck, OriginSource } from '../../source/origin-check.ts';
import type { ObjectInfo } from '../../storage/storage.ts';
import type { Engine } from '../engine.ts';
import type { Extension, Target } from '../keys.ts';
import { type AuditFinding, type AuditFindingKind, findingOf } from './finding.ts';

/** What all inspections of an audit share. */
export interface AuditContext {
  readonly engine: Engine;
  readonly goSum: GoSum | undefined;
  readonly origins: OriginAudit | undefined;
  readonly signal: AbortSignal;
}

/** How origins are looked at. */
export interface OriginAudit {
  readonly source: OriginSource;
  /** Also say which files differ. */
  readonly differences: boolean;
}

/** What a version's origin turned out to be; `none` where its `.info` names no commit. */
export type OriginStatus = OriginCheck['status'] | 'unchecked' | 'none';

/** The files of a version, by kind. */
export type StoredFiles = Readonly<Partial<Record<Extension, ObjectInfo>>>;

/** What came out of looking at a version. */
export interface Inspection {
  readonly target: Target;
  readonly files: StoredFiles;
  readonly findings: readonly AuditFinding[];
  /** Absent where only keys were looked at. */
  readonly read?: ReadCounts | undefined;
  /** Whether the checksum database disproves it. */
  readonly disproved: boolean;
  /** Whether its zip is not what its `.ziphash` binds, or breaks the rules of module zips, and another one may take its place. */
  readonly damagedZip: boolean;
}

/** What was read of a version. */
export interface ReadCounts {
  readonly bytes: number;
  readonly content: number;
  readonly zip: boolean;
  readonly proven: boolean;
  /** Absent where nobody was asked. */
  readonly origin?: OriginStatus | undefined;
  /** Lines of the go.sum, by how they fare. */
  readonly goSum: Readonly<Record<'matches' | 'mismatches' | 'notStored', number>>;
}

/** Collects findings about a version. */
export interface Findings {
  readonly list: readonly AuditFinding[];
  add(
    kind: AuditFindingKind,
    file: Extension,
    detail: string,
    compared?: { readonly expected: string; readonly actual: string },
  ): void;
}

/** Findings about `target`, none yet. */
export function createFindings(target: Target): Findings {
  const list: AuditFinding[] = [];
  return {
    list,
    add: (kind, file, detail, compared) => list.push(findingOf(kind, target[file], target, detail, compared)),
  };
}
