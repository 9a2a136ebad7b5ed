// Counting what a capture does.

import type { CaptureCount, CapturedFile, CaptureReport, ClosureFile, ClosureRefusal, ClosureRoot } from './types.ts';

/** Keeps count. */
export interface Tally {
  resolved(root: ClosureRoot): void;
  want(kind: ClosureFile): void;
  /** Resolves to how much is wanted, where that has changed since it was last told. */
  captured(file: CapturedFile): { readonly versions: number; readonly zips: number } | undefined;
  refused(refusal: ClosureRefusal): void;
  /** All that is wanted is known: resolves to how much. */
  planned(): { readonly versions: number; readonly zips: number };
  /** The outcome, its roots in `order`. */
  report(order: (a: ClosureRoot, b: ClosureRoot) => number): CaptureReport;
}

type Count = { -readonly [Name in keyof CaptureCount]: CaptureCount[Name] };

/** Creates a {@link Tally}; time begins now. */
export function createTally(now: () => number = () => performance.now()): Tally {
  const start = now();
  const elapsed = (): number => Math.round(now() - start);
  let plan: number | undefined;
  const roots: ClosureRoot[] = [];
  const refused: ClosureRefusal[] = [];
  const wanted = { versions: 0, zips: 0 };
  let told = 0;
  const counts: Record<CapturedFile['outcome'], Count> = {
    new: { versions: 0, zips: 0, bytes: 0 },
    present: { versions: 0, zips: 0, bytes: 0 },
  };
  return {
    resolved: (root) => void roots.push(root),
    want: (kind) => void wanted[plural[kind]]++,
    captured({ kind, outcome, bytes }) {
      const count = counts[outcome];
      count[plural[kind]]++;
      count.bytes += bytes;
      const total = wanted.versions + wanted.zips;
      if (total === told) return undefined;
      told = total;
      return { ...wanted };
    },
    refused: (refusal) => void refused.push(refusal),
    planned: () => {
      plan = elapsed();
      return { ...wanted };
    },
    report(order) {
      const total = elapsed();
      return { roots: roots.toSorted(order), ...counts, refused, milliseconds: { plan: plan ?? total, total } };
    },
  };
}

const plural = { version: 'versions', zip: 'zips' } as const;
