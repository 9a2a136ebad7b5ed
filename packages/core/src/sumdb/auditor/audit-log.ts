// Walking a whole log (spec §12.7–12.12).
//
// Invariants:
// - Nothing is believed: every record is hashed, every tile compared with what the records say, and their root with the signed tree.
// - What the log does wrong is a problem in the report; what could not be found out rejects, and proves nothing.
// - A log that says it is larger than what it serves costs what it serves: after so many missing tiles on end the rest is given up.
// - Memory does not grow with the log: some tiles, what is remembered of records (bounded), and what is stored.

import { equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { skippedPaths, verifierKeyOf } from '../client/go-sumdb.ts';
import { openSignedTree, type SignedTree } from '../client/signed-tree.ts';
import { newVerifier, type Verifier, verifierList } from '../note/verifier.ts';
import { remoteHashes } from '../proof/create-proof.ts';
import { recordHash } from '../tlog/hash.ts';
import { checkInt64 } from '../tlog/integers.ts';
import { storedHashIndex } from '../tlog/stored-index.ts';
import { checkHeight, type Tile, tilePath } from '../tlog/tile.ts';
import { type HashReader, treeHash } from '../tlog/tree.ts';
import type { AuditLogEvent, AuditLogOptions, AuditLogReport, AuditProblem } from './audit.ts';
import { readLeaves } from './leaves.ts';
import { type PeerComparison, peerComparison } from './peer-comparison.ts';
import { Remembered } from './remembered.ts';
import { readDataTile, readHashTile } from './served-tiles.ts';
import { StoreComparison } from './store-comparison.ts';
import { readSumText, type SumText } from './sum-text.ts';
import { TileRows } from './tile-rows.ts';

/**
 * Audits a log: yields what it finds as it goes, last `done` with the report, which it also returns.
 *
 * Rejects with `invalid_argument` for malformed keys and options, and with what the remotes and the store reject with where something
 * could not be found out, such as `upstream_unavailable`; with `checksum_misbehaviour` or `upstream_invalid` where a second log of
 * another key cannot be believed.
 *
 * @example
 * ```ts
 * import { upstreamSource } from '@gomodkit/core/source';
 * import { auditLog, formatAuditReport } from '@gomodkit/core/sumdb';
 *
 * const server = upstreamSource('https://goproxy.example');
 * const key = 'sum.corp.example+…';
 * for await (const event of auditLog({ key, remote: (path, call) => server.sumdb('sum.corp.example', path, call) })) {
 *   if (event.type === 'done') console.log(formatAuditReport(event.report));
 * }
 * ```
 */
export async function* auditLog(options: AuditLogOptions): AsyncGenerator<AuditLogEvent, AuditLogReport, void> {
  return yield* new Audit(options).run();
}

/** Lowest tiles on end without records and hashes, after which the log is taken to have no more. */
const mostLost = 64;

class Audit {
  readonly #options: AuditLogOptions;
  readonly #verifier: Verifier;
  readonly #height: number;
  readonly #from: bigint;
  readonly #remembered: Remembered;
  readonly #peer: PeerComparison | undefined;
  #found: AuditProblem[] = [];
  readonly #problems: AuditProblem[] = [];
  #problemCount = 0;
  #records = 0n;
  #unremembered = 0n;
  #tiles = 0;
  #complete = true;

  constructor(options: AuditLogOptions) {
    const { key, tileHeight = 8, from = 0n, maxRemembered = 2 ** 24, against } = options;
    checkHeight(tileHeight);
    this.#from = typeof from === 'bigint' ? from : from.size;
    checkInt64('size to begin from', this.#from);
    this.#options = options;
    this.#verifier = newVerifier(verifierKeyOf(key));
    this.#height = tileHeight;
    this.#remembered = new Remembered(maxRemembered);
    this.#peer = against && peerComparison(options, against, this.#report);
  }

  readonly #report = (problem: AuditProblem): void => {
    this.#found.push(problem);
    this.#problemCount++;
    if (this.#problems.length < (this.#options.maxProblems ?? 1000)) this.#problems.push(problem);
  };

  async *run(): AsyncGenerator<AuditLogEvent, AuditLogReport, void> {
    const { signal, store: stored, noSumdb = '' } = this.#options;
    const call = { signal };
    const store = stored && (await StoreComparison.of(stored, this.#report, call));
    const tree = await this.#head(call);
    if (tree !== undefined) {
      yield { type: 'head', tree };
      yield* this.#walk(tree, store, call);
    }
    const whole = tree !== undefined && this.#from === 0n && this.#complete;
    // In this order: what the store lacks is counted before problems are.
    const report: AuditLogReport = {
      database: this.#verifier.name,
      tree,
      from: this.#from,
      store: store?.finish(whole, skippedPaths(noSumdb)),
      against: this.#peer?.finish(),
      records: this.#records,
      tiles: this.#tiles,
      unremembered: this.#unremembered,
      problems: this.#problems,
      problemCount: this.#problemCount,
      ok: this.#problemCount === 0,
    };
    yield* this.#flush();
    yield { type: 'done', report };
    return report;
  }

  *#flush(): Generator<AuditLogEvent, void, void> {
    const found = this.#found;
    this.#found = [];
    for (const problem of found) yield { type: 'problem', problem };
  }

  async #head(call: CallOptions): Promise<SignedTree | undefined> {
    const answer = await this.#options.remote('latest', call);
    try {
      return await openSignedTree(answer, verifierList(this.#verifier));
    } catch (error) {
      if (!isGoModKitError(error, 'invalid_note', 'invalid_log')) throw error;
      this.#report({
        kind: 'head',
        message: `the latest tree is not one that ${this.#verifier.name} signed: ${error.message}`,
      });
      return undefined;
    }
  }

  async *#walk(
    tree: SignedTree,
    store: StoreComparison | undefined,
    call: CallOptions,
  ): AsyncGenerator<AuditLogEvent, void, void> {
    const reader = remoteHashes(this.#verifier.name, this.#options.remote, this.#height)(tree);
    const rows = new TileRows({
      tree,
      height: this.#height,
      readTile: (tile) => readHashTile(this.#options.remote, tile, call),
      authentic: (level, n) => authentic(reader, level, n, call),
      report: this.#report,
    });
    await this.#peer?.begin(tree, call);
    if (!(await this.#resume(tree, reader, rows, call))) return yield* this.#flush();
    let lost = 0;
    const { remote, readAhead = 8 } = this.#options;
    const place = { remote, height: this.#height, from: this.#from, size: tree.size, readAhead };
    for await (const leaves of readLeaves({ ...place, ...call })) {
      lost = 'wrong' in leaves.records && 'wrong' in leaves.hashes ? lost + 1 : 0;
      const texts = 'value' in leaves.records ? leaves.records.value : undefined;
      const known = texts === undefined ? [] : await this.#judge(leaves.tile, texts, call);
      for (const record of known) store?.see(record);
      await this.#peer?.see(known, call);
      if ('wrong' in leaves.records) {
        const path = tilePath(leaves.tile).replace('/0/', '/data/');
        this.#report({ kind: 'tile', tile: path, message: `${path}: ${leaves.records.wrong}` });
      }
      await rows.push({ ...leaves.tile }, texts?.map(recordHash), leaves.hashes);
      this.#tiles++;
      yield* this.#flush();
      yield { type: 'progress', records: this.#records, size: tree.size };
      if (lost === mostLost) return yield* this.#giveUp(leaves.tile, tree);
    }
    await rows.finish();
    this.#tiles += rows.compared;
    yield* this.#flush();
  }

  *#giveUp(tile: Tile, { size }: SignedTree): Generator<AuditLogEvent, void, void> {
    this.#complete = false;
    const end = (tile.n + 1n) << BigInt(tile.h);
    const message = `nothing is served of ${mostLost} tiles on end; records from ${end} to ${size} were not looked for`;
    this.#report({ kind: 'tile', tile: tilePath(tile), message });
    yield* this.#flush();
  }

  /** Whether the walk can begin where it should. */
  async #resume(tree: SignedTree, reader: HashReader, rows: TileRows, call: CallOptions): Promise<boolean> {
    const { from } = this.#options;
    if (this.#from > tree.size) {
      this.#report({
        kind: 'rollback',
        message: `the tree has ${tree.size} records, and ${this.#from} were verified before`,
      });
      return false;
    }
    if (typeof from === 'object' && !(await this.#beginsWith(from, tree, reader, call))) return false;
    if (await rows.resume(this.#from >> BigInt(this.#height))) return true;
    this.#report({ kind: 'tile', message: `the tiles before record ${this.#from} do not belong to the signed tree` });
    return false;
  }

  async #beginsWith(
    old: { readonly size: bigint; readonly hash: Uint8Array },
    tree: SignedTree,
    reader: HashReader,
    call: CallOptions,
  ): Promise<boolean> {
    try {
      const hash = old.size === tree.size ? tree.hash : await treeHash(old.size, reader, call);
      if (equalBytes(hash, old.hash)) return true;
      const message = `the tree does not begin with the one of ${old.size} records that was verified before`;
      this.#report({ kind: 'rollback', message });
    } catch (error) {
      if (!isGoModKitError(error, 'invalid_log')) throw error;
      this.#report({ kind: 'tile', message: `what was verified before cannot be compared: ${error.message}` });
    }
    return false;
  }

  /** Reads the records of a tile; resolves to those that are good, not read before, and the first of their module version. */
  async #judge(tile: Tile, texts: readonly string[], call: CallOptions): Promise<SumText[]> {
    const known: SumText[] = [];
    for (const [i, text] of texts.entries()) {
      const number = (tile.n << BigInt(tile.h)) + BigInt(i);
      if (number < this.#from) continue;
      this.#records++;
      const record = readSumText(text);
      if (typeof record === 'string') {
        this.#report({ kind: 'record', number, message: `record ${number} is malformed: ${record}` });
      } else if (!(await this.#isSecond(record, number, texts, call))) {
        known.push(record);
      }
    }
    return known;
  }

  async #isSecond(record: SumText, number: bigint, texts: readonly string[], call: CallOptions): Promise<boolean> {
    const key = `${record.path} ${record.version} `;
    const { before, kept } = this.#remembered.add(key, number);
    if (!kept) this.#unremembered++;
    if (before === undefined) return false;
    const n = before >> BigInt(this.#height);
    const i = Number(before - (n << BigInt(this.#height)));
    const here = n === number >> BigInt(this.#height) ? texts : undefined;
    const served = here
      ? { value: here }
      : await readDataTile(this.#options.remote, { h: this.#height, l: -1, n, w: i + 1 }, call);
    // Another version with the same eight bytes of a hash, which is hardly ever.
    if ('value' in served && !served.value[i]?.startsWith(key)) return false;
    const { path, version } = record;
    const message = `record ${number} is a second one of ${path}@${version}, which is record ${before}`;
    this.#report({ kind: 'duplicate', number, module: { path, version }, message });
    return true;
  }
}

/** Undefined when the log serves no tiles that prove it. */
async function authentic(
  reader: HashReader,
  level: number,
  n: bigint,
  call: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    return (await reader.readHashes([storedHashIndex(level, n)], call))[0];
  } catch (error) {
    const lacks = error instanceof GoModKitError && isGoModKitError(error.cause, 'not_found', 'gone');
    if (lacks || isGoModKitError(error, 'invalid_log', 'upstream_invalid')) return undefined;
    throw error;
  }
}
