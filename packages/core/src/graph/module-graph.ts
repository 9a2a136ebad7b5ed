// The public view of a requirement graph.
//
// Invariant: nothing of it changes, and all of it is derived from the graph when asked for.

import { isToolchain } from '../gover/index.ts';
import type { ReplaceTarget } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { Pruning } from './pruning.ts';
import type { RequirementGraph } from './requirement-graph.ts';
import type { Requirements } from './requirements.ts';
import type { GoModSummary, GraphModule, ModuleGraph } from './types.ts';
import { none } from './versions.ts';

/** What {@link LoadedGraph} shows. */
export interface GraphFacts {
  /** Consistent, where roots are updated at all. */
  readonly requirements: Requirements;
  readonly graph: RequirementGraph;
  /** The pruning of the main module. */
  readonly pruning: Pruning;
  readonly consistent: boolean;
}

/** A graph as its users see it. */
export class LoadedGraph implements ModuleGraph {
  readonly pruning: Pruning;
  readonly consistent: boolean;
  readonly #requirements: Requirements;
  readonly #graph: RequirementGraph;
  #buildList: readonly GraphModule[] | undefined;

  constructor({ requirements, graph, pruning, consistent }: GraphFacts) {
    this.#requirements = requirements;
    this.#graph = graph;
    this.pruning = pruning;
    this.consistent = consistent;
  }

  get main(): ModuleVersion {
    return this.#graph.main;
  }

  get roots(): readonly ModuleVersion[] {
    return this.#requirements.roots;
  }

  get buildList(): readonly GraphModule[] {
    this.#buildList ??= [
      this.main,
      ...this.#graph.buildList().flatMap((module) => {
        if (isToolchain(module.path)) return [];
        const replace = this.replacement(module);
        return [replace === undefined ? module : { ...module, replace }];
      }),
    ];
    return this.#buildList;
  }

  selected(path: string): string | undefined {
    const version = this.#graph.selected(path);
    return version === none ? undefined : version;
  }

  requirements(module: ModuleVersion): readonly ModuleVersion[] | undefined {
    const node = this.#node(module);
    return node === undefined ? undefined : this.#graph.requiredBy(node);
  }

  *edges(): Generator<readonly [ModuleVersion, ModuleVersion]> {
    for (const module of this.#graph.walk()) {
      for (const requirement of this.#graph.requiredBy(module) ?? []) yield [module, requirement];
    }
  }

  modules(): Iterable<ModuleVersion> {
    return this.#graph.walk();
  }

  requirementPath({
    path,
    version = this.selected(path),
  }: {
    readonly path: string;
    readonly version?: string | undefined;
  }): readonly ModuleVersion[] | undefined {
    const node = version === undefined ? undefined : this.#node({ path, version });
    return node === undefined ? undefined : this.#graph.findPath((module) => module === node);
  }

  replacement(module: ModuleVersion): ReplaceTarget | undefined {
    const isMain = module.path === this.main.path && module.version === '';
    return isMain ? undefined : this.#summaries.directives.replacement(module);
  }

  goMod(module: ModuleVersion): GoModSummary | undefined {
    const node = this.#node(module);
    return node === undefined ? undefined : this.#summaries.known(node);
  }

  get #summaries(): Requirements['reading']['summaries'] {
    return this.#requirements.reading.summaries;
  }

  #node(module: ModuleVersion): ModuleVersion | undefined {
    return this.#summaries.nodes.find(module);
  }
}
