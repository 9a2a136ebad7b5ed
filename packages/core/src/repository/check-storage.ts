// Is the storage good for work? (`/readyz`, protocol-cases row 12)
//
// Invariants:
// - A check leaves nothing behind: it deletes what it wrote. Where it cannot, it always uses one and the same key.
// - A repository that works offline needs no storage that can be written to, so none is written to.
// - Every step is tried and named, so that "can read, cannot write" is told apart from "is down".

import { bytesSource } from '../bytes/source.ts';
import { encodeUtf8, equalBytes } from '../bytes/utf8.ts';
import { damaged, type Store } from './store.ts';

/** A step that failed. */
export interface StorageFailure {
  readonly step: string;
  readonly error: Error;
}

const directory = '.gomodkit/probe';
const content = encodeUtf8('gomodkit writes this to see whether storage works\n');

/** The key to probe with: one per process where probes can be deleted, else one for all. */
export function probeKey(canDelete: boolean): string {
  return `${directory}/${canDelete ? crypto.randomUUID() : 'shared'}`;
}

/** What {@link probeStorage} needs to know. */
export interface ProbeOptions {
  /** Only reads and lists: whether the key is there does not matter. */
  readonly readOnly: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Writes, reads and lists `key`, and deletes it where the storage can. Calls for one key must not overlap. */
export async function probeStorage(
  store: Store,
  key: string,
  { readOnly, signal }: ProbeOptions,
): Promise<readonly StorageFailure[]> {
  const failures: StorageFailure[] = [];
  const attempt = async (step: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      failures.push({ step, error: error instanceof Error ? error : new Error(String(error)) });
      return false;
    }
  };
  // Whether this call or an earlier one created it does not matter: the write was tried and the object is there.
  const write = (): Promise<unknown> => store.create(key, bytesSource(content), 'text/plain; charset=utf-8', signal);
  const written = !readOnly && (await attempt('write', write));
  await attempt('read', async () => {
    const stored = await store.read(key, content.length, signal);
    if (stored === undefined ? written : !equalBytes(stored.bytes, content))
      throw damaged(key, 'does not read back as written');
  });
  await attempt('list', async () => {
    const { objects } = await store.list({ prefix: key, signal });
    if (written && !objects.some((object) => object.key === key)) throw damaged(key, 'is missing in the listing');
  });
  if (store.canDelete && !readOnly) await attempt('delete', () => store.delete(key, signal));
  return failures;
}
