// The public view of loaded packages.
//
// Invariant: nothing of it changes. Of several shortest ways it has the one that the go command finds.

import { compareUtf8 } from '../bytes/utf8.ts';
import type { ModuleImports } from '../graph/index.ts';
import type { Requirements } from '../graph/requirements.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { LoadedPass, PackageNode } from './package-pass.ts';
import type { LoadedPackage, PackageGraph } from './types.ts';

/** A pass as its users see it. */
export class LoadedPackages implements PackageGraph {
  readonly main: ModuleVersion;
  readonly packages: readonly LoadedPackage[];
  readonly #nodes: ReadonlyMap<string, PackageNode>;
  readonly #packages: ReadonlyMap<string, LoadedPackage>;

  constructor({ reading }: Requirements, { nodes, order }: LoadedPass) {
    this.main = reading.main;
    this.#nodes = nodes;
    this.packages = order
      .filter(({ testOf }) => testOf === undefined)
      .map(view)
      .sort((a, b) => compareUtf8(a.path, b.path));
    this.#packages = new Map(this.packages.map((each) => [each.path, each]));
  }

  package(path: string): LoadedPackage | undefined {
    return this.#packages.get(path);
  }

  why(path: string): readonly string[] {
    const chain: string[] = [];
    for (let node = this.#nodes.get(path); node !== undefined; node = node.importer) {
      chain.push(node.testOf === undefined ? node.path : `${node.path}.test`);
    }
    return chain.reverse();
  }

  whyModule(path: string): readonly string[] {
    let best: readonly string[] = [];
    for (const each of this.packages) {
      if (each.module?.path !== path) continue;
      const chain = this.why(each.path);
      if (best.length === 0 || chain.length < best.length) best = chain;
    }
    return best;
  }

  get modules(): ModuleImports {
    const provided = new Set<string>();
    const direct = new Set<string>();
    for (const { path, module, inAll, imports, testImports = [] } of this.packages) {
      if (inAll && module !== undefined && module !== this.main) provided.add(module.path);
      if (module !== this.main) continue;
      for (const imported of [...imports, ...testImports]) {
        const provider = this.#nodes.get(imported)?.module;
        if (imported !== path && provider !== undefined && provider !== this.main) direct.add(provider.path);
      }
    }
    return { provided, direct };
  }
}

function view({ path, module, inAll, imports, test, error }: PackageNode): LoadedPackage {
  return {
    path,
    module,
    inAll,
    imports: imports.map((each) => each.path),
    testImports: test?.imports.map((each) => each.path),
    error: error instanceof Error ? error : undefined,
  };
}
