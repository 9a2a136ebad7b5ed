// Records of a go.sum database as an auditor reads them (spec §12.7, §12.8).
//
// Invariant: a record is exactly two lines of one module version, both sums `h1:` of 32 bytes.

import type { ModuleSums } from '../../dirhash/go-sum.ts';
import { check, isCanonicalVersion, type ModuleVersion } from '../../module/version.ts';
import { decodeHash } from '../witness/checkpoint.ts';

/** What a record says. */
export interface SumText extends ModuleVersion {
  readonly sums: Required<ModuleSums>;
}

const shape = /^([^ \n]+) ([^ \n]+) (h1:[^ \n]+)\n([^ \n]+) ([^ \n]+)\/go\.mod (h1:[^ \n]+)\n$/;

/** What a record says, or why it is none. */
export function readSumText(text: string): SumText | string {
  const [, path = '', version = '', zip = '', path2, version2, goMod = ''] = shape.exec(text) ?? [];
  if (path === '' || path2 !== path || version2 !== version) return 'it is not the two lines of one module version';
  if (![zip, goMod].every((sum) => decodeHash(sum.slice('h1:'.length)) !== undefined)) return 'a sum is malformed';
  try {
    check(path, version);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return isCanonicalVersion(version) ? { path, version, sums: { zip, goMod } } : `${version} is not canonical`;
}
