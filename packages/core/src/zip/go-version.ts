// The language version that chooses the vendor rule (spec §7.3b).

import { isValid, lang } from '../gover/index.ts';
import { parseLax } from '../modfile/index.ts';

/**
 * The language version of a root go.mod: its `go` line as the lax parser reads it, reduced to `1.N`. Undefined when there is
 * none, when go.mod does not parse, or when Go would not know the version (`1.24.0rc1`).
 *
 * @example
 * ```ts
 * import { goVersionOf } from '@gomodkit/core/zip';
 *
 * goVersionOf(new TextEncoder().encode('module example.com/m\n\ngo 1.24.3\n')); // '1.24'
 * ```
 */
export function goVersionOf(goMod: Uint8Array): string | undefined {
  try {
    const version = parseLax('go.mod', goMod).go?.version;
    return version !== undefined && isValid(version) ? lang(version) : undefined;
  } catch {
    return undefined;
  }
}
