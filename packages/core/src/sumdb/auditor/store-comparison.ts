// A log beside a store.
//
// Invariant: each stored version is counted once, as equal, differing, missing or unknown; memory is that of what is stored.

import type { ModuleSums } from '../../dirhash/go-sum.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { AuditedStore, AuditProblem, StoredSums } from './audit.ts';
import type { SumText } from './sum-text.ts';

/** Compares records with what is stored. */
export class StoreComparison {
  readonly #stored = new Map<string, StoredSums>();
  readonly #report: (problem: AuditProblem) => void;
  #equal = 0;
  #differing = 0;
  #extra = 0n;

  private constructor(report: (problem: AuditProblem) => void) {
    this.#report = report;
  }

  /** Reads what is stored. */
  static async of(
    store: AsyncIterable<StoredSums>,
    report: (problem: AuditProblem) => void,
    { signal }: CallOptions,
  ): Promise<StoreComparison> {
    const comparison = new StoreComparison(report);
    for await (const stored of store) {
      signal?.throwIfAborted();
      comparison.#stored.set(`${stored.path}@${stored.version}`, stored);
    }
    return comparison;
  }

  /** Compares the record of a module version; only the first one of each. */
  see({ path, version, sums }: SumText): void {
    const key = `${path}@${version}`;
    const stored = this.#stored.get(key);
    if (stored === undefined) {
      this.#extra++;
      return;
    }
    this.#stored.delete(key);
    const differing = (['zip', 'goMod'] as const).filter((kind) => differs(stored.sums, sums, kind));
    if (differing.length === 0) {
      this.#equal++;
      return;
    }
    this.#differing++;
    const lines = differing.map(
      (kind) => `${kind === 'zip' ? 'zip' : 'go.mod'} ${stored.sums[kind]}, in the log ${sums[kind]}`,
    );
    const module = { path, version };
    this.#report({ kind: 'store-differs', module, message: `${key} is stored with other sums: ${lines.join('; ')}` });
  }

  /** Judges what no record was seen of. `whole`: all records were read. */
  finish(whole: boolean, skips: (path: string) => boolean): AuditedStore {
    let missing = 0;
    let unknown = 0;
    for (const [key, { path, version, sums }] of this.#stored) {
      // Without a zip nothing was committed that a log would have to record.
      if (sums.zip === undefined || skips(path)) continue;
      if (!whole) {
        unknown++;
        continue;
      }
      missing++;
      this.#report({
        kind: 'store-missing',
        module: { path, version },
        message: `${key} is stored and not in the log`,
      });
    }
    return { equal: this.#equal, differing: this.#differing, missing, unknown, extra: this.#extra };
  }
}

function differs(stored: ModuleSums, logged: ModuleSums, kind: 'zip' | 'goMod'): boolean {
  return stored[kind] !== undefined && stored[kind] !== logged[kind];
}
