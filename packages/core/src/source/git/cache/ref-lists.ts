// Lists of refs, asked for once and good for a while.
//
// Invariants:
// - Who wants the list of a remote while it is being read waits for that one; failures are not kept.
// - What is kept is bounded by the number of refs, oldest lists first.

import { createSingleFlight } from '../../../async/single-flight.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import type { RefList } from '../engine.ts';

/** Keeps lists of refs. */
export interface RefLists {
  /** The list of a remote, at most `maxAge` milliseconds old; read with `read` where there is none. */
  get(
    key: string,
    maxAge: number,
    read: (signal: AbortSignal) => Promise<RefList>,
    options?: CallOptions,
  ): Promise<RefList>;
  /** The newest list there is, however old. */
  last(key: string): RefList | undefined;
}

interface Kept {
  readonly list: RefList;
  readonly at: number;
}

const keptAtMost = 500_000;

/** Creates {@link RefLists}. */
export function createRefLists(now: () => number = () => performance.now()): RefLists {
  const flights = createSingleFlight();
  const kept = new Map<string, Kept>();
  let count = 0;

  const forget = (key: string): void => {
    count -= weight(kept.get(key));
    kept.delete(key);
  };
  const keep = (key: string, entry: Kept): void => {
    forget(key);
    kept.set(key, entry);
    count += weight(entry);
    for (const oldest of kept.keys()) {
      if (count <= keptAtMost || oldest === key) break;
      forget(oldest);
    }
  };

  return {
    async get(key, maxAge, read, { signal } = {}) {
      const entry = kept.get(key);
      if (entry !== undefined && now() - entry.at < maxAge) return entry.list;
      return flights.run(
        key,
        async (shared) => {
          const at = now();
          const list = await read(shared);
          keep(key, { list, at });
          return list;
        },
        signal,
      );
    },
    last: (key) => kept.get(key)?.list,
  };
}

/** Lists without refs take room, too. */
function weight(entry: Kept | undefined): number {
  return entry === undefined ? 0 : entry.list.refs.length + 10;
}
