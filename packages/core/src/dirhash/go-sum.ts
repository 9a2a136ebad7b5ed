// Lines of go.sum (spec §8.4).

import type { ModuleVersion } from '../module/index.ts';

/** The hashes of one module version, as far as known. */
export interface ModuleSums {
  /** `h1:` of the zip. */
  readonly zip?: string | undefined;
  /** `h1:` of go.mod. */
  readonly goMod?: string | undefined;
}

/**
 * The go.sum lines of a module version, in go.sum's order, each with its line feed.
 *
 * @example
 * ```ts
 * import { goSumLines, hashGoMod } from '@gomodkit/core/dirhash';
 *
 * const goMod = hashGoMod(new TextEncoder().encode('module example.com/m\n'));
 * goSumLines({ path: 'example.com/m', version: 'v1.0.0' }, { goMod }); // 'example.com/m v1.0.0/go.mod h1:…\n'
 * ```
 */
export function goSumLines({ path, version }: ModuleVersion, sums: ModuleSums): string {
  const zip = sums.zip === undefined ? '' : `${path} ${version} ${sums.zip}\n`;
  const goMod = sums.goMod === undefined ? '' : `${path} ${version}/go.mod ${sums.goMod}\n`;
  return zip + goMod;
}
