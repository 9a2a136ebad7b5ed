// Who requires what, and which version of each module is selected: the highest that anything requires (minimal version selection).
//
// Invariants:
// - Selection depends on which requirements were added, not on their order.
// - Walks are breadth first, from the main module, in the order of requirement lists: the order that Go prints.

import type { ModuleVersion } from '../module/index.ts';
import { compareNodes, compareVersions, none } from './versions.ts';

/** The requirements read so far. Modules are nodes of one `Nodes`. */
export class RequirementGraph {
  readonly main: ModuleVersion;
  readonly #required = new Map<ModuleVersion, readonly ModuleVersion[]>();
  readonly #selected = new Map<string, string>();

  constructor(main: ModuleVersion) {
    this.main = main;
    this.#selected.set(main.path, main.version);
  }

  /** Adds what `module` requires. Once per module. */
  require(module: ModuleVersion, requirements: readonly ModuleVersion[]): void {
    this.#required.set(module, requirements);
    for (const { path, version } of requirements) {
      if (compareVersions(path, this.selected(path), version) < 0) this.#selected.set(path, version);
    }
  }

  /** What `module` requires; undefined where that was not read. */
  requiredBy(module: ModuleVersion): readonly ModuleVersion[] | undefined {
    return this.#required.get(module);
  }

  /** The selected version of `path`; `none` when nothing requires it. */
  selected(path: string): string {
    return this.#selected.get(path) ?? none;
  }

  /** All selected versions but that of the main module, by path. `go` and `toolchain` are among them. */
  buildList(): ModuleVersion[] {
    return Array.from(this.#selected, ([path, version]) => ({ path, version }))
      .filter(({ path, version }) => path !== this.main.path && version !== none)
      .sort(compareNodes);
  }

  /** Every module version that is not `none`, breadth first. */
  *walk(): Generator<ModuleVersion> {
    for (const [module] of this.#breadthFirst()) if (module.version !== none) yield module;
  }

  /** The shortest requirement path from the main module to the first module for which `isWanted`; undefined for none. */
  findPath(isWanted: (module: ModuleVersion) => boolean): readonly ModuleVersion[] | undefined {
    const requiredBy = new Map<ModuleVersion, ModuleVersion | undefined>();
    for (const [module, parent] of this.#breadthFirst()) {
      requiredBy.set(module, parent);
      if (!isWanted(module)) continue;
      const path: ModuleVersion[] = [];
      for (let at: ModuleVersion | undefined = module; at !== undefined; at = requiredBy.get(at)) path.push(at);
      return path.reverse();
    }
    return undefined;
  }

  *#breadthFirst(): Generator<readonly [ModuleVersion, ModuleVersion | undefined]> {
    const seen = new Set([this.main]);
    const queue: [ModuleVersion, ModuleVersion | undefined][] = [[this.main, undefined]];
    // The queue grows while it is walked.
    for (const entry of queue) {
      yield entry;
      for (const requirement of this.#required.get(entry[0]) ?? []) {
        if (seen.has(requirement)) continue;
        seen.add(requirement);
        queue.push([requirement, entry[0]]);
      }
    }
  }
}
