// A published module seen as the main module, and as what another module requires.

import { max } from '../../gover/index.ts';
import type { LoadGraphOptions } from '../../graph/index.ts';
import { type GoMod, parse, parseLax } from '../../modfile/index.ts';
import type { ModuleVersion } from '../../module/index.ts';

/** A main module whose graph is to be loaded. */
export interface Main {
  readonly goMod: GoMod;
  readonly readReplacement?: LoadGraphOptions['readReplacement'];
  /** Whether nobody misses a module when it does not exist. */
  readonly isOptional: (module: ModuleVersion) => boolean;
  /** Whether its graph without pruning is that of another way, so that it need not be loaded. */
  readonly isShallow?: boolean | undefined;
}

/** The go.mod of a module as the go command reads it where it is checked out; where that fails, as it reads a dependency's. */
export function parseRoot(name: string, bytes: Uint8Array): GoMod {
  try {
    return parse(name, bytes);
  } catch {
    // What is wrong, or new, may stand where dependencies are not read: then the module is good for that at least.
    return parseLax(name, bytes);
  }
}

/**
 * The ways to use a module: checked out, and required by another. There its `replace` and `exclude` do not hold; and the other, once it
 * is tidy, requires whatever this module's packages need, so that its graph is what this one's is without them.
 */
export function waysToUse(module: ModuleVersion, goMod: GoMod): readonly Main[] {
  const replaced = new Set(goMod.replace.map(({ old }) => old.path));
  const isDirectory = ({ new: { version } }: GoMod['replace'][number]): boolean => version === undefined;
  const directories = new Set(goMod.replace.filter(isDirectory).map(({ old }) => old.path));
  const replace = goMod.replace.filter((each) => !isDirectory(each));
  const checkedOut: Main = { goMod: { ...goMod, replace }, isOptional: ({ path }) => directories.has(path) };
  // The author never fetches what is replaced: it need not exist.
  const isOptional = ({ path }: ModuleVersion): boolean => replaced.has(path);
  const bare: Main = { goMod: { ...goMod, replace: [], exclude: [] }, isOptional };
  const required: Main = { goMod: consumerOf(module, goMod), isOptional, isShallow: true };
  return replace.length + goMod.exclude.length > 0 ? [checkedOut, bare, required] : [checkedOut, required];
}

/** A project that requires nothing but `module`. */
function consumerOf({ path, version }: ModuleVersion, { go }: GoMod): GoMod {
  const goVersion = max(go?.version ?? '1.17', '1.17');
  return parse('go.mod', `module gomodkit.invalid/consumer\n\ngo ${goVersion}\n\nrequire ${path} ${version}\n`);
}
