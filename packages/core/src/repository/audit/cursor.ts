// Where an audit goes on: the keys that earlier events named.
//
// Invariant: what no audit with this prefix can have named is refused, because going on there could leave out everything. A version may
// have been removed since; what is nobody's must still be there.

import { GoModKitError } from '../../errors/error.ts';
import { checkListAfter, isKey } from '../../storage/key.ts';
import type { Store } from '../store.ts';
import { escapedPrefix, ownerOf } from '../stored-objects.ts';
import type { AuditOptions } from './audit.ts';

/** Checks `after`. Rejects with `invalid_argument`, `invalid_key` or `storage_unavailable`. */
export async function checkCursor(store: Store, { after, prefix = '', signal }: AuditOptions): Promise<void> {
  if (after === undefined) return;
  checkListAfter(after);
  if (after.startsWith(escapedPrefix(prefix)) && (await isPlace(store, after, signal))) return;
  const help = 'take it from an earlier event of an audit with the same prefix, or begin anew without it';
  throw new GoModKitError(
    'invalid_argument',
    `cursor ${JSON.stringify(after.slice(0, 120))}: it is none here; ${help}`,
  );
}

async function isPlace(store: Store, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  return isKey(key) && (ownerOf(key) !== undefined || (await store.head(key, signal)) !== undefined);
}
