// Which module has a package (https://go.dev/ref/mod#resolve-pkg-mod).
//
// Invariants:
// - Every module whose path is the import path or a part of its beginning is looked at, the standard library too; only one of them may
//   have the package.
// - Where the graph is pruned, roots are asked first, and the rest of the graph is read only when they do not have the package.

import { GoModKitError } from '../errors/error.ts';
import { isToolchain } from '../gover/index.ts';
import type { Requirements } from '../graph/requirements.ts';
import { none } from '../graph/versions.ts';
import type { ModuleVersion } from '../module/index.ts';
import { parentOf } from './module-files.ts';
import type { ModuleTree, ModuleTrees } from './module-trees.ts';
import type { PackageImports } from './scan-package.ts';
import { importProblem, stdPackage } from './std.ts';

/** A package, found. */
export interface FoundPackage {
  /** Undefined for the standard library. */
  readonly module?: ModuleVersion | undefined;
  /** What it imports; undefined where it has no Go files that can be part of a build. */
  scan(): Promise<PackageImports | undefined>;
}

/** Where modules are. */
export interface ModulePlaces {
  readonly main: ModuleTree;
  readonly trees: ModuleTrees;
}

/**
 * Finds the package of an import path. Rejects with `not_found` where no module has it, `conflict` where several have it,
 * `invalid_path` for what is no import path, and as sources do.
 */
export async function resolveImport(
  path: string,
  requirements: Requirements,
  places: ModulePlaces,
): Promise<FoundPackage> {
  const problem = importProblem(path);
  if (problem !== undefined) throw new GoModKitError('invalid_path', problem, { data: { path } });
  const std = stdPackage(path);
  const found: FoundPackage[] = std === undefined ? [] : [{ scan: async () => std }];
  if (requirements.pruning === 'pruned') {
    found.push(...(await lookIn((prefix) => requirements.rootVersion(prefix), path, requirements, places)));
  }
  if (found.length === 0 || requirements.pruning === 'unpruned') {
    const graph = await requirements.graph();
    found.push(...(await lookIn((prefix) => graph.selected(prefix), path, requirements, places)));
  }
  const [only, ...others] = found;
  if (only === undefined) {
    throw new GoModKitError('not_found', `no required module provides package ${path}`, { data: { path } });
  }
  if (others.length > 0) throw ambiguous(path, found);
  // It says for which version of Go the package is; one that cannot be read makes the package useless.
  const { reading } = requirements;
  if (only.module !== undefined && only.module !== reading.main) await reading.summaries.load(only.module);
  return only;
}

async function lookIn(
  versionOf: (path: string) => string | undefined,
  path: string,
  { reading }: Requirements,
  { main, trees }: ModulePlaces,
): Promise<FoundPackage[]> {
  const found: FoundPackage[] = [];
  for (let prefix = path; prefix !== ''; prefix = parentOf(prefix)) {
    const version = isToolchain(prefix) ? undefined : versionOf(prefix);
    if (version === undefined || version === none) continue;
    const module = prefix === reading.main.path ? reading.main : reading.summaries.nodes.of(prefix, version);
    const replacement = reading.summaries.directives.replacement(module);
    const tree = module === reading.main ? main : await trees.open(replacement ?? module);
    const directory = path.slice(prefix.length + 1);
    if (await tree.hasGoFiles(directory)) found.push({ module, scan: () => tree.scan(directory) });
  }
  return found;
}

function ambiguous(path: string, found: readonly FoundPackage[]): GoModKitError {
  const modules = found.map(({ module }) => (module === undefined ? 'std' : `${module.path} ${module.version}`.trim()));
  const list = modules.reverse().map((module) => `\n\t${module}`);
  return new GoModKitError('conflict', `ambiguous import: found package ${path} in multiple modules:${list.join('')}`, {
    data: { path, modules },
  });
}
