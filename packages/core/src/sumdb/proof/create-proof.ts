// Making proof files from a database that answers (formats.md §5).
//
// Invariants:
// - What goes into a file was verified on the way: the record by a client, the hashes by the tree that the checkpoint signs.

import { createSingleFlight } from '../../async/single-flight.ts';
import { createByteCache } from '../../cache/byte-cache.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { forgivingCache } from '../client/cache.ts';
import { createSumdbClient } from '../client/client.ts';
import { verifierKeyOf } from '../client/go-sumdb.ts';
import type { SumdbClient, SumdbRecord, SumdbRemote } from '../client/sumdb-client.ts';
import { tileReaders } from '../client/tiles.ts';
import { open } from '../note/open.ts';
import { newVerifier, verifierList } from '../note/verifier.ts';
import { recordHash } from '../tlog/hash.ts';
import { checkRecord, proveRecord } from '../tlog/proofs.ts';
import type { HashReader } from '../tlog/tree.ts';
import type { Tree } from '../tlog/tree-text.ts';
import { parseCheckpoint } from '../witness/checkpoint.ts';
import { formatProof } from './proof-file.ts';

/** A module version whose record is to be proved, and where. */
export interface CreateProofOptions extends CallOptions {
  /** The database's verifier key, or `sum.golang.org`. */
  readonly key: string;
  /** Reaches the database: `lookup/…`, `latest`, `tile/…`. For a log of one's own: `(path, call) => log.sumdb(log.name, path, call)`. */
  readonly remote: SumdbRemote;
  readonly path: string;
  readonly version: string;
  /** A client of that very database, where there is one: it knows tree heads, and keeps what it reads. */
  readonly client?: SumdbClient | undefined;
  /**
   * The signed note to prove by, such as a C2SP checkpoint with cosignatures. Default: the newest tree note that the database signed
   * (`go.sum database tree`), which is a checkpoint of that origin.
   */
  readonly checkpoint?: string | undefined;
  /** Goes into the file; not authenticated. */
  readonly extra?: Uint8Array | undefined;
  /** The height of the database's tiles. Default 8. */
  readonly tileHeight?: number | undefined;
}

/** A proof file and what it proves. */
export interface CreatedProof {
  /** The text of the file; its usual extension is `.tlog-proof`. */
  readonly file: string;
  readonly record: SumdbRecord;
}

/**
 * Makes the proof file of one module version, from sum.golang.org or any log that answers as it does.
 *
 * Rejects as {@link SumdbClient.lookup} does, with `invalid_note` when the checkpoint is not signed by the key, and with
 * `invalid_log` when its tree is too small for the record or does not have it, or tiles do not fit it.
 *
 * @example
 * ```ts
 * import { upstreamSource } from '@gomodkit/core/source';
 * import { createProof } from '@gomodkit/core/sumdb';
 *
 * const upstream = upstreamSource('https://goproxy.example');
 * const { file } = await createProof({
 *   key: 'sum.golang.org',
 *   remote: (path, options) => upstream.sumdb('sum.golang.org', path, options),
 *   path: 'rsc.io/quote',
 *   version: 'v1.5.2',
 * });
 * ```
 */
export async function createProof(options: CreateProofOptions): Promise<CreatedProof> {
  const { key, remote, path, version, tileHeight, extra, signal } = options;
  const verifier = newVerifier(verifierKeyOf(key));
  const client = options.client ?? createSumdbClient({ key, remote, tileHeight });
  const record = await client.lookup(path, version, { signal });
  const checkpoint = options.checkpoint ?? (await client.head({ signal }))?.note ?? '';
  const { text } = await open(checkpoint, verifierList(verifier));
  const tree = parseCheckpoint(text);
  if (record.number >= tree.size) {
    throw new GoModKitError(
      'invalid_log',
      `${path}@${version} is record ${record.number}, which the checkpoint of ${tree.size} records does not have yet`,
    );
  }
  const hashes = await proveRecord(tree.size, record.number, remoteHashes(verifier.name, remote, tileHeight)(tree), {
    signal,
  });
  // A signed tree of another history has another record there, and its proof would prove nothing to anybody.
  checkRecord(hashes, {
    treeSize: tree.size,
    treeHash: tree.hash,
    number: record.number,
    recordHash: recordHash(record.text),
  });
  return { file: formatProof({ index: record.number, hashes, checkpoint, extra }), record };
}

/** Hashes of trees of a database, read from its tiles and authenticated. Keeps `memory` bytes of tiles. */
export function remoteHashes(
  database: string,
  remote: SumdbRemote,
  height: number = 8,
  memory: number = 4 * 1024 * 1024,
): (tree: Tree) => HashReader {
  return tileReaders({
    database,
    height,
    readRemote: remote,
    cache: forgivingCache(undefined, undefined),
    memory: createByteCache({ maxBytes: memory, now: Date.now }).section({ weigh: ({ length }) => length }),
    flights: createSingleFlight(),
  });
}
