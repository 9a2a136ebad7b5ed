// What `go get` does to modules: versions asked for, and everything else that follows (spec §8).
//
// Invariants:
// - Versions that are asked for are selected, or it is refused; `upgrade` and `patch` start from what was selected before.
// - go.mod changes only where its requirements do: comments, blocks and everything else stay.
// - Without package information nothing is known of imports: a new requirement is `// indirect`, and no requirement is dropped because nobody
//   imports it. `GetOptions.imports` tells.

import { compareUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { isToolchain, modIsValid } from '../gover/index.ts';
import type { GoMod } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import { editRequirements } from './edit-requirements.ts';
import { statedRequirements } from './load-module-graph.ts';
import { LoadedGraph } from './module-graph.ts';
import { pruningOf } from './pruning.ts';
import { Requirements } from './requirements.ts';
import type { LoadGraphOptions, ModuleGraph } from './types.ts';
import { consistentRoots, convertPruning, selectedNodes, updateRoots } from './update-roots.ts';
import { VersionQueries, type VersionSource } from './version-queries.ts';
import { none } from './versions.ts';
import { formatRequirements } from './write-requirements.ts';

/** A module and what is wanted of it. */
export interface ModuleQuery {
  readonly path: string;
  /** As behind the `@` of `go get`: a version, `latest`, `upgrade`, `patch`, `none`, `v1.2`, `<v1.5.0`, a branch or commit. */
  readonly query: string;
}

/** What packages say of modules. Paths are module paths. */
export interface ModuleImports {
  /** Modules that provide packages which the main module's packages and tests import, directly or not. */
  readonly provided: Iterable<string>;
  /** Those of them whose packages the main module imports itself. */
  readonly direct: Iterable<string>;
}

/** Options of {@link getModules}. */
export interface GetOptions extends Omit<LoadGraphOptions, 'source' | 'unpruned'> {
  /** Where versions and go.mod files come from. */
  readonly source: VersionSource;
  /**
   * As `-u` and `-u=patch`: raises all other modules, too. With `imports` the result is that of `go get -u ./...`: what provides packages is
   * raised, also what comes in by that, and nothing else. Without it all roots of a pruned main module are raised, and the whole build list
   * of an unpruned one, whether or not a package of theirs is imported; and what comes in newly stays at the version that is required.
   */
  readonly upgrade?: 'upgrade' | 'patch' | undefined;
  /**
   * Loads packages and says which modules they need. Is asked again after each change of the graph. What it says is what makes the result
   * that of `go get` for a main module with packages: modules without `// indirect`, and in a pruned graph a requirement for each module
   * that provides a package.
   */
  readonly imports?: ((graph: ModuleGraph) => Promise<ModuleImports>) | undefined;
}

/** A module whose selected version is another now. */
export interface ModuleChange {
  readonly path: string;
  /** Undefined for a module that is new. */
  readonly from?: string | undefined;
  /** Undefined for a module that is gone. */
  readonly to?: string | undefined;
}

/** A version that was asked for, and that its author took back. */
export interface RetractionWarning extends ModuleVersion {
  readonly kind: 'retracted';
  readonly rationale: string;
}

/** What {@link getModules} did. */
export interface GetResult {
  /** The graph after the change. */
  readonly graph: ModuleGraph;
  /** The text of the new go.mod. */
  readonly goMod: string;
  /** What was selected before and after, by path. */
  readonly changes: readonly ModuleChange[];
  readonly warnings: readonly RetractionWarning[];
}

/**
 * Upgrades, downgrades, adds and removes modules, as `go get` does on the level of modules, and writes the new go.mod.
 *
 * Rejects with `invalid_argument` when wanted versions exclude each other (`data.conflicts`) or a query is malformed, `not_found` for a
 * query without a match, `denied` for a version that go.mod excludes, and as `loadModuleGraph`.
 *
 * @example
 * ```ts
 * import { getModules } from '@gomodkit/core/graph';
 * import { parse } from '@gomodkit/core/modfile';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * const goMod = parse('go.mod', 'module example.com/m\n\ngo 1.24\n\nrequire rsc.io/quote v1.5.0\n');
 * const source = upstreamSource('https://goproxy.example');
 * const result = await getModules(goMod, [{ path: 'rsc.io/quote', query: 'patch' }], { source });
 * console.log(result.goMod, result.changes);
 * ```
 */
export async function getModules(
  goMod: GoMod,
  queries: readonly ModuleQuery[],
  options: GetOptions,
): Promise<GetResult> {
  const stated = await withGoVersion(statedRequirements(goMod, options), goMod, options);
  const initial = await consistentRoots(stated);
  const { summaries } = initial.reading;
  const versions = new VersionQueries(options.source, summaries, { signal: options.signal });
  const wanted = await resolveQueries(initial, queries, versions);
  const previous = (path: string, version: string): Promise<string> => versions.previous(path, version);
  let requirements = initial;
  const edit = async (tryUpgrade: readonly ModuleVersion[]): Promise<boolean> => {
    const before = requirements;
    requirements = await consistentRoots(await editRequirements(before, { mustSelect: wanted, tryUpgrade, previous }));
    return requirements !== before;
  };
  await edit([]);
  for (let isChanged = options.upgrade !== undefined; isChanged; ) {
    // What provides packages is a root before it is raised, and what it requires as such stays required.
    requirements = await withImports(requirements, options);
    const upgrades = await findUpgrades(requirements, wanted, versions, options);
    isChanged = upgrades.length > 0 && (await edit(upgrades));
  }
  requirements = await withImports(requirements, options);
  const graph = await view(await asWritten(requirements));
  return {
    graph,
    goMod: formatRequirements(goMod, requirements),
    changes: changesBetween(await view(initial), graph),
    warnings: await retractionWarnings(wanted, versions),
  };
}

/** A go.mod without `go` line gets that of the Go at hand, and lists what a pruned one has to. */
async function withGoVersion(stated: Requirements, goMod: GoMod, { goVersion }: GetOptions): Promise<Requirements> {
  if (goMod.go !== undefined || goVersion === undefined) return stated;
  const { reading, roots, direct, pruning } = stated.hasRedundantRoot ? await updateRoots(stated) : stated;
  const others = roots.filter(({ path }) => path !== 'go');
  const go = reading.summaries.nodes.of('go', goVersion);
  return convertPruning(new Requirements(reading, pruning, [...others, go], direct), pruningOf(goVersion));
}

/** The versions that queries ask for, as nodes. */
async function resolveQueries(
  initial: Requirements,
  queries: readonly ModuleQuery[],
  versions: VersionQueries,
): Promise<readonly ModuleVersion[]> {
  const { main, summaries } = initial.reading;
  const graph = await initial.graph();
  const resolved = queries.map(async ({ path, query }) => {
    if (path !== main.path)
      return summaries.nodes.of(path, await resolveQuery(path, query, graph.selected(path), versions));
    // The main module is at its latest version already.
    if (query === 'upgrade' || query === 'patch') return undefined;
    throw invalid(`can't request version "${query}" of the main module (${path})`);
  });
  return (await Promise.all(resolved)).filter((module) => module !== undefined);
}

async function resolveQuery(path: string, query: string, current: string, versions: VersionQueries): Promise<string> {
  if (path === 'go' && query === none) throw invalid('cannot use go@none');
  if (query === none) return none;
  if (!isToolchain(path)) return versions.resolve(path, query, current);
  if (modIsValid(path, query)) return query;
  throw new GoModKitError('unsupported', `${path}@${query}: only versions can be asked for of ${path}`);
}

/** Higher versions of what may be raised, as nodes. */
async function findUpgrades(
  requirements: Requirements,
  wanted: readonly ModuleVersion[],
  versions: VersionQueries,
  { upgrade = 'upgrade', imports }: GetOptions,
): Promise<readonly ModuleVersion[]> {
  const { main, summaries } = requirements.reading;
  const graph = await requirements.graph();
  const fixed = new Set([main.path, ...wanted.map(({ path }) => path)]);
  const all = requirements.pruning === 'pruned' ? requirements.roots : selectedNodes(requirements, graph);
  const paths =
    imports === undefined ? all.map(({ path }) => path) : (await imports(await view(requirements))).provided;
  const found = [...new Set(paths)].map(async (path) => {
    const selected = graph.selected(path);
    if (fixed.has(path) || isToolchain(path) || selected === none) return [];
    const version = await versions.resolve(path, upgrade, selected);
    return version === selected ? [] : [summaries.nodes.of(path, version)];
  });
  return (await Promise.all(found)).flat();
}

/** Roots and marks as packages ask for them. */
async function withImports(requirements: Requirements, { imports }: GetOptions): Promise<Requirements> {
  if (imports === undefined) return requirements;
  const { reading, pruning } = requirements;
  let current = requirements;
  for (;;) {
    const { provided, direct } = await imports(await view(current));
    const graph = await current.graph();
    const needed = [...provided].filter((path) => path !== reading.main.path && graph.selected(path) !== none);
    const add = needed.map((path) => reading.summaries.nodes.of(path, graph.selected(path)));
    const update = { direct: new Set([...current.direct, ...direct]), add: pruning === 'pruned' ? add : [] };
    const next = await consistentRoots(await updateRoots(current, update));
    if (next === current) return current;
    current = next;
  }
}

/** As the new go.mod will be read: a `go` line that rose may have begun to prune. */
async function asWritten(requirements: Requirements): Promise<Requirements> {
  const { reading, roots, direct } = requirements;
  const pruning = pruningOf(requirements.rootVersion('go') ?? '');
  return pruning === requirements.pruning
    ? requirements
    : consistentRoots(new Requirements(reading, pruning, roots, direct));
}

async function view(requirements: Requirements): Promise<LoadedGraph> {
  const { pruning } = requirements;
  return new LoadedGraph({ requirements, graph: await requirements.graph(), pruning, consistent: true });
}

function changesBetween(before: ModuleGraph, after: ModuleGraph): readonly ModuleChange[] {
  const paths = new Set([...before.buildList, ...after.buildList].map(({ path }) => path));
  for (const path of ['go', 'toolchain']) paths.add(path);
  return [...paths]
    .map((path) => ({ path, from: before.selected(path), to: after.selected(path) }))
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => compareUtf8(a.path, b.path));
}

async function retractionWarnings(
  wanted: readonly ModuleVersion[],
  versions: VersionQueries,
): Promise<readonly RetractionWarning[]> {
  const found = wanted.map(async ({ path, version }): Promise<RetractionWarning[]> => {
    if (version === none || isToolchain(path)) return [];
    // What cannot be read is no reason to refuse what is done already.
    const [retraction] = await versions.retractions(path, version).catch(() => []);
    return retraction === undefined ? [] : [{ kind: 'retracted', path, version, rationale: retraction.rationale }];
  });
  return (await Promise.all(found)).flat();
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}
