// What a checksum database says of a sum.
//
// Invariant: disproved, unknown and "could not find out" are three different answers, and none of them is silence.

import { isGoModKitError } from '../../errors/error.ts';
import type { Engine } from '../engine.ts';
import type { Target } from '../keys.ts';
import type { AuditFindingKind } from './finding.ts';

/** An answer; `detail` is for people. */
export interface Verdict {
  /** `unasked`: nobody was asked, or the module is not public. */
  readonly says: 'proven' | 'unasked' | Extract<AuditFindingKind, 'disproved' | 'unknown_to_database' | 'unverified'>;
  readonly detail: string;
}

const unasked: Verdict = { says: 'unasked', detail: '' };

/** Asks about the sum of a stored file. Rejects with the signal's reason alone. */
export async function askDatabase(
  engine: Engine,
  file: 'mod' | 'zip',
  target: Target,
  sum: string | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  if (sum === undefined) return unasked;
  try {
    return { says: (await isProven(engine, file, target, sum, signal)) ? 'proven' : 'unasked', detail: '' };
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof Error ? error.message : String(error);
    if (isGoModKitError(error, 'checksum_mismatch')) return { says: 'disproved', detail };
    if (isGoModKitError(error, 'not_found', 'gone')) return { says: 'unknown_to_database', detail };
    return { says: 'unverified', detail: `could not be compared with the checksum database: ${detail}` };
  }
}

/** What was published here is its own origin: `Verification` tells nobody its name. */
async function isProven(
  { verification, settings }: Engine,
  file: 'mod' | 'zip',
  target: Target,
  sum: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (verification !== undefined) return (await verification.verifySum(file, target, sum, signal)) === 'proven';
  const { verifier } = settings;
  if (verifier === undefined) return false;
  return file === 'mod' ? verifier.goMod(target, sum, { signal }) : verifier.zip(target, sum, { signal });
}
