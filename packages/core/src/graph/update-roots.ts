// Making the roots of a main module consistent: each path once, at the version that the graph selects.
//
// Invariants:
// - What was selected stays selected, or rises. In a pruned graph a root that rises shows requirements that were pruned out, so
//   roots are updated until nothing rises.
// - Every path that was a root stays one in a pruned graph. An unpruned one keeps those whose version did not change.

import type { ModuleVersion } from '../module/index.ts';
import { minimalRoots } from './minimal-roots.ts';
import type { Pruning } from './pruning.ts';
import type { RequirementGraph } from './requirement-graph.ts';
import { Requirements } from './requirements.ts';
import { compareVersions, none } from './versions.ts';

/** What an update may change beside versions. */
export interface RootUpdate {
  /** Which paths the main module imports, where that changed. */
  readonly direct?: ReadonlySet<string> | undefined;
  /** Modules to be required as well, unless a higher version is. */
  readonly add?: readonly ModuleVersion[] | undefined;
}

/** Consistent requirements. Rejects as `Requirements.graph`. */
export function updateRoots(requirements: Requirements, update: RootUpdate = {}): Promise<Requirements> {
  return requirements.pruning === 'pruned'
    ? updatePrunedRoots(requirements, update)
    : updateUnprunedRoots(requirements, update);
}

async function updatePrunedRoots(
  requirements: Requirements,
  { direct = requirements.direct, add = [] }: RootUpdate,
): Promise<Requirements> {
  const { reading } = requirements;
  const added = add.filter(({ path, version }) => {
    const root = requirements.rootVersion(path);
    return root === undefined || compareVersions(path, root, version) < 0;
  });
  let current = requirements;
  let roots = [...requirements.roots, ...added];
  for (let raised = added.length > 0; ; ) {
    if (raised) current = new Requirements(reading, 'pruned', roots, direct);
    const graph = raised || current.isGraphRead ? await current.graph() : undefined;
    const next = selectedRoots(current, graph);
    roots = next.roots;
    raised = next.raised;
    if (!raised) break;
  }
  const isSame = sameModules(roots, requirements.roots) && sameSet(direct, requirements.direct);
  return isSame ? requirements : new Requirements(reading, 'pruned', roots, direct);
}

/** Each root once, at its selected version; and whether that is higher than the lowest it was listed at. */
function selectedRoots(
  requirements: Requirements,
  graph: RequirementGraph | undefined,
): { readonly roots: ModuleVersion[]; readonly raised: boolean } {
  const { main, summaries } = requirements.reading;
  const roots = new Map<string, ModuleVersion>();
  let raised = false;
  for (const { path, version } of requirements.roots) {
    if (path === main.path || roots.has(path)) continue;
    const selected = graph?.selected(path) ?? requirements.rootVersion(path) ?? version;
    roots.set(path, summaries.nodes.of(path, selected));
    raised ||= selected !== version;
  }
  return { roots: [...roots.values()], raised };
}

async function updateUnprunedRoots(
  requirements: Requirements,
  { direct = requirements.direct, add = [] }: RootUpdate,
): Promise<Requirements> {
  const { reading, pruning } = requirements;
  const graph = await requirements.graph();
  const kept = requirements.roots.filter(({ path, version }) => graph.selected(path) === version);
  const keep = [...selectedNodes(requirements, graph), ...add];
  const paths = new Set([...kept, ...keep.filter(({ path }) => direct.has(path))].map(({ path }) => path));
  const roots = await minimalRoots(reading, paths, keep);
  const isSame = sameModules(roots, requirements.roots) && sameSet(direct, requirements.direct);
  return pruning === 'unpruned' && isSame ? requirements : new Requirements(reading, 'unpruned', roots, direct);
}

/** The same build list under another pruning: a pruned file names what an unpruned one leaves to its dependencies. */
export async function convertPruning(requirements: Requirements, pruning: Pruning): Promise<Requirements> {
  if (requirements.pruning === pruning) return requirements;
  if (pruning === 'unpruned') return updateUnprunedRoots(requirements, {});
  const list = selectedNodes(requirements, await requirements.graph());
  return new Requirements(requirements.reading, 'pruned', list, requirements.direct);
}

/** The selected versions of all modules but the main one, as nodes. */
export function selectedNodes({ reading }: Requirements, graph: RequirementGraph): ModuleVersion[] {
  return graph.buildList().map(({ path, version }) => reading.summaries.nodes.of(path, version));
}

/** The same requirements with each path once, at its selected version; the very same where they are so already. */
export async function consistentRoots(requirements: Requirements): Promise<Requirements> {
  const unique = requirements.hasRedundantRoot ? await updateRoots(requirements) : requirements;
  return areRootsSelected(unique, await unique.graph()) ? unique : updateRoots(unique);
}

/** Whether every root is the selected version of its path. */
export function areRootsSelected(requirements: Requirements, graph: RequirementGraph): boolean {
  return requirements.roots.every(({ path, version }) => version === none || graph.selected(path) === version);
}

/** Whether two lists of nodes are the same. */
export function sameModules(a: readonly ModuleVersion[], b: readonly ModuleVersion[]): boolean {
  return a.length === b.length && a.every((module, i) => module === b[i]);
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a === b || (a.size === b.size && [...a].every((each) => b.has(each)));
}
