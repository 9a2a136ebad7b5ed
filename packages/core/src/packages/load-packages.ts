// Loading packages: passes over them, until they and the requirements agree.
//
// Invariants:
// - Requirements are those that the go command would load the packages under: what an earlier load of the same loader added to them stays.
// - Missing modules are not looked for beyond the build list: nothing is upgraded or added but what the module graph has already.
// - Zips are let go when the loader is closed.

import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { statedRequirements } from '../graph/load-module-graph.ts';
import { pruningOf } from '../graph/pruning.ts';
import type { Requirements } from '../graph/requirements.ts';
import { consistentRoots, convertPruning, updateRoots } from '../graph/update-roots.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { ModuleFiles } from './module-files.ts';
import { localTree, ModuleTrees } from './module-trees.ts';
import { LoadedPackages } from './package-graph.ts';
import { type LoadedPass, loadPass } from './package-pass.ts';
import type { ModulePlaces } from './resolve-import.ts';
import { joinPath, packageDirectories } from './scan-package.ts';
import type { LoadPackagesOptions, MainModule, PackageGraph } from './types.ts';
import {
  afterPass,
  allClosesOverTests,
  checkReplacements,
  goVersionOf,
  withRootModules,
} from './update-requirements.ts';

const defaultConcurrency = 16;
const defaultOpenZips = 64;
/** Packages that wait for a zip cost nothing. */
const packagesAtOnce = 256;

/**
 * Loads the packages of a main module and everything they import: what `go mod why` and `go mod tidy` look at. Only zips of modules are
 * fetched in which one of the packages might be.
 *
 * Packages that are missing or whose module cannot be read have an `error` and stop nothing else. Rejects with `invalid_go_mod`, and as
 * `loadModuleGraph` where the module graph cannot be loaded.
 *
 * @example
 * ```ts
 * import { parse } from '@gomodkit/core/modfile';
 * import { loadPackages, openModule } from '@gomodkit/core/packages';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * const source = upstreamSource('https://goproxy.example');
 * const files = await openModule({ path: 'rsc.io/quote', version: 'v1.5.2' }, source);
 * const goMod = parse('go.mod', await source.goMod('rsc.io/quote', 'v1.5.2'));
 * const graph = await loadPackages({ goMod, files }, { source });
 * console.log(graph.why('golang.org/x/text/language')); // ['rsc.io/quote', 'rsc.io/sampler', 'golang.org/x/text/language']
 * await files.dispose();
 * ```
 */
export async function loadPackages(main: MainModule, options: LoadPackagesOptions): Promise<PackageGraph> {
  const loader = await openLoader(main, options);
  try {
    return await loader.loadAll();
  } finally {
    await loader.close();
  }
}

/** Opens a loader. Rejects with `invalid_go_mod` and `invalid_argument`. */
export async function openLoader(main: MainModule, options: LoadPackagesOptions): Promise<PackageLoader> {
  const { source, concurrency = defaultConcurrency, openZips = defaultOpenZips, replacementFiles, signal } = options;
  const { goVersion, onModule, onError } = options;
  const readReplacement = async (directory: string, call: CallOptions): Promise<Uint8Array> =>
    readGoMod(directory, await replacementFiles?.(directory, call), call);
  const stated = statedRequirements(main.goMod, { source, readReplacement, concurrency, signal, goVersion, onModule });
  const trees = new ModuleTrees({ source, replacementFiles, fetches: concurrency, openZips, signal, onError });
  const requirements = stated.hasRedundantRoot ? await updateRoots(stated) : stated;
  return new PackageLoader(main, requirements, { main: localTree(main.files, { signal }), trees }, signal);
}

async function readGoMod(directory: string, files: ModuleFiles | undefined, options: CallOptions): Promise<Uint8Array> {
  if (files === undefined) {
    throw new GoModKitError(
      'unsupported',
      `${directory} is a directory, and replacementFiles is missing that looks there`,
    );
  }
  if ((await files.list('', options))?.files.includes('go.mod') !== true) {
    throw new GoModKitError('not_found', `reading ${directory}/go.mod: no such file`);
  }
  let text = '';
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of files.read('go.mod', options)) text += decoder.decode(chunk, { stream: true });
  return encodeUtf8(text + decoder.decode());
}

/** Loads packages again and again, under requirements that only grow. */
export class PackageLoader {
  readonly #main: MainModule;
  readonly #places: ModulePlaces;
  readonly #signal: AbortSignal | undefined;
  #requirements: Requirements;
  #mainPackages: Promise<readonly string[]> | undefined;

  constructor(main: MainModule, requirements: Requirements, places: ModulePlaces, signal: AbortSignal | undefined) {
    this.#main = main;
    this.#requirements = requirements;
    this.#places = places;
    this.#signal = signal;
  }

  /** Reads the module graph where one of these modules is no root: then the go command does so too, to find its version. */
  async lookUp(modules: readonly string[]): Promise<void> {
    const { pruning } = this.#requirements;
    if (pruning === 'pruned' && modules.every((path) => this.#requirements.rootVersion(path) !== undefined)) return;
    this.#requirements = await consistentRoots(this.#requirements);
  }

  /** The selected versions of all modules, by path. */
  async buildList(): Promise<readonly ModuleVersion[]> {
    this.#requirements = await consistentRoots(this.#requirements);
    return [this.#requirements.reading.main, ...(await this.#requirements.graph()).buildList()];
  }

  /** Loads these packages, their tests and what they import. */
  async load(paths: readonly string[]): Promise<void> {
    await this.#load(async () => paths, false);
  }

  /** Loads "all". */
  async loadAll(): Promise<PackageGraph> {
    const pass = await this.#load(async () => [...(await this.#packagesOfMain()), ...this.#tools], true);
    return new LoadedPackages(this.#requirements, pass);
  }

  close(): Promise<void> {
    return this.#places.trees.close();
  }

  get #tools(): readonly string[] {
    return this.#main.goMod.tool.map(({ path }) => path);
  }

  #packagesOfMain(): Promise<readonly string[]> {
    this.#mainPackages ??= this.#findPackages();
    return this.#mainPackages;
  }

  async #findPackages(): Promise<readonly string[]> {
    const { path: root } = this.#requirements.reading.main;
    const ignore = this.#main.goMod.ignore.map(({ path }) => path);
    const directories = await packageDirectories(this.#main.files, ignore, { signal: this.#signal });
    return directories.map((directory) => joinPath(root, directory));
  }

  async #load(rootPaths: () => Promise<readonly string[]>, all: boolean): Promise<LoadedPass> {
    if (this.#requirements.pruning === 'unpruned') this.#requirements = await consistentRoots(this.#requirements);
    for (;;) {
      this.#signal?.throwIfAborted();
      const current = await convertPruning(this.#requirements, pruningOf(goVersionOf(this.#requirements)));
      const roots = await rootPaths();
      this.#requirements = current.pruning === 'pruned' ? await withRootModules(current, roots, this.#places) : current;
      if (this.#requirements !== current) continue;
      const pass = await loadPass({
        requirements: current,
        places: this.#places,
        roots,
        all,
        allClosesOverTests: allClosesOverTests(current),
        tools: new Set(this.#tools),
        concurrency: packagesAtOnce,
        signal: this.#signal,
      });
      const { requirements, changed } = await afterPass(current, pass, all, this.#places);
      this.#requirements = requirements;
      if (changed) continue;
      await checkReplacements(requirements);
      return pass;
    }
  }
}
