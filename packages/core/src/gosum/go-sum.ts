// What a go.sum file says: the hashes that a project accepts for its modules (spec §8.4–8.6).
//
// Invariants:
// - Entries are in file order and keep duplicates and hashes of unknown algorithms: who writes the file back loses nothing.
// - A zip and a go.mod have keys of their own: `v1.2.3` and `v1.2.3/go.mod`.

import type { ModuleSums } from '../dirhash/index.ts';
import type { ModuleVersion } from '../module/index.ts';

/** A line of go.sum. */
export interface GoSumEntry extends ModuleVersion {
  /** The module's version for its zip; `v1.2.3/go.mod` for its go.mod file. */
  readonly version: string;
  /** Such as `h1:` and 44 characters of base64 (spec §8.1). Other algorithms may come. */
  readonly hash: string;
}

/** A go.sum file, or several. */
export interface GoSum {
  readonly entries: readonly GoSumEntry[];
  /** The hashes of a key, in file order; empty if there are none. The key of a go.mod has `/go.mod` at its version. */
  hashes(key: ModuleVersion): readonly string[];
}

const noHashes: readonly string[] = Object.freeze([]);

/** Entries with a look-up, such as those of a project's go.sum and go.work.sum together. */
export function goSumOf(entries: Iterable<GoSumEntry>): GoSum {
  const list = [...entries];
  const hashesByKey = new Map<string, string[]>();
  for (const entry of list) {
    const key = keyOf(entry);
    const hashes = hashesByKey.get(key);
    if (hashes === undefined) hashesByKey.set(key, [entry.hash]);
    else hashes.push(entry.hash);
  }
  return { entries: list, hashes: (key) => hashesByKey.get(keyOf(key)) ?? noHashes };
}

/** No path or version in a go.sum has a space. */
export function keyOf({ path, version }: ModuleVersion): string {
  return `${path} ${version}`;
}

/**
 * The entries for the hashes of a module: those of its zip and of its go.mod, as far as known.
 *
 * @example
 * ```ts
 * import { hashGoMod } from '@gomodkit/core/dirhash';
 * import { goSumEntries } from '@gomodkit/core/gosum';
 *
 * const goMod = hashGoMod(new TextEncoder().encode('module example.com/m\n'));
 * goSumEntries({ path: 'example.com/m', version: 'v1.0.0' }, { goMod }); // [{ path, version: 'v1.0.0/go.mod', hash }]
 * ```
 */
export function goSumEntries({ path, version }: ModuleVersion, { zip, goMod }: ModuleSums): GoSumEntry[] {
  return [
    ...(zip === undefined ? [] : [{ path, version, hash: zip }]),
    ...(goMod === undefined ? [] : [{ path, version: `${version}/go.mod`, hash: goMod }]),
  ];
}
