// The newest tree head that was accepted, kept where it survives (spec §12.10, §12.13).
//
// Invariants:
// - Heads are numbered without gaps. Who writes a number was the only one to write it: that is the compare-and-swap of spec §12.10,
//   and makes whoever lost look at the other's head first. So all heads that any instance ever accepted were compared.
// - Apart from the caches: clearing those must not make anybody forget.

import { sha256 } from '#sha256';
import { hex } from '../../bytes/hex.ts';
import { bytesSource } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { openSeries } from '../../series/index.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { databaseKey } from './keys.ts';

/** A head in its place. */
export interface KeptHead {
  /** From 0. */
  readonly number: number;
  /** The signed note. */
  readonly note: string;
}

/** Where one database's newest head is kept. */
export interface HeadStore {
  /** The head with the highest number; undefined when there is none. */
  read(options?: CallOptions): Promise<KeptHead | undefined>;
  /** Keeps a head under the number after the last. Resolves to false, and keeps nothing, when somebody else has that number. */
  write(head: KeptHead, options?: CallOptions): Promise<boolean>;
  /** Optional: keeps a report of misbehaviour where the operator finds it. */
  keepEvidence?(report: string, options?: CallOptions): Promise<void>;
}

/** Heads in memory: forgotten with the process, so that a rollback goes unnoticed after a restart. */
export function memoryHeads(): HeadStore {
  let last: KeptHead | undefined;
  return {
    async read() {
      return last;
    },
    async write(head) {
      if (head.number !== (last?.number ?? -1) + 1) return false;
      last = head;
      return true;
    },
  };
}

/**
 * Heads of the database `name` in a storage, below `.gomodkit/sumdb/`, shared by every instance that opens it.
 *
 * @example
 * ```ts
 * import { memoryStorage } from '@gomodkit/core/storage';
 * import { createSumdbClient, storageHeads } from '@gomodkit/core/sumdb';
 *
 * declare const remote: (path: string) => Promise<Uint8Array>;
 * const heads = storageHeads(memoryStorage(), 'sum.golang.org');
 * const client = createSumdbClient({ key: 'sum.golang.org', remote, heads });
 * ```
 */
export function storageHeads(storage: Storage, name: string): HeadStore {
  const prefix = databaseKey('sumdb', name);
  const series = openSeries<string>(storage, `${prefix}/heads`, { parse: parseHead });
  return {
    async read(options = {}) {
      const batch = await series.latest(options);
      const note = batch?.entries.at(-1)?.value;
      return batch === undefined || note === undefined ? undefined : { number: batch.number, note };
    },
    async write({ number, note }, { signal } = {}) {
      try {
        await series.append([note], { number, signal });
        return true;
      } catch (error) {
        if (isGoModKitError(error, 'conflict')) return false;
        throw error;
      }
    },
    async keepEvidence(report, options = {}) {
      const bytes = encodeUtf8(report);
      const key = `${prefix}/evidence/${hex(sha256(bytes).subarray(0, 16))}.txt`;
      await storage.create(key, bytesSource(bytes), { ...options, contentType: 'text/plain; charset=utf-8' });
    },
  };
}

function parseHead(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GoModKitError('storage_unavailable', 'a kept tree head is no text', { data: { transient: false } });
}
