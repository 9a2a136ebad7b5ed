// Which files are vendored, and so no part of a module zip (spec §7.5).
//
// Invariants:
// - The verdict decides bytes of existing checksums, so both rules are kept, the quirk of the old one included.
// - The rule is chosen by the language version of the root go.mod; none, or none that Go knows, means the old rule.

import { compare, isValid } from '../gover/index.ts';

/** The first language version with the rule that does what it means. */
const mended = '1.24';

/**
 * Whether the file at `path`, relative to the module's root, is left out of its zip as vendored.
 *
 * `goVersion` is what {@link goVersionOf} gives for the root go.mod: `1.21`, or undefined.
 *
 * @example
 * ```ts
 * import { isVendored } from '@gomodkit/core/zip';
 *
 * isVendored('vendor/example.com/x/x.go', '1.23'); // true
 * isVendored('vendor/x.go', '1.23'); // false: directly in vendor
 * isVendored('pkg/vendor/v.go', '1.23'); // true, by an old mistake that old checksums depend on
 * isVendored('pkg/vendor/v.go', '1.24'); // false
 * isVendored('vendor/modules.txt', '1.24'); // true
 * ```
 */
export function isVendored(path: string, goVersion: string | undefined): boolean {
  const isMended = goVersion !== undefined && isValid(goVersion) && compare(goVersion, mended) >= 0;
  if (isMended && path === 'vendor/modules.txt') return true;
  if (path.startsWith('vendor/')) return path.includes('/', 'vendor/'.length);
  const nested = path.indexOf('/vendor/');
  if (nested < 0) return false;
  // The old rule looked from the wrong place on: there is always a slash left.
  const from = isMended ? nested + '/vendor/'.length : '/vendor/'.length;
  return path.includes('/', from);
}
