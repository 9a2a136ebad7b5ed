// Changing requirements so that certain versions are selected: upgrades, downgrades and removals in one.
//
// Invariants:
// - Versions that must be selected are, or the edit is refused with the requirements in their way. Everything else gives way: a
//   root that leads to too high a version goes down, one version at a time, to `none` in the end.
// - An edit ends: no version is tried as a root twice.
// - What was in the graph before is preferred over other versions below the one that has to go.

import { isGoModKitError } from '../errors/error.ts';
import { toolchainVersion } from '../gover/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import { type Conflict, conflictError } from './conflict.ts';
import { Disqualification } from './disqualification.ts';
import { type ExtendedGraph, extendGraph } from './extend-graph.ts';
import { minimalRoots } from './minimal-roots.ts';
import { type Pruning, pruningOf } from './pruning.ts';
import { graphFailure } from './read-graph.ts';
import { Requirements } from './requirements.ts';
import { convertPruning, sameModules, selectedNodes } from './update-roots.ts';
import { compareNodes, compareVersions, none } from './versions.ts';

/** What is to change. Modules are nodes. */
export interface RequirementEdit {
  /** To be selected at just these versions; `none` removes. */
  readonly mustSelect: readonly ModuleVersion[];
  /** To be raised to these versions, as far as `mustSelect` allows. */
  readonly tryUpgrade: readonly ModuleVersion[];
  /** The version to try when `version` has to go: the one tagged before, or `none`. */
  readonly previous: (path: string, version: string) => Promise<string>;
}

/** Edited requirements, the very same where nothing changed. Rejects with `invalid_argument` for versions that exclude each other. */
export async function editRequirements(original: Requirements, edit: RequirementEdit): Promise<Requirements> {
  const pruning = pruningAfter(original, edit.mustSelect);
  const requirements = await convertPruning(original, pruning);
  const editing = new Editing(original, requirements, edit);
  const roots = await editing.run();
  return settle({ original, requirements, roots, edit });
}

/** The pruning of the edited go.mod, where a wanted version of Go decides it. */
function pruningAfter({ pruning }: Requirements, mustSelect: readonly ModuleVersion[]): Pruning {
  for (const { path, version } of mustSelect) {
    if (path === 'go') return pruningOf(version);
    if (path === 'toolchain' && pruningOf(toolchainVersion(version)) === 'unpruned') return 'unpruned';
  }
  return pruning;
}

class Editing {
  readonly #original: Requirements;
  readonly #requirements: Requirements;
  readonly #edit: RequirementEdit;
  readonly #mustSelect = new Map<string, string>();
  /** The wanted version of each root-to-be. */
  readonly #selectedRoot = new Map<string, string>();
  readonly #rejected = new Set<ModuleVersion>();

  constructor(original: Requirements, requirements: Requirements, edit: RequirementEdit) {
    this.#original = original;
    this.#requirements = requirements;
    this.#edit = edit;
  }

  /** The roots that select what is wanted. */
  async run(): Promise<readonly ModuleVersion[]> {
    await this.#selectRoots();
    for (;;) {
      const roots = this.#roots();
      const { reading, pruning } = this.#requirements;
      const extended = await extendGraph(reading, pruning, roots, this.#selectedRoot.keys());
      // No version is tried instead of one that only needs a newer Go.
      const failure = graphFailure(extended, reading.summaries);
      if (isGoModKitError(failure, 'unsupported') && failure.data.goVersion !== undefined) throw failure;
      const found = this.#disqualify(extended);
      if (await this.#downgrade(roots, extended, found)) continue;
      if (!this.#acceptUpgrades(extended)) return roots;
    }
  }

  async #selectRoots(): Promise<void> {
    const { mustSelect, tryUpgrade } = this.#edit;
    const requirements = this.#requirements;
    const initial =
      requirements.pruning === 'pruned'
        ? [...requirements.rootVersions].map(([path, version]) => ({ path, version }))
        : selectedNodes(requirements, await requirements.graph());
    for (const { path, version } of initial) this.#selectedRoot.set(path, version);
    for (const { path, version } of tryUpgrade) {
      const root = this.#selectedRoot.get(path);
      if (root === undefined || compareVersions(path, root, version) < 0) this.#selectedRoot.set(path, version);
    }
    const conflicts: Conflict[] = [];
    for (const module of mustSelect) {
      const { path, version } = module;
      const other = this.#mustSelect.get(path) ?? version;
      if (other !== version) {
        const before = { path, version: other };
        const isLower = compareVersions(path, other, version) < 0;
        conflicts.push(isLower ? { path: [module], wanted: before } : { path: [before], wanted: module });
      }
      this.#mustSelect.set(path, other);
      this.#selectedRoot.set(path, other);
    }
    if (conflicts.length > 0) throw conflictError(conflicts);
  }

  #roots(): readonly ModuleVersion[] {
    const { nodes } = this.#requirements.reading.summaries;
    return [...this.#selectedRoot]
      .filter(([, version]) => version !== none)
      .map(([path, version]) => nodes.of(path, version))
      .sort(compareNodes);
  }

  #isTooHigh({ path, version }: ModuleVersion): boolean {
    const wanted = this.#mustSelect.get(path);
    return wanted !== undefined && compareVersions(path, version, wanted) > 0;
  }

  /** Finds everything in the graph that cannot stay. */
  #disqualify({ graph, failures, rootPruning }: ExtendedGraph): Disqualification {
    const found = new Disqualification(rootPruning);
    for (const module of graph.walk()) {
      if (module === graph.main) continue;
      if (this.#isTooHigh(module)) {
        found.disqualify(module, 'pruned', { dep: module });
        continue;
      }
      if (failures.has(module)) {
        found.disqualify(module, 'pruned', { error: failures.get(module) });
        continue;
      }
      const required = graph.requiredBy(module) ?? [];
      const tooHigh = required.find((each) => this.#isTooHigh(each));
      if (tooHigh !== undefined) found.disqualify(module, 'pruned', { dep: tooHigh });
      else for (const each of required) if (!found.require(module, each)) break;
    }
    return found;
  }

  /** Takes roots down that lead to what cannot stay. False when there are none. */
  async #downgrade(
    roots: readonly ModuleVersion[],
    { graph, rootPruning }: ExtendedGraph,
    found: Disqualification,
  ): Promise<boolean> {
    const conflicts: Conflict[] = [];
    let isChanged = false;
    const { nodes } = this.#requirements.reading.summaries;
    for (const root of roots) {
      const pruning = rootPruning.get(root) ?? this.#requirements.pruning;
      const problem = found.path(root, pruning);
      if (problem === undefined) continue;
      const conflict = this.#conflict(problem);
      if (this.#mustSelect.get(root.path) === root.version) {
        conflicts.push(conflict);
        continue;
      }
      const selected = nodes.of(root.path, graph.selected(root.path));
      const isUpgradable = found.reason(selected, pruning) === undefined && !this.#rejected.has(selected);
      if (selected !== root && isUpgradable) continue;
      const before = (await this.#original.read()).graph.selected(root.path);
      // An existing requirement is not left because it cannot be read just now.
      if ('error' in problem && before === root.version) {
        conflicts.push(conflict);
        continue;
      }
      this.#selectedRoot.set(root.path, await this.#lower(root, before, found));
      isChanged = true;
    }
    if (conflicts.length > 0) throw conflictError(conflicts);
    return isChanged;
  }

  #conflict(problem: { readonly path: readonly ModuleVersion[]; readonly error?: unknown }): Conflict {
    if ('error' in problem) return problem;
    const path = problem.path.at(-1)?.path ?? '';
    return { path: problem.path, wanted: { path, version: this.#mustSelect.get(path) ?? none } };
  }

  /** The next version below `root` that is not known to be impossible. `before` is the one that was selected before the edit. */
  async #lower(root: ModuleVersion, before: string, found: Disqualification): Promise<string> {
    const { pruning, reading } = this.#requirements;
    const { path } = root;
    const own = pruning === 'pruned' ? (reading.summaries.known(root)?.pruning ?? pruning) : pruning;
    this.#rejected.add(root);
    for (let version = root.version; ; ) {
      version = await this.#previous(root, version, before);
      const module = reading.summaries.nodes.of(path, version);
      if (version === none) return none;
      if (this.#rejected.has(module)) continue;
      if (found.reason(module, own) === undefined) return version;
      this.#rejected.add(module);
    }
  }

  async #previous(root: ModuleVersion, version: string, before: string): Promise<string> {
    const { path } = root;
    const wasLower = compareVersions(path, root.version, before) > 0 && compareVersions(path, version, before) > 0;
    try {
      const previous = await this.#edit.previous(path, version);
      return wasLower && compareVersions(path, previous, before) < 0 ? before : previous;
    } catch (error) {
      if (wasLower) return before;
      throw error;
    }
  }

  /** Takes roots up to what the graph selects. False when all are there. */
  #acceptUpgrades({ graph }: ExtendedGraph): boolean {
    let isChanged = false;
    for (const [path, version] of this.#selectedRoot) {
      const selected = graph.selected(path);
      if (this.#mustSelect.has(path) || selected === version) continue;
      this.#selectedRoot.set(path, selected);
      isChanged = true;
    }
    return isChanged;
  }
}

/** Turns wanted roots into requirements: fewest in an unpruned go.mod, all in a pruned one. */
async function settle({
  original,
  requirements,
  roots,
  edit,
}: {
  readonly original: Requirements;
  readonly requirements: Requirements;
  readonly roots: readonly ModuleVersion[];
  readonly edit: RequirementEdit;
}): Promise<Requirements> {
  const { reading, pruning } = requirements;
  const explicit = pruning === 'pruned' ? roots : await explicitRoots(requirements, roots, edit.mustSelect);
  if (pruning === original.pruning && sameModules(explicit, original.roots)) return original;
  const direct = new Set(explicit.map(({ path }) => path).filter((path) => requirements.direct.has(path)));
  const edited = new Requirements(reading, pruning, explicit, direct);
  return pruningOf(edited.rootVersion('go') ?? '') === 'pruned' ? convertPruning(edited, 'pruned') : edited;
}

async function explicitRoots(
  requirements: Requirements,
  roots: readonly ModuleVersion[],
  mustSelect: readonly ModuleVersion[],
): Promise<readonly ModuleVersion[]> {
  const { reading, direct } = requirements;
  const wanted = mustSelect.filter(({ path, version }) => version !== none && path !== reading.main.path);
  const kept = roots.filter(({ path, version }) => {
    const root = requirements.rootVersion(path);
    return root !== undefined && (root === version || direct.has(path));
  });
  return minimalRoots(
    reading,
    [...wanted, ...kept].map(({ path }) => path),
    roots,
  );
}
