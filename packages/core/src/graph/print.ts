// A graph as the go command prints it.

import { formatTarget } from './replacements.ts';
import type { GraphModule, ModuleGraph } from './types.ts';
import { formatModule } from './versions.ts';

/** The lines of `go mod graph`: a module and one of its requirements on each. */
export function* formatEdges(graph: ModuleGraph): Generator<string> {
  for (const [module, requirement] of graph.edges()) yield `${formatModule(module)} ${formatModule(requirement)}`;
}

/** The line of `go list -m all` for a module: `path version`, and `=> replacement` where it is replaced. */
export function formatListed({ path, version, replace }: GraphModule): string {
  const name = version === '' ? path : `${path} ${version}`;
  return replace === undefined ? name : `${name} => ${formatTarget(replace)}`;
}
