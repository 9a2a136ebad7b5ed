// What loaded packages say of a main module's requirements.
//
// Invariant: in a pruned graph each module that provides a package of "all", or one that was asked for, is a root, so that what that module
// requires is read; otherwise versions could be selected that it does not work with.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { compare } from '../gover/index.ts';
import type { Requirements } from '../graph/requirements.ts';
import { updateRoots } from '../graph/update-roots.ts';
import { compareVersions } from '../graph/versions.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { LoadedPass, PackageNode } from './package-pass.ts';
import { type FoundPackage, type ModulePlaces, resolveImport } from './resolve-import.ts';

/** Requirements that have the modules of root packages among their roots. The same ones where nothing was missing. */
export async function withRootModules(
  requirements: Requirements,
  paths: readonly string[],
  places: ModulePlaces,
): Promise<Requirements> {
  const add = new Set<ModuleVersion>();
  for (const path of new Set(paths)) {
    // What cannot be found is for the pass to tell.
    const module = (await find(path, requirements, places))?.module;
    if (module !== undefined && requirements.rootVersion(module.path) !== module.version) add.add(module);
  }
  return add.size === 0 ? requirements : updateRoots(requirements, { add: [...add] });
}

/** Requirements after a pass, and whether packages have to be loaded again because of them. Rejects as graphs do. */
export async function afterPass(
  requirements: Requirements,
  pass: LoadedPass,
  all: boolean,
  places: ModulePlaces,
): Promise<{ readonly requirements: Requirements; readonly changed: boolean }> {
  const { main } = requirements.reading;
  const isExternal = ({ module }: PackageNode): boolean => module !== undefined && module !== main;
  const direct = new Set(all ? [] : requirements.direct);
  for (const { module, imports } of pass.order) {
    if (module !== main) continue;
    for (const each of imports) if (isExternal(each) && each.module !== undefined) direct.add(each.module.path);
  }
  const needed = pass.order.filter((node) => isExternal(node) && (node.inAll || node.isRoot));
  const modules = [...new Set(needed.flatMap(({ module }) => module ?? []))];
  const add = modules.filter(({ path }) => requirements.rootVersion(path) === undefined);
  if (requirements.pruning === 'pruned' && add.length === 0 && !requirements.isGraphRead) {
    if (!(await areConsistent(requirements, modules))) await requirements.graph();
  }
  const next = await updateRoots(requirements, { direct, add: requirements.pruning === 'pruned' ? add : [] });
  return { requirements: next, changed: await hasChanged(requirements, next, pass, places) };
}

/** Whether none of the roots requires more of another than is listed: a cheap look that spares the whole graph. */
async function areConsistent(requirements: Requirements, modules: readonly ModuleVersion[]): Promise<boolean> {
  const { summaries } = requirements.reading;
  try {
    for (const module of modules) {
      for (const { path, version } of (await summaries.load(module)) && summaries.requirements(module)) {
        const root = requirements.rootVersion(path);
        if (root !== undefined && compareVersions(path, root, version) < 0) return false;
      }
    }
    return true;
  } catch {
    // The graph will say why.
    return false;
  }
}

async function hasChanged(
  before: Requirements,
  after: Requirements,
  { order }: LoadedPass,
  places: ModulePlaces,
): Promise<boolean> {
  if (goVersionOf(before) !== goVersionOf(after)) return true;
  const isSame =
    before.roots.length === after.roots.length && before.roots.every((module, i) => module === after.roots[i]);
  if (isSame) return false;
  const graph = await after.graph();
  for (const { path, module, error } of order) {
    if (module !== undefined && module.version !== '' && graph.selected(module.path) !== module.version) return true;
    if (error === undefined) continue;
    // A new root may bring the module that was missing, or make an ambiguous import plain.
    if ((await find(path, after, places)) !== undefined) return true;
  }
  return false;
}

async function find(path: string, requirements: Requirements, places: ModulePlaces): Promise<FoundPackage | undefined> {
  try {
    return await resolveImport(path, requirements, places);
  } catch (error) {
    if (isGoModKitError(error)) return undefined;
    throw error;
  }
}

/** The version of Go that requirements are written for. */
export function goVersionOf(requirements: Requirements): string {
  return requirements.rootVersion('go') ?? '1.16';
}

/** From this version on tests of dependencies are not in "all". */
export function allClosesOverTests(requirements: Requirements): boolean {
  return compare(goVersionOf(requirements), '1.16') < 0;
}

/** Throws `invalid_go_mod` where one module, or directory, stands for two module paths. */
export async function checkReplacements(requirements: Requirements): Promise<void> {
  const { main, summaries } = requirements.reading;
  const list = requirements.isGraphRead ? [main, ...(await requirements.graph()).buildList()] : requirements.roots;
  const users = new Map<string, string>();
  for (const module of list) {
    const { path, version = '' } = summaries.directives.replacement(module) ?? module;
    const source = `${path}@${version}`;
    const user = users.get(source) ?? module.path;
    if (user !== module.path) {
      const message = `${source} used for two different module paths (${user} and ${module.path})`;
      throw new GoModKitError('invalid_go_mod', message, { data: { source, paths: [user, module.path] } });
    }
    users.set(source, user);
  }
}
