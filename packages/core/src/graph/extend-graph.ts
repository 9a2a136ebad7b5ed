// The graph of roots that are about to change.
//
// Invariant: the selected version of every path that is a root is read as a root is, so that whatever an accepted upgrade would bring
// along is seen, with the requirements that lead there.

import type { ModuleVersion } from '../module/index.ts';
import type { Pruning } from './pruning.ts';
import { type GraphReading, type ReadGraph, readGraph } from './read-graph.ts';
import { none } from './versions.ts';

/** A graph, and the pruning of all its roots, given and to be. */
export interface ExtendedGraph extends ReadGraph {
  readonly rootPruning: ReadonlyMap<ModuleVersion, Pruning>;
}

/** Reads the graph of `roots`, extended until no root of it would rise further. `paths` are those of roots. */
export async function extendGraph(
  reading: GraphReading,
  pruning: Pruning,
  roots: readonly ModuleVersion[],
  paths: Iterable<string>,
): Promise<ExtendedGraph> {
  const { summaries } = reading;
  const upgraded = new Set<ModuleVersion>();
  const rootPaths = [...paths];
  for (;;) {
    const read = await readGraph(reading, pruning, roots, upgraded);
    const before = upgraded.size;
    for (const path of pruning === 'pruned' ? rootPaths : []) {
      const version = read.graph.selected(path);
      const module = summaries.nodes.of(path, version);
      if (version !== none && read.graph.requiredBy(module) === undefined) upgraded.add(module);
    }
    if (upgraded.size > before) continue;
    const own = (module: ModuleVersion): Pruning =>
      pruning === 'unpruned' ? 'unpruned' : (summaries.known(module)?.pruning ?? pruning);
    return { ...read, rootPruning: new Map([...roots, ...upgraded].map((module) => [module, own(module)])) };
  }
}
