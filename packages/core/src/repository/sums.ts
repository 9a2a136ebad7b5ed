// A repository and a checksum database: sums of what the repository has, records of what it publishes.
//
// Invariants:
// - Sums are those of the capture that the repository serves: the zip's is the one that was bound when it was captured, where that is
//   known, so that bytes which changed in storage later do not become the truth.
// - A record that could not be written at publication is written at the first lookup: nothing here fails a publication.

import { spool } from '#spool';
import { readAll } from '../bytes/source.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { hashGoMod, hashZip } from '../dirhash/index.ts';
import { tell } from '../errors/tell.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import type { ChecksumDatabase } from '../sumdb/log/checksum-database.ts';
import type { SumsProvider } from '../sumdb/log/sum-record.ts';
import { targetOf } from './keys.ts';
import type { Repository } from './repository.ts';

/** Options of {@link repositorySums}. */
export interface RepositorySumsOptions {
  /** The repository's storage: its `.ziphash` files save reading zips, and bind them to what was captured. */
  readonly storage?: Storage | undefined;
}

/**
 * The sums of what a repository has or can capture, for a checksum database that is asked for a version it has no record of.
 * What the repository does not know yet is captured. It rejects with what the repository rejects with.
 *
 * @example
 * ```ts
 * import { createRepository, memoryStorage, repositorySums, sumdb, upstreamSource } from '@gomodkit/core';
 *
 * async function open(signerKey: string): Promise<sumdb.ChecksumDatabase> {
 *   const storage = memoryStorage();
 *   const repository = createRepository({ storage, source: upstreamSource('https://goproxy.example') });
 *   const signer = await sumdb.note.newSigner(signerKey);
 *   return sumdb.createChecksumDatabase({ storage, signer, sums: repositorySums(repository, { storage }) });
 * }
 * ```
 */
export function repositorySums(repository: Repository, options: RepositorySumsOptions = {}): SumsProvider {
  return async (module, { signal }) => {
    const goMod = await repository.goMod(module.path, module.version, { signal });
    return { zip: await zipSum(repository, options.storage, module, { signal }), goMod: hashGoMod(goMod.bytes) };
  };
}

async function zipSum(
  repository: Repository,
  storage: Storage | undefined,
  { path, version }: ModuleVersion,
  { signal }: CallOptions,
): Promise<string> {
  const zip = await repository.zip(path, version, { signal });
  const known = zip.h1 ?? (storage && (await boundSum(storage, { path, version }, { signal })));
  if (known !== undefined) return known;
  const { body } = await zip.open({ signal });
  const bytes = await spool(body, { limit: zip.size, what: `${path}@${version}.zip`, signal });
  try {
    return await hashZip(bytes, { signal });
  } finally {
    await bytes.dispose();
  }
}

/** The sum in `.ziphash` (spec §8.7). */
async function boundSum(
  storage: Storage,
  { path, version }: ModuleVersion,
  options: CallOptions,
): Promise<string | undefined> {
  const object = await storage.get(targetOf(path, version).ziphash, options);
  if (object === undefined) return undefined;
  const sum = (decodeUtf8(await readAll(object.body, 1024)) ?? '').trim();
  return sum.startsWith('h1:') ? sum : undefined;
}

/** Options of {@link recordPublications}. */
export interface RecordPublicationsOptions {
  /** Told when a record could not be written. The first lookup writes it. */
  readonly onError?: ((error: unknown, module: ModuleVersion) => void) | undefined;
}

/**
 * Appends a record to `database` whenever `repository` publishes a zip, so that the log says from the first moment what was published.
 * Best effort: what it misses, for example in a crash, the first lookup records. Returns a function that ends it; that resolves when
 * nothing is under way any more.
 *
 * @example
 * ```ts
 * import { recordPublications, type Repository, type sumdb } from '@gomodkit/core';
 *
 * function connect(repository: Repository, database: sumdb.ChecksumDatabase): () => Promise<void> {
 *   return recordPublications(repository, database, { onError: (error) => console.error(error) });
 * }
 * ```
 */
export function recordPublications(
  repository: Repository,
  database: Pick<ChecksumDatabase, 'add'>,
  { onError }: RecordPublicationsOptions = {},
): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  const record = async (module: ModuleVersion, zip: string): Promise<void> => {
    try {
      const { bytes } = await repository.goMod(module.path, module.version);
      await database.add([{ ...module, sums: { zip, goMod: hashGoMod(bytes) } }]);
    } catch (error) {
      tell(onError, error, module);
    }
  };
  const stop = repository.subscribe((event) => {
    if (event.type !== 'publish' || event.kind !== 'zip' || event.h1 === undefined) return;
    const { path, version, h1 } = event;
    const work = record({ path, version }, h1).finally(() => underWay.delete(work));
    underWay.add(work);
  });
  return async () => {
    stop();
    while (underWay.size > 0) await Promise.all(underWay);
  };
}
