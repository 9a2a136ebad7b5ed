// Module versions as nodes of a requirement graph.
//
// Invariants:
// - One module version is one object, so that `===`, Map and Set compare what Go compares as structs.
// - The strings of a node share nothing with the text of the go.mod they came from: a graph does not keep texts alive.
// - The version `''` (a main module) is above all others, `none` below.

import { compareUtf8 } from '../bytes/utf8.ts';
import { modCompare } from '../gover/index.ts';
import type { ModuleVersion } from '../module/index.ts';

/** The version of a module that is not in a graph. */
export const none = 'none';

/** Compares two versions of the module `path` (spec §8); `''` is above all others. */
export function compareVersions(path: string, a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  return modCompare(path, a, b);
}

/** The order of requirements: by path, then by version. */
export function compareNodes(a: ModuleVersion, b: ModuleVersion): number {
  return compareUtf8(a.path, b.path) || modCompare(a.path, a.version, b.version);
}

/** `path@version`, or `path` alone for a version that is empty: as Go prints a module. */
export function formatModule({ path, version }: ModuleVersion): string {
  return version === '' ? path : `${path}@${version}`;
}

/** Makes one object of each module version. */
export class Nodes {
  readonly #nodes = new Map<string, ModuleVersion>();

  /** The node of a module version, made where there is none. */
  of(path: string, version: string): ModuleVersion {
    const key = `${path}@${version}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    // Cut from the key, not taken from the arguments, which may be slices of a whole file.
    const node = { path: key.slice(0, path.length), version: key.slice(path.length + 1) };
    this.#nodes.set(key, node);
    return node;
  }

  /** The node of a module version, if there is one. */
  find({ path, version }: ModuleVersion): ModuleVersion | undefined {
    return this.#nodes.get(`${path}@${version}`);
  }
}
