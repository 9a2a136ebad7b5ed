// What a witness remembers of each log: the newest checkpoint that it cosigned, and evidence (C2SP tlog-witness).
//
// Invariants:
// - Checkpoints of a log are numbered without gaps, and each is written under the number after the one that it was compared with:
//   that makes "check and persist" one step for any number of instances on one storage.
// - Sizes only grow. Nothing that is written here is ever changed.
// - Evidence is kept once for each pair of checkpoints, however often it is sent.

import { sha256 } from '#sha256';
import { hex } from '../../bytes/hex.ts';
import { bytesSource } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { openSeries } from '../../series/index.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { databaseKey } from '../client/keys.ts';
import { emptyTreeHash } from '../tlog/hash.ts';
import type { Tree } from '../tlog/tree-text.ts';
import { parseCheckpoint } from './checkpoint.ts';

/** The newest checkpoint of a log that was cosigned. */
export interface WitnessedTree extends Tree {
  /** Its place among those of the log; −1 for the empty tree that everybody starts with. */
  readonly number: number;
  /** The signed note with our cosignatures; empty for the one that everybody starts with. */
  readonly note: string;
}

/** The state of one log. */
export interface WitnessState {
  /** {@link originHash} of the log. */
  readonly hash: string;
  latest(options: CallOptions): Promise<WitnessedTree>;
  /** Keeps `note` as the one after `before`. Resolves to false, and keeps nothing, when somebody else has that place. */
  advance(before: WitnessedTree, note: string, options: CallOptions): Promise<boolean>;
  keepEvidence(texts: readonly string[], report: string, options: CallOptions): Promise<void>;
}

/** The SHA-256 of an origin in hexadecimal digits, by which a witness serves its checkpoint. */
export function originHash(origin: string): string {
  return hex(sha256(encodeUtf8(origin)));
}

/** The state of `origin` that the witness `name` keeps in a storage, below `.gomodkit/witness/`. */
export function witnessState(storage: Storage, name: string, origin: string): WitnessState {
  const hash = originHash(origin);
  const prefix = `${databaseKey('witness', name)}/${hash}`;
  const series = openSeries<string>(storage, `${prefix}/checkpoints`, { parse: parseEntry });
  return {
    hash,
    async latest(options) {
      const batch = await series.latest(options);
      const note = batch?.entries.at(-1)?.value;
      if (batch === undefined || note === undefined) return { number: -1, size: 0n, hash: emptyTreeHash(), note: '' };
      const tree = parseCheckpoint(textOf(note));
      return { number: batch.number, size: tree.size, hash: tree.hash, note };
    },
    async advance(before, note, { signal }) {
      try {
        await series.append([note], { number: before.number + 1, signal });
        return true;
      } catch (error) {
        if (isGoModKitError(error, 'conflict')) return false;
        throw error;
      }
    },
    async keepEvidence(texts, report, options) {
      const key = `${prefix}/evidence/${hex(sha256(encodeUtf8(texts.join('\n'))).subarray(0, 16))}.txt`;
      await storage.create(key, bytesSource(encodeUtf8(report)), {
        ...options,
        contentType: 'text/plain; charset=utf-8',
      });
    },
  };
}

/** What is signed of a note that was opened once. */
export function textOf(note: string): string {
  return note.slice(0, note.lastIndexOf('\n\n') + 1);
}

function parseEntry(value: unknown): string {
  if (typeof value === 'string') {
    parseCheckpoint(textOf(value));
    return value;
  }
  throw new GoModKitError('storage_unavailable', 'a kept checkpoint is no text', { data: { transient: false } });
}
