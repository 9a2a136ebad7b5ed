// Loading a module graph: from a parsed go.mod, or from a module that is taken as main module.

import { GoModKitError } from '../errors/error.ts';
import { compare } from '../gover/index.ts';
import { type GoMod, parse } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import { LoadedGraph } from './module-graph.ts';
import { goVersionOf } from './pruning.ts';
import type { GraphReading } from './read-graph.ts';
import { MainDirectives } from './replacements.ts';
import { Requirements, requirementsOf } from './requirements.ts';
import { goModBytes, Summaries } from './summaries.ts';
import type { LoadGraphOptions, ModuleGraph } from './types.ts';
import { areRootsSelected, consistentRoots, sameModules } from './update-roots.ts';
import { formatModule, Nodes } from './versions.ts';

const defaultConcurrency = 16;
/** The largest graphs that are known of have some ten thousand. */
const defaultLimit = 200_000;

/**
 * Loads the graph of a main module: its go.mod, as `parse` reads it, and the go.mod files of its dependencies, which `source`
 * has. The result is what `go mod graph` and `go list -m all` show, with `replace` and `exclude`, graph pruning, and roots made
 * consistent (spec §8).
 *
 * Rejects with `invalid_go_mod` for a go.mod that breaks a rule, with `unsupported` for one that needs a newer Go than
 * `options.goVersion`, with `limit_exceeded` above `options.limit`, and as the source does. The message names the requirements through which a file is needed, one per line;
 * `data.requirementPath` has them as a list.
 *
 * @example
 * ```ts
 * import { loadModuleGraph } from '@gomodkit/core/graph';
 * import { parse } from '@gomodkit/core/modfile';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * const goMod = parse('go.mod', 'module example.com/m\n\ngo 1.24\n\nrequire rsc.io/quote v1.5.2\n');
 * const graph = await loadModuleGraph(goMod, { source: upstreamSource('https://goproxy.example') });
 * for (const { path, version } of graph.buildList) console.log(path, version);
 * ```
 */
export async function loadModuleGraph(main: GoMod, options: LoadGraphOptions): Promise<ModuleGraph> {
  return loadGraph(main, options);
}

/**
 * Loads the graph of a module at a version as main module: its own `replace` and `exclude` hold, as when it is checked out.
 * Rejects as {@link loadModuleGraph}; a replacement by a directory is `unsupported` without `readReplacement`.
 *
 * @example
 * ```ts
 * import { loadGraphOf } from '@gomodkit/core/graph';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * const source = upstreamSource('https://goproxy.example');
 * const graph = await loadGraphOf({ path: 'rsc.io/quote', version: 'v1.5.2' }, { source });
 * console.log(graph.selected('rsc.io/sampler')); // v1.3.0
 * ```
 */
export async function loadGraphOf(module: ModuleVersion, options: LoadGraphOptions): Promise<ModuleGraph> {
  const { source, signal } = options;
  const bytes = await goModBytes(source, module, { signal });
  return loadGraph(parse(`${formatModule(module)}/go.mod`, bytes), options);
}

async function loadGraph(goMod: GoMod, options: LoadGraphOptions): Promise<ModuleGraph> {
  const stated = statedRequirements(goMod, options);
  if (options.unpruned === true) {
    const { reading, roots, direct, pruning } = stated;
    const requirements = new Requirements(reading, 'unpruned', roots, direct);
    const graph = await requirements.graph();
    return new LoadedGraph({ requirements, graph, pruning, consistent: areRootsSelected(stated, graph) });
  }
  const requirements = await consistentRoots(stated);
  return new LoadedGraph({
    requirements,
    graph: await requirements.graph(),
    pruning: stated.pruning,
    consistent: sameModules(requirements.roots, stated.roots),
  });
}

/** The requirements that a go.mod states, and how their graph is to be read. */
export function statedRequirements(goMod: GoMod, options: LoadGraphOptions): Requirements {
  options.signal?.throwIfAborted();
  return requirementsOf(readingOf(goMod, options), goMod);
}

function readingOf(goMod: GoMod, options: LoadGraphOptions): GraphReading {
  const { module, go } = goMod;
  const { concurrency = defaultConcurrency, goVersion, limit = defaultLimit, signal } = options;
  if (module === undefined) throw new GoModKitError('invalid_go_mod', 'go.mod has no module line');
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new GoModKitError('invalid_argument', `concurrency must be a positive integer, not ${concurrency}`);
  }
  if (!(limit >= 0)) throw new GoModKitError('invalid_argument', `limit must be a number of versions, not ${limit}`);
  if (goVersion !== undefined && compare(goVersionOf(goMod), goVersion) > 0) {
    throw new GoModKitError('unsupported', `go.mod requires go >= ${go?.version} (running go ${goVersion})`);
  }
  const nodes = new Nodes();
  const summaries = new Summaries(nodes, new MainDirectives(goMod), options);
  return { main: nodes.of(module.path, ''), summaries, concurrency, limit, signal };
}
