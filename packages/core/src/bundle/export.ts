// Writing bundles.
//
// Invariants:
// - Sums and sizes of all that goes in are known before the first byte goes out; what is not there is told then.
// - Equal contents of equal stores give equal bytes: versions in one order, nothing that depends on the moment.
// - The order is that of publication, module by module: record and proof, `.mod`, `.info`, `.ziphash`, `.zip`, and `@v/list` last. Whoever is
//   cut off has whole versions.
// - Everything is read through the repository: what is withdrawn or denied goes out as a go.mod alone, for graphs that mention it.

import { sha256 } from '#sha256';
import { createLimiter } from '../async/limiter.ts';
import { hex } from '../bytes/hex.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { isPseudoVersion } from '../module/index.ts';
import type { PlannedVersion } from '../repository/capture/types.ts';
import { targetOf } from '../repository/keys.ts';
import type { Repository } from '../repository/repository.ts';
import { repositorySums } from '../repository/sums.ts';
import { sort } from '../semver/index.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import type { SumdbClient } from '../sumdb/client/sumdb-client.ts';
import { checkComplete } from './contents.ts';
import { formatManifest, inOrder, nameOf } from './manifest.ts';
import { listName, manifestName } from './names.ts';
import { Records, recordOf } from './records.ts';
import { fileOf, type OutgoingFile, writeTar } from './tar.ts';
import type { BundleContents, BundleManifest, BundleModule } from './types.ts';

/** Options of {@link exportBundle}. */
export interface ExportOptions extends CallOptions {
  readonly repository: Repository;
  /** The repository's storage, whose `.ziphash` files save reading every zip twice. */
  readonly storage: Storage;
  /** What goes in: see {@link captureContents} and {@link storedContents}. */
  readonly contents: BundleContents;
  /** `true`: what is not there is left out and named in the manifest. Default `false`: then that is `not_found`. */
  readonly allowMissing?: boolean | undefined;
  /**
   * The checksum database whose records and proofs go in, with the tiles of its newest tree: best a client that shares the repository's
   * storage. Versions that it does not know go in without. Default: none.
   */
  readonly sumdb?: SumdbClient | undefined;
  /**
   * Signed notes of the trees in bundles that the receivers had before (`manifest.sumdb.note`): what proves that the log only grew since goes
   * in too, so that clients which remember those trees go on. Default: none.
   */
  readonly after?: readonly string[] | undefined;
  /** How many versions are looked at together before the first byte. Default 16. */
  readonly concurrency?: number | undefined;
}

/**
 * A bundle as a stream: one tar that is a static GOPROXY tree when it is unpacked, and that {@link importBundle} verifies as it comes.
 *
 * The stream fails, before its first byte, with `not_found` (`data.missing`) for what is not there unless that is allowed, and with what
 * reading the repository or asking the database rejects with; later with `storage_unavailable` and the signal's reason. Cancelling it
 * stops the work.
 *
 * @example
 * ```ts
 * import { bundle, type Repository, type Storage } from '@gomodkit/core';
 *
 * export async function wholeStore(repository: Repository, storage: Storage): Promise<ReadableStream<Uint8Array>> {
 *   return bundle.exportBundle({ repository, storage, contents: await bundle.storedContents(storage) });
 * }
 * ```
 */
export function exportBundle(options: ExportOptions): ReadableStream<Uint8Array> {
  return writeTar((call) => filesOf({ ...options, ...call }), options);
}

async function* filesOf(options: ExportOptions): AsyncGenerator<OutgoingFile> {
  const { repository, contents, sumdb, after = [], signal } = options;
  if (options.allowMissing !== true) checkComplete(contents);
  const { modules, missing } = await describeAll(options);
  const tree = modules.some(({ record }) => record) ? await sumdb?.head({ signal }) : undefined;
  const records = sumdb === undefined || tree === undefined ? undefined : new Records(sumdb, tree, after);
  const manifest: BundleManifest = {
    roots: contents.roots,
    missing,
    ...(records === undefined || sumdb === undefined ? {} : { sumdb: { name: sumdb.name, note: records.tree.note } }),
    modules,
  };
  yield fileOf(manifestName, formatManifest(manifest));
  if (records !== undefined) yield* records.beginning({ signal });
  let first = 0;
  for (const [i, module] of modules.entries()) {
    if (module.record && records !== undefined) yield* records.proving(module, { signal });
    yield* versionFiles(repository, module, { signal });
    if (modules[i + 1]?.path === module.path) continue;
    yield listOf(module.path, modules.slice(first, i + 1));
    first = i + 1;
  }
}

/** Looks at everything; resolves to what is there, in order, and to what is not. */
async function describeAll(
  options: ExportOptions,
): Promise<{ readonly modules: readonly BundleModule[]; readonly missing: readonly string[] }> {
  const { contents, allowMissing = false, concurrency = 16, signal } = options;
  const limiter = createLimiter(concurrency);
  const missing = contents.refused.map((each) => `${nameOf(each)} (${each.kind}): ${each.reason}`);
  const found = await Promise.all(
    contents.versions.map((version) =>
      limiter.run(async () => {
        try {
          return await describe(options, version);
        } catch (error) {
          signal?.throwIfAborted();
          if (!allowMissing || !isGoModKitError(error, ...absences)) throw error;
          missing.push(`${nameOf(version)}: ${error.message.split('\n', 1)[0]}`);
          return undefined;
        }
      }, signal),
    ),
  );
  const modules = found.filter((each) => each !== undefined).sort(inOrder);
  return { modules, missing: missing.sort() };
}

const absences = ['not_found', 'gone', 'denied', 'offline', 'conflict', 'checksum_mismatch'] as const;

/** The sums of a version. */
async function describe(options: ExportOptions, planned: PlannedVersion): Promise<BundleModule> {
  const { repository, storage, sumdb, signal } = options;
  const { path, version } = planned;
  const { bytes } = await repository.goMod(path, version, { signal });
  const info = await infoOf(repository, planned, { signal });
  const goMod = hashGoMod(bytes);
  const record = sumdb === undefined ? undefined : await recordOf(sumdb, planned, { signal });
  const described: BundleModule = { path, version, goMod, ...(record === undefined ? {} : { record: true }) };
  if (info === undefined) return described;
  const known = { ...described, info: hex(sha256(info)) };
  if (!planned.zip) return known;
  const { size } = await repository.zip(path, version, { signal });
  const { zip } = await repositorySums(repository, { storage })({ path, version }, { signal });
  return { ...known, zip, size };
}

/** The bytes of an `.info`; undefined where the version is withdrawn or denied, whose go.mod stays readable. */
async function infoOf(
  repository: Repository,
  { path, version }: PlannedVersion,
  options: CallOptions,
): Promise<Uint8Array | undefined> {
  try {
    return (await repository.info(path, version, options)).bytes;
  } catch (error) {
    if (isGoModKitError(error, 'denied', 'gone')) return undefined;
    throw error;
  }
}

async function* versionFiles(
  repository: Repository,
  module: BundleModule,
  options: CallOptions,
): AsyncGenerator<OutgoingFile> {
  const { path, version } = module;
  const keys = targetOf(path, version);
  const goMod = await repository.goMod(path, version, options);
  checkSame(module, 'go.mod', module.goMod, hashGoMod(goMod.bytes));
  yield fileOf(keys.mod, goMod.bytes);
  if (module.info === undefined) return;
  const info = await repository.info(path, version, options);
  checkSame(module, 'info', module.info, hex(sha256(info.bytes)));
  yield fileOf(keys.info, info.bytes);
  if (module.zip === undefined) return;
  yield fileOf(keys.ziphash, encodeUtf8(module.zip));
  const zip = await repository.zip(path, version, options);
  const { size, body } = await zip.open(options);
  yield { name: keys.zip, content: { size, stream: () => body } };
}

/** What was looked at before is what goes out: the manifest is gone already. */
function checkSame(module: BundleModule, what: string, said: string, is: string): void {
  if (said === is) return;
  throw new GoModKitError('conflict', `the ${what} of ${nameOf(module)} changed while it was exported; try again`, {
    data: { transient: true },
  });
}

/** As an offline repository lists: tagged versions whose zip is there. */
function listOf(path: string, modules: readonly BundleModule[]): OutgoingFile {
  const versions = modules.filter(({ zip }) => zip !== undefined).map(({ version }) => version);
  const listed = sort(versions.filter((version) => !isPseudoVersion(version)));
  return fileOf(listName(path), encodeUtf8(listed.map((version) => `${version}\n`).join('')));
}
