// Counting what an audit finds, in constant memory but for the go.sum.

import type { GoSum } from '../../gosum/index.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { AuditReport } from './audit.ts';
import type { AuditFinding, AuditFindingKind, AuditSeverity } from './finding.ts';
import type { Inspection } from './inspection.ts';

/** Counts. */
export interface Tally {
  finding(finding: AuditFinding): void;
  /** A version with an `.info`, or something like it. */
  version(inspection: Inspection): void;
  purged(): void;
  removed(): void;
  /** Lines of the go.sum about what is not stored at all. */
  notStored(lines: number): void;
  report(): AuditReport;
}

/** Counts of nothing yet. */
export function createTally(): Tally {
  const findings: Partial<Record<AuditFindingKind, number>> = {};
  const severities: Record<AuditSeverity, number> = { damage: 0, warning: 0, note: 0 };
  const goSum = { matches: 0, mismatches: 0, notStored: 0 };
  const origins = { unchanged: 0, moved: 0, deleted: 0, unchecked: 0, none: 0 };
  const counts = {
    versions: 0,
    audited: 0,
    zips: 0,
    proven: 0,
    purged: 0,
    damagedZips: 0,
    removed: 0,
    bytes: 0,
    content: 0,
  };
  return {
    finding({ kind, severity }) {
      findings[kind] = (findings[kind] ?? 0) + 1;
      severities[severity]++;
    },
    version({ files, read, damagedZip }) {
      if (files.info !== undefined) counts.versions++;
      if (damagedZip) counts.damagedZips++;
      if (read === undefined) return;
      counts.audited++;
      counts.bytes += read.bytes;
      counts.content += read.content;
      if (read.zip) counts.zips++;
      if (read.proven) counts.proven++;
      if (read.origin !== undefined) origins[read.origin]++;
      goSum.matches += read.goSum.matches;
      goSum.mismatches += read.goSum.mismatches;
      goSum.notStored += read.goSum.notStored;
    },
    purged() {
      counts.purged++;
    },
    removed() {
      counts.removed++;
    },
    notStored(lines) {
      goSum.notStored += lines;
    },
    report: () => ({
      clean: severities.damage === 0 && severities.warning === 0,
      ...counts,
      goSum: { ...goSum },
      origins: { ...origins },
      findings: { ...findings },
      severities: { ...severities },
    }),
  };
}

/** The versions that a go.sum names, and how many lines name each. */
export function modulesOf(goSum: GoSum): ReadonlyMap<string, ModuleVersion & { readonly lines: number }> {
  const modules = new Map<string, ModuleVersion & { readonly lines: number }>();
  for (const { path, version: key } of goSum.entries) {
    const version = key.replace(/\/go\.mod$/, '');
    const name = `${path}@${version}`;
    modules.set(name, { path, version, lines: (modules.get(name)?.lines ?? 0) + 1 });
  }
  return modules;
}
