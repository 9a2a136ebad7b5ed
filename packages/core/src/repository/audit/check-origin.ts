// What became of the tag or commit that a version was captured from.
//
// Invariants:
// - The capture stays what it is: a moved or deleted tag is a reason to look, never to change what is served.
// - "Could not be asked" is an answer of its own, and never taken for a deleted tag.

import { isGoModKitError } from '../../errors/error.ts';
import type { TreeDifference } from '../../source/origin-check.ts';
import type { Origin } from '../../source/source.ts';
import type { Target } from '../keys.ts';
import type { Findings, OriginAudit, OriginStatus } from './inspection.ts';

/** Asks about the origin of a version. Rejects with the signal's reason alone. */
export async function checkOrigin(
  { source, differences }: OriginAudit,
  target: Target,
  origin: Origin | undefined,
  findings: Findings,
  signal: AbortSignal,
): Promise<OriginStatus> {
  const captured = origin?.Hash;
  if (origin === undefined || captured === undefined) return 'none';
  const add = (kind: 'origin_moved' | 'origin_deleted', text: string, actual?: string): void => {
    const compared = actual === undefined ? undefined : { expected: captured, actual };
    findings.add(kind, 'info', text, compared);
  };
  try {
    const check = await source.checkOrigin(target, origin, { differences, signal });
    const ref = check.ref ?? 'its commit';
    if (check.status === 'moved') add('origin_moved', withDifference(`${ref} was moved`, check.difference), check.hash);
    if (check.status === 'deleted')
      add('origin_deleted', check.ref === undefined ? 'no ref leads to its commit any more' : `${ref} was deleted`);
    return check.status;
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    if (isGoModKitError(error, 'not_found', 'gone')) {
      add('origin_deleted', `its repository is gone: ${reason}`);
      return 'deleted';
    }
    findings.add('origin_unchecked', 'info', `its origin could not be looked at: ${reason}`);
    return 'unchecked';
  }
}

/** So many paths are named of each kind. */
const named = 20;

function withDifference(text: string, difference: TreeDifference | undefined): string {
  if (difference === undefined) return text;
  const lines = (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const paths = difference[kind];
    const more = paths.length > named ? [`${kind}  and ${paths.length - named} more`] : [];
    return [...paths.slice(0, named).map((path) => `${kind}  ${path}`), ...more];
  });
  return [text, ...(lines.length === 0 ? ['no file of the module differs'] : lines)].join('\n');
}
