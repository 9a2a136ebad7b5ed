// Records of a checksum database (spec §12.7): the two go.sum lines of a module version.
//
// Invariants:
// - A record has both sums, of the zip first; each is `h1:` and the base64 of 32 bytes.
// - Its key is `PATH VERSION`, as the first line begins: one record for each.

import { goSumLines, type ModuleSums } from '../../dirhash/go-sum.ts';
import { GoModKitError } from '../../errors/error.ts';
import { check, isCanonicalVersion, type ModuleVersion } from '../../module/version.ts';
import { decodeBase64 } from '../base64.ts';

/** Both sums of a module version, as go.sum has them. */
export interface BothSums {
  /** `h1:` of the zip. */
  readonly zip: string;
  /** `h1:` of go.mod. */
  readonly goMod: string;
}

/** Where the sums of a version come from that the log does not know yet. Rejects with `not_found` or `gone` when there is no such version. */
export type SumsProvider = (
  module: ModuleVersion,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<BothSums>;

/** A module version with its sums. */
export interface SumRecord extends ModuleVersion {
  readonly sums: BothSums;
}

/** The text of a record. Throws `invalid_path`, `invalid_version`, or `invalid_argument` for a sum that is none. */
export function formatSumRecord({ path, version, sums }: SumRecord): string {
  checkModule({ path, version });
  for (const sum of [sums.zip, sums.goMod]) {
    if (isH1(sum)) continue;
    throw new GoModKitError('invalid_argument', `${path}@${version}: ${JSON.stringify(sum)} is no h1: sum`);
  }
  return goSumLines({ path, version }, sums);
}

/** The key of a record's text; undefined for text of another shape. */
export function sumRecordKey(text: string): string | undefined {
  return /^([^ \n]+ [^ \n]+) h1:/.exec(text)?.[1];
}

/** The key of a module version. */
export function moduleKey({ path, version }: ModuleVersion): string {
  return `${path} ${version}`;
}

/** Throws `invalid_path` or `invalid_version` unless it is a module at a canonical version that fits. */
export function checkModule({ path, version }: ModuleVersion): void {
  check(path, version);
  if (isCanonicalVersion(version)) return;
  throw new GoModKitError('invalid_version', `${path}@${version}: invalid version: not canonical`);
}

/** Both sums, where both are known. */
export function bothSums({ zip, goMod }: ModuleSums): BothSums | undefined {
  return zip === undefined || goMod === undefined ? undefined : { zip, goMod };
}

function isH1(sum: unknown): boolean {
  if (typeof sum !== 'string' || !/^h1:[A-Za-z0-9+/]{43}=$/.test(sum)) return false;
  return decodeBase64(sum.slice('h1:'.length))?.length === 32;
}
