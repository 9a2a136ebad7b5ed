// Which go.mod files speak for their dependencies too (spec §8: graph pruning).

import { compare } from '../gover/index.ts';
import type { GoMod } from '../modfile/index.ts';

/**
 * Whether a go.mod lists all modules that its packages need, so that the requirements of its requirements can be left out:
 * `pruned` from `go 1.17` on.
 */
export type Pruning = 'pruned' | 'unpruned';

/** What a go.mod without `go` line stands for. */
const defaultGoVersion = '1.16';

/** From this version of Go on a go.mod names its indirect dependencies. */
const firstPruned = '1.17';

/** From this version of Go on a `go` line is a requirement. */
const firstStrict = '1.21';

/** The pruning of a go.mod with this `go` line. */
export function pruningOf(goVersion: string): Pruning {
  return compare(goVersion, firstPruned) < 0 ? 'unpruned' : 'pruned';
}

/** Whether a `go` line with this version is a requirement on Go itself. */
export function isStrict(goVersion: string): boolean {
  return compare(goVersion, firstStrict) >= 0;
}

/** The version of Go that a go.mod is written for. */
export function goVersionOf(goMod: GoMod): string {
  return goMod.go?.version ?? defaultGoVersion;
}
