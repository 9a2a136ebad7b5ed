// Reading bundles.
//
// Invariants:
// - Nothing of a bundle is believed: every file is hashed, judged by the rules of modules and zips, compared with the manifest and, where
//   a checksum database judges, with its record, before the first byte of its version is stored.
// - What is stored is published as every capture is: the bundle is the source of a repository. So nothing half-written is seen, the
//   first capture stays, what is withdrawn stays out, and the index has its entries.
// - What is there with the same sums is passed over: the same import completes what was cut off.
// - A bundle that breaks its own form ends the import; a version that is refused is told, and the others follow.

import { type GoModKitError, isGoModKitError } from '../errors/error.ts';
import { targetOf } from '../repository/keys.ts';
import type { RepositoryLimits } from '../repository/options.ts';
import type { Policy } from '../repository/repository.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import { parseTilePath } from '../sumdb/tlog/tile.ts';
import { maxManifest, nameOf, parseManifest } from './manifest.ts';
import { listName, lookupPath, manifestName, proofName, sumdbName } from './names.ts';
import { type ImportSumdb, ProvenRecords } from './proven-records.ts';
import { BundleReader } from './reader.ts';
import { Receiver, type VersionFiles } from './receiver.ts';
import { invalidBundle, shown } from './tar.ts';
import type { BundleManifest, BundleModule, ImportEvent, ImportRefusal, ImportReport } from './types.ts';

/** Options of {@link importBundle}. */
export interface ImportOptions extends CallOptions {
  readonly storage: Storage;
  /** The checksum database whose proofs are wanted. Default: sum.golang.org, for everything. `off`: hashes are compared with the manifest alone. */
  readonly sumdb?: ImportSumdb | 'off' | undefined;
  /** As of a repository; sizes hold for the files of the bundle. */
  readonly limits?: RepositoryLimits | undefined;
  /** As of a repository: what it denies is refused. */
  readonly policy?: Policy | undefined;
}

/**
 * Stores what is in a bundle. Events say what becomes of each version; the last one is `done`, and its report is also returned. Nothing happens
 * before the events are read, and who stops reading stops the import; what is stored by then stays.
 *
 * Rejects with `invalid_bundle` for a stream that is none, that is not in the order of its manifest (`data.entry`) or was cut off
 * (`data.truncated`), `limit_exceeded` for files that are too large, `invalid_note` for a tree that the key did not sign,
 * `checksum_misbehaviour` for one that contradicts what the storage knows, `storage_unavailable`, what the stream fails with, and the
 * signal's reason.
 *
 * @example
 * ```ts
 * import { bundle, type Storage } from '@gomodkit/core';
 *
 * export async function receive(stream: ReadableStream<Uint8Array>, storage: Storage): Promise<void> {
 *   for await (const event of bundle.importBundle(stream, { storage, sumdb: { key: 'sum.golang.org', noSumdb: 'corp.example' } }))
 *     if (event.type === 'refused') console.warn(event.subject, event.reason);
 * }
 * ```
 */
export async function* importBundle(
  stream: ReadableStream<Uint8Array>,
  options: ImportOptions,
): AsyncGenerator<ImportEvent, ImportReport, void> {
  const { sumdb = { key: 'sum.golang.org' }, storage, signal } = options;
  const records = sumdb === 'off' ? undefined : new ProvenRecords(sumdb, storage);
  const reader = new BundleReader(stream, { signal });
  const receiver = new Receiver(options, records);
  const tally = new Tally();
  let failure: unknown = new Error('the import is over');
  try {
    const manifest = parseManifest(await reader.take(manifestName, maxManifest));
    tally.missing = manifest.missing;
    yield { type: 'manifest', manifest };
    yield* tally.told(readBundle(reader, manifest, receiver, records, { signal }));
    await reader.end();
    if (records?.untied !== undefined) yield tally.refused(untied(records.name, records.untied));
    await receiver.close();
    const report = tally.report();
    yield { type: 'done', report };
    return report;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await reader.close(failure);
    await receiver.close();
  }
}

/** The versions of a bundle, one by one. */
async function* readBundle(
  reader: BundleReader,
  manifest: BundleManifest,
  receiver: Receiver,
  records: ProvenRecords | undefined,
  options: CallOptions,
): AsyncGenerator<ImportEvent> {
  const { sumdb, modules } = manifest;
  const known = records !== undefined && records.name === sumdb?.name ? records : undefined;
  if (sumdb !== undefined) {
    await reader.take(sumdbName(sumdb.name, 'supported'), 0);
    await reader.take(sumdbName(sumdb.name, 'latest'), maxAnswer);
    const tiles = await takeTiles(reader, sumdb.name, mostTiles);
    await known?.begin(sumdb.note, tiles, options);
  }
  for (const [i, module] of modules.entries()) {
    const proof = module.record && sumdb !== undefined ? await takeProof(reader, sumdb.name, module) : undefined;
    yield await receiveVersion(reader, module, receiver, async () => {
      if (proof !== undefined) await known?.prove(module, proof, options);
    });
    if (modules[i + 1]?.path !== module.path) await reader.take(listName(module.path), maxList);
  }
}

/** More than a lookup answer, note or proof has. */
const maxAnswer = 1024 * 1024;
const maxList = 16 * 1024 * 1024;
/** Tiles of 8 KiB that come before the first record, or before any other. */
const mostTiles = 4096;
const mostTilesOfRecord = 64;

type Proof = Parameters<ProvenRecords['prove']>[1];

async function takeProof(reader: BundleReader, database: string, module: BundleModule): Promise<Proof> {
  const tiles = await takeTiles(reader, database, mostTilesOfRecord);
  const lookup = await reader.take(sumdbName(database, lookupPath(module)), maxAnswer);
  return { tiles, lookup, proof: await reader.take(proofName(module), maxAnswer) };
}

async function takeTiles(
  reader: BundleReader,
  database: string,
  most: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const prefix = sumdbName(database, '');
  const tiles = new Map<string, Uint8Array>();
  for (;;) {
    const name = await reader.peek();
    if (!name?.startsWith(`${prefix}tile/`)) return tiles;
    const path = name.slice(prefix.length);
    const width = widthOf(path);
    if (width === undefined) throw invalidBundle(`${shown(name)} is no tile of a checksum database`, { entry: name });
    if (tiles.has(path)) throw invalidBundle(`${shown(name)} is there twice`, { entry: name });
    if (tiles.size >= most) throw invalidBundle(`${shown(name)} is one tile too many`, { entry: name });
    tiles.set(path, await reader.take(name, width * 32));
  }
}

function widthOf(path: string): number | undefined {
  try {
    const { h, l, w } = parseTilePath(path);
    return h === 8 && l >= 0 ? w : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the files of one version. What speaks against the version is an event; what speaks against the bundle is thrown. */
async function receiveVersion(
  reader: BundleReader,
  module: BundleModule,
  receiver: Receiver,
  prove: () => Promise<void>,
): Promise<ImportEvent> {
  const { limits } = receiver;
  const keys = targetOf(module.path, module.version);
  const goMod = await reader.take(keys.mod, limits.goMod);
  const info = module.info === undefined ? undefined : await reader.take(keys.info, limits.info);
  let files: VersionFiles = { goMod, info };
  if (module.zip !== undefined) {
    const bound = new TextDecoder().decode(await reader.take(keys.ziphash, 1024));
    if (bound.trim() !== module.zip)
      throw invalidBundle(`${shown(keys.ziphash)} says another sum than the manifest`, { entry: keys.ziphash });
    const { size, body } = await reader.open(keys.zip, limits.zip);
    files = { ...files, zip: { size, body } };
  }
  try {
    await prove();
    const { created, proven } = await receiver.store(module, files);
    const outcome = created ? 'new' : 'present';
    return { type: 'version', outcome, proven, bytes: created ? (files.zip?.size ?? 0) : 0, ...module };
  } catch (error) {
    if (!isGoModKitError(error, ...ofVersions)) throw error;
    return { type: 'refused', subject: nameOf(module), code: error.code, reason: error.message };
  } finally {
    // Cancelled when it was not used: the archive goes on behind it.
    if (files.zip !== undefined && !files.zip.body.locked) await files.zip.body.cancel();
  }
}

/** What is said of one version, and not of the bundle or of the storage. */
const ofVersions = [
  'checksum_mismatch',
  'conflict',
  'denied',
  'gone',
  'invalid_go_mod',
  'invalid_log',
  'invalid_zip',
  'limit_exceeded',
  'not_found',
  'upstream_invalid',
] as const;

function untied(database: string, cause: GoModKitError): ImportRefusal {
  return {
    subject: `the records of ${database}`,
    code: cause.code,
    reason: `its tree could not be tied to the one that is known here, so the records are not kept for go commands to ask: ${cause.message}. Export with the note of the earlier bundle (--after)`,
  };
}

/** Counts what is told. */
class Tally {
  missing: readonly string[] = [];
  readonly #refused: ImportRefusal[] = [];
  readonly #counts = { new: 0, present: 0, proven: 0, bytes: 0 };

  async *told(events: AsyncIterable<ImportEvent>): AsyncGenerator<ImportEvent> {
    for await (const event of events) {
      if (event.type === 'refused') this.refused(event);
      if (event.type === 'version') {
        this.#counts[event.outcome]++;
        if (event.proven) this.#counts.proven++;
        this.#counts.bytes += event.bytes;
      }
      yield event;
    }
  }

  refused({ subject, code, reason }: ImportRefusal): ImportEvent {
    const refusal = { subject, code, reason };
    this.#refused.push(refusal);
    return { type: 'refused', ...refusal };
  }

  report(): ImportReport {
    return { ...this.#counts, refused: this.#refused, missing: this.missing };
  }
}
