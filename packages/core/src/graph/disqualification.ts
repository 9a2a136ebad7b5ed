// Which module versions cannot be in a graph that must select certain versions, and through which requirement.
//
// Invariants:
// - A version may be impossible where its dependencies are read in full, and possible where they are pruned out. What is impossible
//   pruned is impossible unpruned.
// - A root is read as its own go.mod says, however it is reached: requiring a root means having its requirements.
// - The first reason found for a version stays.

import type { ModuleVersion } from '../module/index.ts';
import type { Pruning } from './pruning.ts';

/** Why a version is impossible: its go.mod cannot be read, or it is or requires `dep`. */
export type Reason = { readonly error: unknown } | { readonly dep: ModuleVersion };

type Reasons = { -readonly [Each in Pruning]?: Reason };

/** Collects reasons while a graph is walked breadth first. Modules are nodes. */
export class Disqualification {
  readonly #roots: ReadonlyMap<ModuleVersion, Pruning>;
  readonly #reasons = new Map<ModuleVersion, Reasons>();
  /** Who has to be told when a version turns out to be impossible. */
  readonly #requiring = new Map<ModuleVersion, ModuleVersion[]>();

  /** `roots` are all that are roots, or will be, with the pruning of their own go.mod. */
  constructor(roots: ReadonlyMap<ModuleVersion, Pruning>) {
    this.#roots = roots;
  }

  /** Why `module` is impossible where it is reached with `pruning`; undefined while it is not known to be. */
  reason(module: ModuleVersion, pruning: Pruning): Reason | undefined {
    return this.#reasons.get(module)?.[pruning];
  }

  /** Notes that `module` requires `requirement`. False when nothing more about `module` matters. */
  require(module: ModuleVersion, requirement: ModuleVersion): boolean {
    const rootPruning = this.#roots.get(requirement);
    if (rootPruning !== undefined && this.reason(requirement, rootPruning) !== undefined) {
      this.disqualify(module, 'pruned', { dep: requirement });
      return false;
    }
    if (this.reason(requirement, 'unpruned') !== undefined) {
      this.disqualify(module, 'unpruned', { dep: requirement });
      // What is no root is never read pruned as the start of anything.
      if (!this.#roots.has(module)) return false;
    }
    const requiring = this.#requiring.get(requirement);
    if (requiring === undefined) this.#requiring.set(requirement, [module]);
    else requiring.push(module);
    return true;
  }

  /** Notes that `module` is impossible, and with it whatever requires it. */
  disqualify(module: ModuleVersion, from: Pruning, reason: Reason): void {
    const pending: [ModuleVersion, Pruning, Reason][] = [[module, from, reason]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [at, pruning, why] = next;
      const told = this.#mark(at, pruning, why);
      // Depth first, in order, as whoever is told first keeps the reason.
      const requiring = told === undefined ? [] : (this.#requiring.get(at) ?? []);
      for (const each of requiring.toReversed()) pending.push([each, told as Pruning, { dep: at }]);
      const isOver = told === 'pruned' || (told !== undefined && !this.#roots.has(at));
      if (isOver) this.#requiring.delete(at);
    }
  }

  /** In which pruning those who require `module` are impossible now; undefined when nothing is new. */
  #mark(module: ModuleVersion, from: Pruning, reason: Reason): Pruning | undefined {
    const reasons = this.#reasons.get(module) ?? {};
    if (reasons[from] !== undefined) return undefined;
    this.#reasons.set(module, reasons);
    const rootPruning = this.#roots.get(module);
    reasons.unpruned ??= reason;
    if (from === 'pruned' || rootPruning === 'unpruned') reasons.pruned ??= reason;
    const isAlways = rootPruning !== undefined && (from === 'pruned' || rootPruning === 'unpruned');
    return isAlways ? 'pruned' : 'unpruned';
  }

  /**
   * The requirements from `module` to what is wrong: a version that may not be selected, or one with an `error`. Undefined when nothing
   * is wrong.
   */
  path(
    module: ModuleVersion,
    pruning: Pruning,
  ): { readonly path: readonly ModuleVersion[]; readonly error?: unknown } | undefined {
    const path: ModuleVersion[] = [];
    let reached = pruning;
    for (let at = module; ; ) {
      if (this.#roots.get(at) === 'unpruned') reached = 'unpruned';
      const reason = this.reason(at, reached);
      if (reason === undefined) return path.length === 0 ? undefined : { path };
      path.push(at);
      if ('error' in reason) return { path, error: reason.error };
      if (reason.dep === at) return { path };
      at = reason.dep;
    }
  }
}
