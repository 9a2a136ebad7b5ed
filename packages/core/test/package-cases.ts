// Modules with packages written as txtar: `PATH@VERSION/FILE` is a file of a dependency, everything else one of the main module; then what is
// asked for, and what the go command answers.

import { encodeUtf8 } from '../src/bytes/utf8.ts';
import { parse } from '../src/modfile/index.ts';
import type { LoadPackagesOptions, MainModule, ModuleFiles } from '../src/packages/index.ts';
import { memorySource } from '../src/source/index.ts';
import { parseTxtar } from '../src/txtar/index.ts';

/** A question and its answer. */
export interface PackageCase {
  readonly main: MainModule;
  readonly options: LoadPackagesOptions;
  /** Files of dependencies by `path@version`. */
  readonly modules: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly mainFiles: Readonly<Record<string, string>>;
  readonly ask: { readonly modules: readonly string[]; readonly packages: readonly string[] };
  readonly want: { readonly modules: string; readonly packages: string };
}

const ownNames: ReadonlySet<string> = new Set(['modules', 'packages', 'why-modules', 'why-packages']);

/** Reads one. */
export function readPackageCase(text: string): PackageCase {
  const modules: Record<string, Record<string, string>> = {};
  const mainFiles: Record<string, string> = {};
  const own: Record<string, string> = {};
  for (const { name, data } of parseTxtar(text).files) {
    const [, module, file] = /^(.*@[^/]*)\/(.*)$/.exec(name) ?? [];
    if (module !== undefined && file !== undefined) modules[module] = { ...modules[module], [file]: data };
    else (ownNames.has(name) ? own : mainFiles)[name] = data;
  }
  const words = (list = ''): readonly string[] => list.trim().split(/\s+/);
  const fixtures = Object.entries(modules).map(([name, files]) => [name, { files }] as const);
  return {
    main: { goMod: parse('go.mod', mainFiles['go.mod'] ?? ''), files: filesBelow(mainFiles, '') },
    options: {
      source: memorySource(Object.fromEntries(fixtures)),
      replacementFiles: async (directory) => filesBelow(mainFiles, `${directory.replace(/^\.\//, '')}/`),
    },
    modules,
    mainFiles,
    ask: { modules: words(own.modules), packages: words(own.packages) },
    want: { modules: own['why-modules'] ?? '', packages: own['why-packages'] ?? '' },
  };
}

/** Files in memory as those of a module. */
export function filesBelow(all: Readonly<Record<string, string>>, root: string): ModuleFiles {
  return {
    async list(directory) {
      const prefix = directory === '' ? root : `${root}${directory}/`;
      const below = Object.keys(all).filter((name) => name.startsWith(prefix));
      const rest = below.map((name) => name.slice(prefix.length).split('/'));
      return {
        files: rest.filter((parts) => parts.length === 1).map(([name = '']) => name),
        directories: [...new Set(rest.filter((parts) => parts.length > 1).map(([name = '']) => name))],
      };
    },
    async *read(file) {
      yield encodeUtf8(all[`${root}${file}`] ?? '');
    },
  };
}
