// What is remembered of verification in storage, so that nothing is verified twice and nothing disproved is forgotten.
//
//   .gomodkit/verified/DATABASE/PATH/@v/VERSION.mod|zip    the sum of the stored file, which that database has
//   .gomodkit/disproved/DATABASE/PATH/@v/VERSION.mod|zip   the evidence against the stored file, as JSON
//   .gomodkit/own/PATH/@v/VERSION.mod|zip.SUM              the file with that sum was published here: no upstream's database knows it
//
// Invariants:
// - A mark is written after its fact. Deleting one costs a question to the database and nothing else.
// - What speaks against a file takes the place of what spoke for it, and of what spoke against other bytes in its place.
// - No failure to write a mark fails anything.

import { sha256 } from '#sha256';
import { hex } from '../../bytes/hex.ts';
import { bytesSource } from '../../bytes/source.ts';
import { decodeUtf8, encodeUtf8 } from '../../bytes/utf8.ts';
import { type ErrorData, GoModKitError } from '../../errors/error.ts';
import { databaseKey } from '../../sumdb/client/keys.ts';
import type { Target } from '../keys.ts';
import type { Store } from '../store.ts';
import type { VerifiedKind } from './types.ts';

/** Marks of one database. */
export interface Marks {
  /** The verified sum; undefined where there is none. */
  verified(kind: VerifiedKind, target: Target, signal: AbortSignal | undefined): Promise<string | undefined>;
  noteVerified(kind: VerifiedKind, target: Target, sum: string, signal: AbortSignal | undefined): Promise<void>;
  /** What disproved a stored file, as it was told then. */
  disproved(kind: VerifiedKind, target: Target, signal: AbortSignal | undefined): Promise<GoModKitError | undefined>;
  noteDisproved(
    kind: VerifiedKind,
    target: Target,
    error: GoModKitError,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  isOwn(kind: VerifiedKind, target: Target, sum: string, signal: AbortSignal | undefined): Promise<boolean>;
  /** Other bytes were proved in place of the disproved ones. */
  forgetDisproved(kind: VerifiedKind, target: Target, signal: AbortSignal | undefined): Promise<void>;
  /** Removes what was found out about a file, as the file is gone. */
  forget(kind: VerifiedKind, target: Target, signal: AbortSignal | undefined): Promise<void>;
}

const maxMark = 64 * 1024;

/** Marks in `store`. */
export function createMarks(store: Store, database: string): Marks {
  const key = (area: string, kind: VerifiedKind, target: Target): string =>
    `${databaseKey(area, database)}/${target[kind]}`;
  const read = async (name: string, signal: AbortSignal | undefined): Promise<string | undefined> => {
    const stored = await store.read(name, maxMark, signal);
    return stored === undefined ? undefined : decodeUtf8(stored.bytes);
  };
  return {
    async verified(kind, target, signal) {
      const sum = await read(key('verified', kind, target), signal);
      return sum?.startsWith('h1:') ? sum : undefined;
    },
    noteVerified: (kind, target, sum, signal) => write(store, key('verified', kind, target), sum, signal),
    async disproved(kind, target, signal) {
      const text = await read(key('disproved', kind, target), signal);
      return text === undefined ? undefined : parseEvidence(text);
    },
    async noteDisproved(kind, target, { message, data }, signal) {
      const evidence = `${JSON.stringify({ message, ...data }, undefined, 2)}\n`;
      await remove(store, key('verified', kind, target), signal);
      const kept = await read(key('disproved', kind, target), signal).catch(() => undefined);
      if (kept !== undefined && parseEvidence(kept).data.downloaded !== data.downloaded) {
        await remove(store, key('disproved', kind, target), signal);
      }
      await write(store, key('disproved', kind, target), evidence, signal);
    },
    forgetDisproved: (kind, target, signal) => remove(store, key('disproved', kind, target), signal),
    isOwn: (kind, target, sum, signal) => isOwn(store, kind, target, sum, signal),
    async forget(kind, target, signal) {
      for (const area of ['verified', 'disproved']) await store.delete(key(area, kind, target), signal);
    },
  };
}

/**
 * Remembers that files with these sums are published here, and are no upstream's. To be called before `.info` is stored. Bound to the sums,
 * so that a publication that came too late vouches for nobody else's files.
 */
export async function noteOwn(
  store: Store,
  target: Target,
  sums: Readonly<Record<VerifiedKind, string>>,
  signal?: AbortSignal | undefined,
): Promise<void> {
  for (const kind of ['mod', 'zip'] as const) {
    const sum = sums[kind];
    await store.create(ownKey(kind, target, sum), bytesSource(encodeUtf8(sum)), text, signal);
  }
}

/** Whether a file with this sum was published here. */
export async function isOwn(
  store: Store,
  kind: VerifiedKind,
  target: Target,
  sum: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return (await store.head(ownKey(kind, target, sum), signal)) !== undefined;
}

function ownKey(kind: VerifiedKind, target: Target, sum: string): string {
  return `.gomodkit/own/${target[kind]}.${hex(sha256(encodeUtf8(sum)).subarray(0, 16))}`;
}

const text = 'text/plain; charset=utf-8';

async function write(store: Store, key: string, content: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.create(key, bytesSource(encodeUtf8(content)), text, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
  }
}

async function remove(store: Store, key: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.delete(key, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
  }
}

function parseEvidence(json: string): GoModKitError {
  let data: ErrorData = {};
  try {
    data = JSON.parse(json) as ErrorData;
  } catch {
    // Whoever damaged it did not make the file any better.
  }
  const { message = 'SECURITY ERROR: a checksum database disproved what is stored', ...rest } = data;
  return new GoModKitError('checksum_mismatch', String(message), { data: rest });
}
