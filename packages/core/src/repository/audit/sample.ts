// Which versions of a store are read.
//
// Invariants:
// - Chance is a function of seed, path and version: the same versions are picked in any order, page size and number of runs, so that
//   what goes on behind a cursor completes the same sample.
// - A number of versions costs one listing before, and memory for that number, whatever the storage holds.

import { sha256 } from '#sha256';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/index.ts';
import { type Listable, storedThings } from '../stored-objects.ts';
import type { AuditOptions } from './audit.ts';

/** Whether a version is of the sample. */
export type IsSampled = (module: ModuleVersion) => boolean;

/** The most versions that a sample can be asked to have by their number: eight megabytes of memory. */
const mostVersions = 1_000_000;

/** Throws `invalid_argument` for a sample that is none. */
export function checkSample({ sample = 0.5, seed = 0 }: AuditOptions): void {
  const isNumber = Number.isInteger(sample) && sample <= mostVersions;
  if (!(sample > 0 && (sample < 1 || isNumber))) {
    const want = `want a share below 1, such as 0.05, or a number of versions up to ${mostVersions}`;
    throw new GoModKitError('invalid_argument', `a sample cannot be ${sample}: ${want}`);
  }
  if (!Number.isSafeInteger(seed))
    throw new GoModKitError('invalid_argument', `a seed cannot be ${seed}: want an integer`);
}

/** Picks the sample that `options` describe. */
export async function pickSample(storage: Listable, options: AuditOptions): Promise<IsSampled> {
  const { sample, seed = 0 } = options;
  if (sample === undefined) return () => true;
  const limit = sample < 1 ? sample : await limitOf(storage, options, sample);
  return (module) => chance(seed, module) < limit;
}

/** The chance below which so many versions are. */
async function limitOf(storage: Listable, { prefix, signal, seed = 0 }: AuditOptions, count: number): Promise<number> {
  let lowest: number[] = [];
  const keepLowest = (): void => {
    lowest.sort((a, b) => a - b);
    lowest = lowest.slice(0, count + 1);
  };
  for await (const { version } of storedThings(storage, { prefix, signal })) {
    if (version === undefined) continue;
    lowest.push(chance(seed, version));
    if (lowest.length > 2 * count + 1000) keepLowest();
  }
  keepLowest();
  return lowest[count] ?? 1;
}

/** A number from 0 to below 1 that seed and version alone decide. */
function chance(seed: number, { path, version }: ModuleVersion): number {
  const digest = sha256(encodeUtf8(`${seed} ${path}@${version}`));
  return digest.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48;
}
