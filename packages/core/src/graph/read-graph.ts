// Reading a requirement graph from its roots (spec §8).
//
// Invariants:
// - Pruned: the roots, what they require, and everything below roots and requirements that are themselves unpruned. Unpruned:
//   everything.
// - A graph is finite, also where versions are made up as they are asked for.
// - A go.mod that cannot be read is remembered and the rest is read on, so that the error is the one with the shortest path,
//   whatever came first. Only an abort ends the reading early.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import { drain } from './drain.ts';
import type { Pruning } from './pruning.ts';
import { formatTarget } from './replacements.ts';
import { RequirementGraph } from './requirement-graph.ts';
import type { Summaries } from './summaries.ts';
import type { GoModSummary } from './types.ts';
import { formatModule, none } from './versions.ts';

/** What is needed to read a graph. */
export interface GraphReading {
  readonly main: ModuleVersion;
  readonly summaries: Summaries;
  readonly concurrency: number;
  /** How many module versions may be looked at. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** A graph, and why some of its modules could not be read. */
export interface ReadGraph {
  readonly graph: RequirementGraph;
  readonly failures: ReadonlyMap<ModuleVersion, unknown>;
}

interface Visit {
  readonly module: ModuleVersion;
  readonly pruning: Pruning;
}

/** Reads the graph of `roots`. Requirements in `unprune` are read also where they would be pruned out. */
export async function readGraph(
  { main, summaries, concurrency, limit, signal }: GraphReading,
  pruning: Pruning,
  roots: readonly ModuleVersion[],
  unprune: ReadonlySet<ModuleVersion> = new Set(),
): Promise<ReadGraph> {
  const graph = new RequirementGraph(main);
  const failures = new Map<ModuleVersion, unknown>();
  const visited = { pruned: new Set<ModuleVersion>(), unpruned: new Set<ModuleVersion>() };
  graph.require(main, roots);

  const visit = (visits: Visit, add: (visit: Visit) => void): Promise<void> | undefined => {
    const { module } = visits;
    const seen = visited[visits.pruning];
    // An unpruned visit goes wherever a pruned one would.
    if (module.version === none || seen.has(module) || visited.unpruned.has(module)) return undefined;
    seen.add(module);
    if (seen.size > limit) throw tooManyVersions(limit);
    const known = summaries.known(module);
    if (known !== undefined) return follow(visits, known, add);
    return summaries.load(module).then(
      (summary) => follow(visits, summary, add),
      (error) => {
        signal?.throwIfAborted();
        failures.set(module, error);
      },
    );
  };
  const follow = (visits: Visit, summary: GoModSummary, add: (visit: Visit) => void): undefined => {
    const { module } = visits;
    if (graph.requiredBy(module) === undefined) graph.require(module, summaries.requirements(module));
    const next = visits.pruning === 'unpruned' ? 'unpruned' : summary.pruning;
    const isHorizon = visits.pruning === 'pruned' && summary.pruning === 'pruned';
    for (const requirement of graph.requiredBy(module) ?? []) {
      if (!isHorizon || unprune.has(requirement)) add({ module: requirement, pruning: next });
    }
  };

  const first = roots.map((module) => ({ module, pruning }));
  await drain(first, visit, { concurrency, signal });
  return { graph, failures };
}

function tooManyVersions(limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `the module graph has more than ${limit} module versions`, {
    data: { limit },
  });
}

/** How many lines of a long chain of requirements a message has at either end. */
const shownLinks = 20;

/** The error of the failed module with the shortest path, with that path, as the go command says it. */
export function graphFailure({ graph, failures }: ReadGraph, summaries: Summaries): unknown {
  const path = graph.findPath((module) => failures.has(module)) ?? [];
  const module = path.at(-1);
  if (module === undefined) return undefined;
  const error = failures.get(module);
  const reason = error instanceof Error ? error.message : String(error);
  const links = path.slice(1, -1).map((each) => `${formatModule(each)} requires\n\t`);
  const left = links.length - 2 * shownLinks;
  const chain = left <= 0 ? links : links.toSpliced(shownLinks, left, `… ${left} more …\n\t`);
  const replace = summaries.directives.replacement(module);
  const name = formatModule(module);
  const target = replace && formatTarget(replace).replace(' ', '@');
  // Go says nothing of one that stands for itself.
  const about = target === undefined || target === name ? name : `${name} (replaced by ${target})`;
  const message = `${chain.join('')}${about}: ${reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason}`;
  if (!isGoModKitError(error)) return new Error(message, { cause: error });
  const data = { ...error.data, module, requirementPath: path };
  return new GoModKitError(error.code, message, { cause: error, data });
}
