// What belongs to a closure: found by loading the module graphs of the wanted, as the go command would.
//
// Versions (`.info`, `.mod`): every one in the graph without pruning. Zips: the build list with the wanted module as main module, its own
// `replace` and `exclude` in force, as when it is checked out; and as a dependency of another module, where they are not.
//
// Invariants:
// - Reading a go.mod for a graph is what wants its version: there is no second list that could differ.
// - What is refused stops nothing else: graphs are loaded as if it required nothing.
// - A replacement by a directory holds for a go.mod that was given, and not for a published module, which is without its neighbours:
//   there the replaced module counts, if anybody has it.
// - Zips are wanted as soon as a build list is known, before the rest of the graph is read, and only of versions that are there.
// - Whatever was begun has ended when a closure is found, or cannot be: no rejection is left to nobody.

import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { isToolchain } from '../../gover/index.ts';
import { type GraphModule, loadModuleGraph, type ModuleGraph } from '../../graph/index.ts';
import type { GoMod } from '../../modfile/index.ts';
import { readDependency } from '../../modfile/read-dependency.ts';
import type { ModuleVersion } from '../../module/index.ts';
import { isAbsence } from '../freshness.ts';
import { type Main, parseRoot, waysToUse } from './mains.ts';
import type { Refusals } from './refusals.ts';
import { releasesFor, toolchainModules } from './toolchains.ts';
import type { ClosureOptions, ClosureRefusal, ClosureRoot } from './types.ts';
import type { WantedModule, WantedProject } from './wanted.ts';

/** Who finds modules, and is told what is wanted. */
export interface ClosureHost {
  /** The version that a query means. */
  resolve(path: string, query: string): Promise<string>;
  /** The go.mod of a version, whose `.info` and `.mod` are thereby wanted. Called once for each. */
  goMod(module: ModuleVersion): Promise<Uint8Array>;
  /** The zip of a version that is there is wanted. Called once for each. */
  zip(module: ModuleVersion, root: boolean): void;
  resolved(root: ClosureRoot): void;
}

/** How closures are found. */
export interface ClosureSettings extends Pick<ClosureOptions, 'allZips' | 'tests' | 'toolchains'> {
  readonly host: ClosureHost;
  readonly refusals: Refusals;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Finds closures. What several have in common is asked for once. */
export class Closures {
  readonly #settings: ClosureSettings;
  readonly #goMods = new Map<string, Promise<Uint8Array>>();
  readonly #zips = new Set<string>();
  readonly #roots = new Set<string>();

  constructor(settings: ClosureSettings) {
    this.#settings = settings;
  }

  /** Finds the closure of one wish. Rejects only when nothing can go on. */
  async find(wish: WantedModule | WantedProject): Promise<void> {
    await ('goMod' in wish ? this.#project(wish) : this.#module(wish));
  }

  async #project({ wanted, goMod, readReplacement = unknownDirectory }: WantedProject): Promise<void> {
    const root = { path: goMod.module?.path ?? wanted, version: '' };
    this.#roots.add(nameOf(root));
    this.#settings.host.resolved({ wanted, ...root });
    await this.#graphs(root, goMod, [{ goMod, readReplacement, isOptional: () => false }]);
  }

  async #module({ wanted, path, query }: WantedModule): Promise<void> {
    const { host, refusals } = this.#settings;
    const wish = { path, version: query, kind: 'version', root: true } as const;
    const version = await refusals.attempt(wish, () => host.resolve(path, query));
    if (version === undefined) return;
    const root = { path, version };
    this.#roots.add(nameOf(root));
    host.resolved({ wanted, ...root });
    const bytes = await this.#version(root);
    if (bytes === undefined) return;
    await alongside(async (begin) => {
      begin(this.#wantZip(root));
      const goMod = await this.#attempt(root, 'requirements', async () => parseRoot(nameOf(root), bytes));
      if (goMod !== undefined) await this.#graphs(root, goMod, waysToUse(root, goMod));
    });
  }

  /** Loads the graphs of a root that is used in several ways. */
  #graphs(root: ModuleVersion, goMod: GoMod, ways: readonly Main[]): Promise<void> {
    const { allZips, tests, toolchains = [] } = this.#settings;
    const goLines = [goMod.go?.version];
    return alongside(async (begin) => {
      for (const way of ways) {
        const graph = await this.#load(root, way, 'pruned');
        goLines.push(graph?.selected('go'));
        begin(this.#wantZips(graph?.buildList, way));
      }
      if (toolchains.length > 0) {
        for (const release of releasesFor({ go: goLines, toolchain: goMod.toolchain?.name }))
          begin(this.#toolchain(release, toolchains));
      }
      for (const way of ways.filter(({ isShallow }) => isShallow !== true)) {
        const graph = await this.#load(root, way, 'unpruned');
        if (tests === true) begin(this.#wantZips(graph?.buildList, way));
        if (allZips === true) begin(this.#wantZips(graph && everything(graph), way));
      }
    });
  }

  #load(root: ModuleVersion, way: Main, pruning: 'pruned' | 'unpruned'): Promise<ModuleGraph | undefined> {
    const { concurrency, signal } = this.#settings;
    const source = {
      goMod: async (path: string, version: string) =>
        (await this.#requirements({ path, version }, way)) ?? encodeUtf8(`module ${path}\n`),
    };
    const readReplacement = async (directory: string) => {
      const read = async () => way.readReplacement?.(directory, { signal });
      const bytes = await this.#attempt({ path: directory, version: '' }, 'requirements', read);
      return bytes ?? encodeUtf8(`module ${root.path}\n`);
    };
    const options = { source, readReplacement, concurrency, signal, unpruned: pruning === 'unpruned' };
    return this.#attempt(root, 'requirements', () => loadModuleGraph(way.goMod, options));
  }

  /** The go.mod of a dependency; undefined where it says nothing that a graph could be loaded with. */
  async #requirements(module: ModuleVersion, way: Main): Promise<Uint8Array | undefined> {
    const bytes = await this.#version(module, way);
    if (bytes === undefined) return undefined;
    return this.#attempt(module, 'requirements', async () => {
      const declared = readDependency(`${nameOf(module)}/go.mod`, bytes).path;
      if (declared === module.path || isReplacement(module, way)) return bytes;
      throw new GoModKitError('invalid_go_mod', `the go.mod of ${nameOf(module)} declares its path as ${declared}`);
    });
  }

  /** The go.mod of a version; undefined where that was refused, or is not missed. */
  #version(module: ModuleVersion, way?: Main): Promise<Uint8Array | undefined> {
    const name = nameOf(module);
    return this.#attempt(module, 'version', async () => {
      const reading = this.#goMods.get(name) ?? this.#settings.host.goMod(module);
      this.#goMods.set(name, reading);
      try {
        return await reading;
      } catch (error) {
        if (way?.isOptional(module) === true && isAbsence(error)) return undefined;
        throw error;
      }
    });
  }

  async #wantZips(modules: Iterable<GraphModule> | undefined, way: Main): Promise<void> {
    const zips: Promise<void>[] = [];
    for (const module of modules ?? []) {
      const { path, version } = module.replace ?? module;
      // Neither a main module nor a directory comes from anywhere.
      if (version !== undefined && version !== '') zips.push(this.#wantZip({ path, version }, way));
    }
    await Promise.all(zips);
  }

  async #wantZip(module: ModuleVersion, way?: Main): Promise<void> {
    const name = nameOf(module);
    if (this.#zips.has(name) || (await this.#version(module, way)) === undefined || this.#zips.has(name)) return;
    this.#zips.add(name);
    this.#settings.host.zip(module, this.#roots.has(name));
  }

  async #toolchain(release: string, platforms: readonly string[]): Promise<void> {
    const { versions, zips } = toolchainModules(release, platforms);
    await Promise.all([...versions.map((each) => this.#version(each)), ...zips.map((each) => this.#wantZip(each))]);
  }

  #attempt<T>(module: ModuleVersion, kind: ClosureRefusal['kind'], work: () => Promise<T>): Promise<T | undefined> {
    const root = this.#roots.has(nameOf(module));
    return this.#settings.refusals.attempt({ ...module, kind, root }, work);
  }
}

/** Does `work`, which may begin more that need not wait for each other. Ends when all of it has, whatever fails. */
async function alongside(work: (begin: (task: Promise<void>) => void) => Promise<void>): Promise<void> {
  const begun: Promise<void>[] = [];
  const begin = (task: Promise<void>): void => {
    // Awaited below; until then a failure is nobody's.
    task.catch(() => {});
    begun.push(task);
  };
  try {
    await work(begin);
  } finally {
    await Promise.allSettled(begun);
  }
  await Promise.all(begun);
}

function nameOf({ path, version }: ModuleVersion): string {
  return `${path}@${version}`;
}

/** Forks declare the path that they stand in for (spec §5.7). */
function isReplacement(module: ModuleVersion, { goMod }: Main): boolean {
  return goMod.replace.some(({ new: target }) => target.path === module.path && target.version === module.version);
}

function* everything(graph: ModuleGraph): Generator<GraphModule> {
  for (const module of graph.modules()) {
    if (!isToolchain(module.path)) yield { ...module, replace: graph.replacement(module) };
  }
}

function unknownDirectory(directory: string): Promise<never> {
  const message = `${directory} stands in for a module, and nobody told what it requires`;
  return Promise.reject(new GoModKitError('unsupported', message, { data: { directory } }));
}
