// Module graphs written as txtar: `go.mod` is the main module's, `PATH@VERSION` that of a dependency, `DIR/go.mod` one in a directory; then
// `graph` and `list` as the go command prints them, or `error`.

import type { GoModReader, LoadGraphOptions } from '../src/graph/index.ts';
import { memorySource } from '../src/source/index.ts';
import { parseTxtar } from '../src/txtar/index.ts';

/** A graph that a file tells of. */
export interface GraphCase {
  readonly goMod: string;
  /** The go.mod files of dependencies by `path@version`. */
  readonly modules: Readonly<Record<string, string>>;
  /** The go.mod files in directories by `DIR/go.mod`. */
  readonly directories: Readonly<Record<string, string>>;
  /** Everything else: what is expected. */
  readonly expected: Readonly<Record<string, string | undefined>>;
}

/** Reads one. */
export function readGraphCase(text: string): GraphCase {
  const files = parseTxtar(text).files.map(({ name, data }) => [name, data] as const);
  const isDirectory = (name: string): boolean => name.endsWith('/go.mod');
  const pick = (isWanted: (name: string) => boolean): Record<string, string> =>
    Object.fromEntries(files.filter(([name]) => isWanted(name)));
  return {
    goMod: files.find(([name]) => name === 'go.mod')?.[1] ?? '',
    modules: pick((name) => name.includes('@')),
    directories: pick(isDirectory),
    expected: pick((name) => !(name.includes('@') || isDirectory(name) || name === 'go.mod')),
  };
}

/** What loads its graph. */
export function graphOptions({ modules, directories }: GraphCase): LoadGraphOptions & { readonly source: GoModReader } {
  const entries = Object.entries(modules).map(([name, goMod]) => [name, { goMod }] as const);
  return {
    source: memorySource(Object.fromEntries(entries)),
    readReplacement: async (directory) => {
      const file = directories[`${directory.replace(/^\.\//, '')}/go.mod`];
      if (file === undefined) throw new Error(`no go.mod in ${directory}`);
      return new TextEncoder().encode(file);
    },
  };
}
