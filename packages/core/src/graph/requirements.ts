// The requirements of a main module, and the graph below them.
//
// Invariants:
// - Requirements never change: an update makes new ones. Their graph is read once, when it is first asked for.
// - Roots are sorted by path and version; `go` is always among them.

import type { GoMod } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import { goVersionOf, type Pruning, pruningOf } from './pruning.ts';
import { type GraphReading, graphFailure, type ReadGraph, readGraph } from './read-graph.ts';
import type { RequirementGraph } from './requirement-graph.ts';
import { compareNodes, compareVersions } from './versions.ts';

/** Roots, the pruning under which they are read, and which paths are thought to be imported by the main module. */
export class Requirements {
  readonly reading: GraphReading;
  readonly pruning: Pruning;
  readonly roots: readonly ModuleVersion[];
  /** Paths without `// indirect`; and `go`. */
  readonly direct: ReadonlySet<string>;
  readonly #highest = new Map<string, string>();
  #graph: Promise<ReadGraph> | undefined;

  constructor(reading: GraphReading, pruning: Pruning, roots: readonly ModuleVersion[], direct: ReadonlySet<string>) {
    this.reading = reading;
    this.pruning = pruning;
    this.roots = [...roots].sort(compareNodes);
    this.direct = direct;
    for (const { path, version } of this.roots) {
      const highest = this.#highest.get(path);
      if (highest === undefined || compareVersions(path, highest, version) < 0) this.#highest.set(path, version);
    }
  }

  /** The highest version of `path` among the roots; undefined when it is no root. */
  rootVersion(path: string): string | undefined {
    return path === this.reading.main.path ? this.reading.main.version : this.#highest.get(path);
  }

  /** The highest version of each path among the roots. */
  get rootVersions(): ReadonlyMap<string, string> {
    return this.#highest;
  }

  get isGraphRead(): boolean {
    return this.#graph !== undefined;
  }

  /** Whether a path appears twice, or is that of the main module: such lines have to go. */
  get hasRedundantRoot(): boolean {
    const { main } = this.reading;
    return this.#highest.size < this.roots.length || this.#highest.has(main.path);
  }

  /** The graph, with failures. Rejects only when aborted. */
  read(): Promise<ReadGraph> {
    this.#graph ??= readGraph(this.reading, this.pruning, this.roots);
    return this.#graph;
  }

  /** The graph. Rejects with the reason why a module could not be read, and the path to it. */
  async graph(): Promise<RequirementGraph> {
    const read = await this.read();
    if (read.failures.size > 0) throw graphFailure(read, this.reading.summaries);
    return read.graph;
  }
}

/** The requirements that a go.mod states; exclusions are left out. */
export function requirementsOf(reading: GraphReading, goMod: GoMod): Requirements {
  const { nodes, directives } = reading.summaries;
  const stated = goMod.require.filter((require) => !directives.isExcluded(require));
  const roots = stated.map(({ path, version }) => nodes.of(path, version));
  const goVersion = goVersionOf(goMod);
  roots.push(nodes.of('go', goVersion));
  if (goMod.toolchain !== undefined) roots.push(nodes.of('toolchain', goMod.toolchain.name));
  const direct = new Set(stated.filter(({ indirect }) => !indirect).map(({ path }) => path));
  return new Requirements(reading, pruningOf(goVersion), roots, direct.add('go'));
}
