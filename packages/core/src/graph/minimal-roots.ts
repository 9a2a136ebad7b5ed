// The fewest requirements that give a build list (Go's Algorithm R).
//
// Invariant: nothing recurses. A chain of requirements may be as long as there are modules.

import type { ModuleVersion } from '../module/index.ts';
import { type GraphReading, graphFailure, readGraph } from './read-graph.ts';
import type { RequirementGraph } from './requirement-graph.ts';
import { compareNodes } from './versions.ts';

/** The smallest set of roots that selects what `roots` select in an unpruned graph, and names each of `paths`. */
export async function minimalRoots(
  reading: GraphReading,
  paths: Iterable<string>,
  roots: readonly ModuleVersion[],
): Promise<readonly ModuleVersion[]> {
  const read = await readGraph(reading, 'unpruned', roots);
  if (read.failures.size > 0) throw graphFailure(read, reading.summaries);
  const { graph } = read;
  const { nodes } = reading.summaries;
  const implied = new Set<ModuleVersion>();
  const minimal: ModuleVersion[] = [];
  const add = (module: ModuleVersion): void => {
    minimal.push(module);
    reach(graph, module, implied);
  };
  const base = new Set(paths);
  for (const path of base) add(nodes.of(path, graph.selected(path)));
  const ordered = postorder(
    graph,
    graph.buildList().map(({ path, version }) => nodes.of(path, version)),
  );
  for (const module of ordered.reverse()) {
    if (graph.selected(module.path) === module.version && !implied.has(module)) add(module);
  }
  return minimal.sort(compareNodes);
}

/** Marks `module` and everything below it. */
function reach(graph: RequirementGraph, module: ModuleVersion, marked: Set<ModuleVersion>): void {
  const stack = [module];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (marked.has(at)) continue;
    marked.add(at);
    stack.push(...(graph.requiredBy(at) ?? []));
  }
}

/** All modules below `from`, each behind what it requires, but for cycles. The main module is not among them. */
function postorder(graph: RequirementGraph, from: readonly ModuleVersion[]): ModuleVersion[] {
  const seen = new Set([graph.main]);
  const ordered: ModuleVersion[] = [];
  for (const root of from) {
    const stack: { readonly module: ModuleVersion; readonly rest: Iterator<ModuleVersion> }[] = [];
    const enter = (module: ModuleVersion): void => {
      if (seen.has(module)) return;
      seen.add(module);
      stack.push({ module, rest: (graph.requiredBy(module) ?? []).values() });
    };
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.next();
      if (!next.done) enter(next.value);
      else {
        ordered.push(top.module);
        stack.pop();
      }
    }
  }
  return ordered;
}
