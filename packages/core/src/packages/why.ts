// Why packages and modules are needed, in the words of `go mod why`.
//
// Invariants:
// - A package is named by its import path, a module by its path. What is asked for first is loaded first, because the go command does so:
//   a module that provides one of the packages becomes a root, and what it requires can raise versions.
// - Output has a heading for each, an empty line between, and the reason or that there is none.

import { GoModKitError } from '../errors/error.ts';
import { isToolchain } from '../gover/index.ts';
import { openLoader } from './load-packages.ts';
import type { LoadPackagesOptions, MainModule, Why } from './types.ts';

/**
 * Why the main module needs packages: the answers of `go mod why`, in order. `all` stands for all packages of the main module and what
 * they need.
 *
 * Rejects with `unsupported` for patterns and relative paths, and as `loadPackages`.
 *
 * @example
 * ```ts
 * import { parse } from '@gomodkit/core/modfile';
 * import { directoryFiles, formatWhy, why } from '@gomodkit/core/packages';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * async function explain(goMod: string, path: string): Promise<string> {
 *   const main = { goMod: parse('go.mod', goMod), files: await directoryFiles('.') };
 *   return formatWhy(await why(main, [path], { source: upstreamSource('https://goproxy.example') }), 'package');
 * }
 * ```
 */
export async function why(
  main: MainModule,
  packages: readonly string[],
  options: LoadPackagesOptions,
): Promise<readonly Why[]> {
  for (const path of packages) {
    if (!path.includes('...') && !/^\.\.?(?:\/|$)/.test(path)) continue;
    throw new GoModKitError('unsupported', `${path}: packages are named by their import paths, without patterns`);
  }
  const loader = await openLoader(main, options);
  try {
    const named = packages.filter((path) => path !== 'all');
    if (named.length === packages.length) await loader.load(named);
    const graph = await loader.loadAll();
    const all = graph.packages.filter(({ inAll }) => inAll).map(({ path }) => path);
    return packages
      .flatMap((path) => (path === 'all' ? all : [path]))
      .map((path) => ({ path, chain: graph.why(path) }));
  } finally {
    await loader.close();
  }
}

/**
 * Why the main module needs modules: the answers of `go mod why -m`, in order. `all` stands for the whole build list, and `...` in a path
 * for anything.
 *
 * Rejects with `invalid_argument` for `MODULE@QUERY`, and as `loadPackages`.
 */
export async function whyModules(
  main: MainModule,
  modules: readonly string[],
  options: LoadPackagesOptions,
): Promise<readonly Why[]> {
  const query = modules.find((path) => path.includes('@'));
  if (query !== undefined)
    throw new GoModKitError('invalid_argument', `${query}: a module path is wanted, without a version`);
  const loader = await openLoader(main, options);
  try {
    const patterns = modules.filter(isPattern);
    await loader.lookUp(modules);
    const list = patterns.length === 0 ? [] : await loader.buildList();
    const graph = await loader.loadAll();
    const paths = list.map(({ path }) => path).filter((path) => !isToolchain(path));
    return expand(modules, paths).map((path) => ({ path, chain: graph.whyModule(path) }));
  } finally {
    await loader.close();
  }
}

function isPattern(path: string): boolean {
  return path === 'all' || path.includes('...');
}

/** Patterns give each module once among all of them; what is named is there as often as it is. */
function expand(modules: readonly string[], all: readonly string[]): readonly string[] {
  const matched = new Set<string>();
  return modules.flatMap((path) => {
    if (!isPattern(path)) return [path];
    const found = all.filter((each) => !matched.has(each) && (path === 'all' || matches(path, each)));
    for (const each of found) matched.add(each);
    return found;
  });
}

/** `x/...` also matches `x`. */
function matches(pattern: string, path: string): boolean {
  const quoted = pattern.split('...').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const source = quoted.join('.*').replace(/\/\.\*$/, '(?:/.*)?');
  return new RegExp(`^${source}$`).test(path);
}

/** What `go mod why` prints for packages, and `go mod why -m` for modules. */
export function formatWhy(answers: readonly Why[], kind: 'package' | 'module'): string {
  const blocks = answers.map(({ path, chain }) => {
    const reason = chain.length > 0 ? chain : [`(main module does not need ${kind} ${path})`];
    return `# ${path}\n${reason.map((line) => `${line}\n`).join('')}`;
  });
  return blocks.join('\n');
}
