// The judge of storages: every clause of the contract as named cases, for any test runner.
//
// Invariants:
// - Each case runs on a storage of its own, opened before and released after it.
// - Nothing here knows a runner: `describe` and `it` are handed in, or the caller runs the cases itself.

import type { Storage } from '../storage.ts';
import { abortCases } from './abort.cases.ts';
import type { CaseContext, Clause, ConformanceCase, ConformanceLimits, Need } from './case.ts';
import { createCases } from './create.cases.ts';
import { keysCases } from './keys.cases.ts';
import { lifecycleCases } from './lifecycle.cases.ts';
import { listCases } from './list.cases.ts';
import { rangeCases } from './range.cases.ts';
import { wholeCases } from './whole.cases.ts';

const allCases: readonly ConformanceCase[] = [
  ...createCases,
  ...wholeCases,
  ...abortCases,
  ...rangeCases,
  ...listCases,
  ...keysCases,
  ...lifecycleCases,
];

/** What is judged, and what it can do beyond the four methods. */
export interface StorageConformanceOptions {
  /** Opens a new, empty storage: each case has its own. */
  readonly open: () => Storage | Promise<Storage>;
  /** Opens another storage over the same data, as a second process would. Without it the clause `instances` is skipped. */
  readonly again?: ((storage: Storage) => Storage | Promise<Storage>) | undefined;
  /** Releases what `open` made: delete a folder, empty a bucket. `close()` was called already, where there is one. */
  readonly dispose?: ((storage: Storage) => void | Promise<void>) | undefined;
  /** How many file handles, sockets or the like are held now. Without it leaks of handles are not judged. */
  readonly held?: (() => number | Promise<number>) | undefined;
  /** Clauses to leave out, each with the reason, which is shown. */
  readonly skip?: Readonly<Partial<Record<Clause, string>>> | undefined;
  /** How much is asked. */
  readonly limits?: Partial<ConformanceLimits> | undefined;
}

/** A case bound to a storage: run it, and it rejects with a {@link ConformanceError} that names the clause. */
export interface BoundCase {
  readonly clause: Clause;
  readonly name: string;
  /** Why it cannot or shall not run; undefined when it runs. */
  readonly skip: string | undefined;
  run(): Promise<void>;
}

/** The part of vitest, node:test, jest and mocha that is needed. */
export interface ConformanceRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: ((name: string, body: () => Promise<void>) => unknown) & {
    readonly skip: (name: string, body: () => Promise<void>) => unknown;
  };
}

/**
 * The cases of the contract for one storage, to run in any way.
 *
 * @example
 * ```ts
 * import { memoryStorage } from '@gomodkit/core/storage';
 * import { storageConformance } from '@gomodkit/core/storage/conformance';
 *
 * for (const { clause, name, skip, run } of storageConformance({ open: memoryStorage })) {
 *   if (skip === undefined) await run();
 *   console.log(skip ?? 'ok', clause, name);
 * }
 * ```
 */
export function storageConformance(options: StorageConformanceOptions): readonly BoundCase[] {
  return allCases.map((item) => ({
    clause: item.clause,
    name: item.name,
    skip: options.skip?.[item.clause] ?? lacking(item.needs ?? [], options),
    run: () => runCase(item, options),
  }));
}

/**
 * Declares the cases as tests, grouped by clause, under vitest, node:test or anything with `describe` and `it`.
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { memoryStorage } from '@gomodkit/core/storage';
 * import { describeStorage } from '@gomodkit/core/storage/conformance';
 *
 * describeStorage('memory', { open: memoryStorage }, { describe, it });
 * ```
 */
export function describeStorage(name: string, options: StorageConformanceOptions, runner: ConformanceRunner): void {
  const cases = storageConformance(options);
  runner.describe(`storage conformance: ${name}`, () => {
    for (const clause of new Set(cases.map((item) => item.clause))) {
      runner.describe(clause, () => {
        for (const item of cases) if (item.clause === clause) declare(item, runner);
      });
    }
  });
}

function declare(item: BoundCase, { it }: ConformanceRunner): void {
  if (item.skip === undefined) it(item.name, () => item.run());
  else it.skip(`${item.name} (skipped: ${item.skip})`, () => item.run());
}

function lacking(needs: readonly Need[], options: StorageConformanceOptions): string | undefined {
  if (needs.includes('again') && !options.again) return 'no second instance';
  if (needs.includes('held') && !options.held) return 'no count of held handles';
  return undefined;
}

const optionalMethods = ['delete', 'sweep', 'signedUrl', 'close'] as const satisfies readonly Need[];

async function runCase(item: ConformanceCase, options: StorageConformanceOptions): Promise<void> {
  const storage = await options.open();
  const opened: Storage[] = [storage];
  const { again, held, limits } = options;
  const context: CaseContext = {
    storage,
    held,
    limits: { bigBytes: 5 * 1024 * 1024 + 17, partSize: 256 * 1024, racers: 16, keys: 120, patience: 1000, ...limits },
    again:
      again &&
      (async () => {
        const other = await again(storage);
        opened.push(other);
        return other;
      }),
  };
  try {
    const missing = optionalMethods.some((method) => item.needs?.includes(method) && storage[method] === undefined);
    if (!missing) await item.run(context);
  } finally {
    for (const each of opened) await each.close?.();
    await options.dispose?.(storage);
  }
}
