// What a checksum database says of a sum.
//
// Invariant: disproved, unknown and "could not find out" are three different answers, and none of them is silence.

import { isGoModKitError } from '../../errors/error.ts';
import type { Target } from '../keys.ts';
import type { Verifier } from '../options.ts';
import type { AuditFindingKind } from './finding.ts';

/** An answer; `detail` is for people. */
export interface Verdict {
  /** `unasked`: nobody was asked, or the module is not public. */
  readonly says: 'proven' | 'unasked' | Extract<AuditFindingKind, 'disproved' | 'unknown_to_database' | 'unverified'>;
  readonly detail: string;
}

const unasked: Verdict = { says: 'unasked', detail: '' };

/** Asks `verifier` about a sum. Rejects with the signal's reason alone. */
export async function askVerifier(
  verifier: Verifier | undefined,
  file: 'zip' | 'goMod',
  target: Target,
  sum: string | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  if (verifier === undefined || sum === undefined) return unasked;
  try {
    return (await verifier[file](target, sum, { signal })) ? { says: 'proven', detail: '' } : unasked;
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof Error ? error.message : String(error);
    if (isGoModKitError(error, 'checksum_mismatch')) return { says: 'disproved', detail };
    if (isGoModKitError(error, 'not_found', 'gone')) return { says: 'unknown_to_database', detail };
    return { says: 'unverified', detail: `could not be compared with the checksum database: ${detail}` };
  }
}
