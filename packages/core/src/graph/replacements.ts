// What the main module changes of its dependencies: `replace` and `exclude` (spec §9.14, §9.16).
//
// Invariants:
// - A replacement of one version goes before a replacement of all versions. Replacements are not replaced again.
// - Excluded versions are as if nobody required them; no other version takes their place.

import { GoModKitError } from '../errors/error.ts';
import type { GoMod, ReplaceTarget } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import { formatModule } from './versions.ts';

/** The `replace` and `exclude` directives of a main module. */
export class MainDirectives {
  readonly #replace = new Map<string, ReplaceTarget>();
  readonly #exclude: ReadonlySet<string>;

  /** Throws `invalid_go_mod` for two different replacements of one module version. */
  constructor({ replace, exclude }: GoMod) {
    for (const { old, new: target } of replace) {
      const key = keyOf(old);
      const other = this.#replace.get(key) ?? target;
      if (keyOf(other) !== keyOf(target)) {
        const [a, b] = [other, target].map(formatTarget);
        throw new GoModKitError('invalid_go_mod', `conflicting replacements for ${formatTarget(old)}:\n\t${a}\n\t${b}`);
      }
      this.#replace.set(key, target);
    }
    this.#exclude = new Set(exclude.map(formatModule));
  }

  /** What stands in for `module`; undefined where it is not replaced. */
  replacement({ path, version }: ModuleVersion): ReplaceTarget | undefined {
    return this.#replace.get(`${path}@${version}`) ?? this.#replace.get(path);
  }

  /** Whether all versions of `path` are replaced by one and the same. */
  replacesAll(path: string): boolean {
    return this.#replace.has(path);
  }

  /** The versions of `path` that are replaced one by one. */
  *replacedVersions(path: string): Generator<string> {
    for (const key of this.#replace.keys()) {
      if (key.startsWith(`${path}@`)) yield key.slice(path.length + 1);
    }
  }

  isExcluded(module: ModuleVersion): boolean {
    return this.#exclude.size > 0 && this.#exclude.has(formatModule(module));
  }
}

/** A replacement as Go prints it: `path version`, or a directory. */
export function formatTarget({ path, version }: ReplaceTarget): string {
  return version === undefined ? path : `${path} ${version}`;
}

function keyOf({ path, version }: ReplaceTarget): string {
  return version === undefined ? path : `${path}@${version}`;
}
