// One pass of package loading: from root packages to everything that they import, under requirements that do not change meanwhile.
//
// Invariants:
// - "all" is the packages of the main module and their tests, its tools, and whatever those import, directly or not. Below `go 1.16` tests of
//   dependencies belong to it, too.
// - Where "all" is asked for, each package in it is a root; tests of roots are loaded, and so is what they import. Those need not be in "all".
// - What is found does not depend on the order in which it is: importers are determined afterwards, breadth first.
// - A package that cannot be loaded is remembered with the reason and ends no pass; only an abort does, or what is nobody's fault here.

import { isGoModKitError } from '../errors/error.ts';
import { drain } from '../graph/drain.ts';
import type { Requirements } from '../graph/requirements.ts';
import type { ModuleVersion } from '../module/index.ts';
import { type ModulePlaces, resolveImport } from './resolve-import.ts';

/** A package under way, or its test. */
export interface PackageNode {
  readonly path: string;
  /** Set for a test: the package it is of. */
  readonly testOf?: PackageNode | undefined;
  /** Undefined for the standard library, and for what was not found. */
  module?: ModuleVersion | undefined;
  error?: unknown;
  imports: readonly PackageNode[];
  testImports: readonly string[];
  test?: PackageNode | undefined;
  inAll: boolean;
  isRoot: boolean;
  /** Whether its imports are known. */
  isLoaded: boolean;
  /** Who imports it on a shortest way from a root; the package where it is a test. Undefined for roots. */
  importer?: PackageNode | undefined;
}

/** What is to be loaded, and how. */
export interface PassOptions {
  readonly requirements: Requirements;
  readonly places: ModulePlaces;
  readonly roots: readonly string[];
  /** Whether "all" is among the patterns. */
  readonly all: boolean;
  /** Whether tests of packages in "all" are in "all", too. */
  readonly allClosesOverTests: boolean;
  readonly tools: ReadonlySet<string>;
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a pass found. */
export interface LoadedPass {
  readonly nodes: ReadonlyMap<string, PackageNode>;
  /** Packages and tests, breadth first from the roots. */
  readonly order: readonly PackageNode[];
}

/** Loads the packages. Rejects with the reason of an abort. */
export async function loadPass(options: PassOptions): Promise<LoadedPass> {
  const pass = new Pass(options);
  const roots = [...new Set(options.roots)].map((path) => pass.root(path));
  const { concurrency, signal } = options;
  await drain(
    pass.take(),
    async (node, add) => {
      await pass.load(node);
      for (const next of pass.take()) add(next);
    },
    { concurrency, signal },
  );
  return { nodes: pass.nodes, order: breadthFirst(roots) };
}

class Pass {
  readonly nodes = new Map<string, PackageNode>();
  readonly #options: PassOptions;
  #new: PackageNode[] = [];

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** Packages that came up since the last call. */
  take(): readonly PackageNode[] {
    const taken = this.#new;
    this.#new = [];
    return taken;
  }

  root(path: string): PackageNode {
    const node = this.#node(path);
    this.#mark(node, { isRoot: true });
    return node;
  }

  async load(node: PackageNode): Promise<void> {
    // There is no package for cgo.
    if (node.path === 'C') return;
    const { requirements, places, tools, signal } = this.#options;
    try {
      const found = await resolveImport(node.path, requirements, places);
      node.module = found.module;
      if (node.module === requirements.reading.main) this.#mark(node, { inAll: true });
      const scanned = await found.scan();
      if (scanned !== undefined) {
        node.imports = scanned.imports.map((path) => this.#node(path));
        node.testImports = scanned.testImports;
        node.isLoaded = true;
      } else {
        node.error = new NoGoFiles(node.path);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isGoModKitError(error)) throw error;
      node.error = error;
    }
    if (tools.has(node.path)) this.#mark(node, { inAll: true });
    if (node.isLoaded) this.#spread([node]);
  }

  #node(path: string): PackageNode {
    const known = this.nodes.get(path);
    if (known !== undefined) return known;
    const node = unloaded(path);
    this.nodes.set(path, node);
    this.#new.push(node);
    return node;
  }

  #mark(node: PackageNode, marks: { readonly inAll?: boolean; readonly isRoot?: boolean }): void {
    if (this.#set(node, marks) && node.isLoaded) this.#spread([node]);
  }

  /** Whether anything about the node is new. */
  #set(
    node: PackageNode,
    { inAll = false, isRoot = false }: { readonly inAll?: boolean; readonly isRoot?: boolean },
  ): boolean {
    const marksRoot = isRoot || (inAll && this.#options.all && node.testOf === undefined);
    const isNew = (inAll && !node.inAll) || (marksRoot && !node.isRoot);
    node.inAll ||= inAll;
    node.isRoot ||= marksRoot;
    return isNew;
  }

  /** Passes on what loaded packages mean for their tests and imports. */
  #spread(changed: PackageNode[]): void {
    for (let node = changed.pop(); node !== undefined; node = changed.pop()) {
      if (node.testOf === undefined && this.#wantsTest(node)) {
        const { test, isNew } = this.#testOf(node);
        const inAll = this.#isMain(node) || (this.#options.allClosesOverTests && node.inAll);
        if (this.#set(test, { inAll }) || isNew) changed.push(test);
      }
      if (!node.inAll) continue;
      for (const each of node.imports) if (this.#set(each, { inAll: true }) && each.isLoaded) changed.push(each);
    }
  }

  #wantsTest(node: PackageNode): boolean {
    const { all, allClosesOverTests } = this.#options;
    return node.isRoot || (all && (this.#isMain(node) || (allClosesOverTests && node.inAll)));
  }

  #testOf(node: PackageNode): { readonly test: PackageNode; readonly isNew: boolean } {
    if (node.test !== undefined) return { test: node.test, isNew: false };
    const imports = node.testImports.map((path) => this.#node(path));
    const { path, module } = node;
    const test: PackageNode = { ...unloaded(path), testOf: node, module, imports, isLoaded: true };
    node.test = test;
    return { test, isNew: true };
  }

  #isMain({ module }: PackageNode): boolean {
    return module === this.#options.requirements.reading.main;
  }
}

/** The package is there, and none of its files can be part of a build. */
export class NoGoFiles extends Error {
  constructor(path: string) {
    super(`${path}: no Go source files`);
  }
}

function unloaded(path: string): PackageNode {
  return { path, imports: [], testImports: [], inAll: false, isRoot: false, isLoaded: false };
}

/** All that can be reached, each with its importer: imports in order, then the test. */
function breadthFirst(roots: readonly PackageNode[]): readonly PackageNode[] {
  const order = [...roots];
  const seen = new Set(roots);
  for (const node of order) {
    for (const next of node.test === undefined ? node.imports : [...node.imports, node.test]) {
      if (seen.has(next)) continue;
      seen.add(next);
      next.importer = node;
      order.push(next);
    }
  }
  return order;
}
