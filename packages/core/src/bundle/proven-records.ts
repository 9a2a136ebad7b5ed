// What a bundle's records prove, and what of them the receiving storage keeps.
//
// Invariants:
// - A sum is proven by a proof file alone: the record is in a tree that the known key signed. No other tree has to be known for that.
// - The storage gets lookups and tiles through a client, which ties the bundle's tree to all trees that were ever accepted there. Where
//   the bundle does not have what ties them, its records are not kept, and that is told; two trees that do not fit are
//   `checksum_misbehaviour` and end the import.
// - Tiles that come with a record are kept in memory until it is proved, and no longer; those that come before the first one, to the end.

import { decodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import { storageCache } from '../sumdb/client/cache.ts';
import { createSumdbClient } from '../sumdb/client/client.ts';
import { verifierKeyOf } from '../sumdb/client/go-sumdb.ts';
import { storageHeads } from '../sumdb/client/heads.ts';
import { openSignedTree } from '../sumdb/client/signed-tree.ts';
import type { SumdbClient } from '../sumdb/client/sumdb-client.ts';
import { newVerifier, verifierList } from '../sumdb/note/verifier.ts';
import { parseProof } from '../sumdb/proof/proof-file.ts';
import { verifyProof } from '../sumdb/proof/verify-proof.ts';
import { parseRecord } from '../sumdb/tlog/record-text.ts';
import { storedHashIndex } from '../sumdb/tlog/stored-index.ts';
import { lookupPath } from './names.ts';

/** The checksum database by which an import judges. */
export interface ImportSumdb {
  /** Its verifier key, `NAME+HASH+KEY`; or `sum.golang.org`, whose key is built in. */
  readonly key: string;
  /** GONOSUMDB: patterns of module paths that need no proof. */
  readonly noSumdb?: string | undefined;
  /** What to do about other versions without a proof: `require` (the default) refuses them, `allow` takes them. Go toolchains are always required. */
  readonly unknown?: 'require' | 'allow' | undefined;
}

/** Judges by the records of one bundle. */
export class ProvenRecords {
  readonly name: string;
  readonly #settings: ImportSumdb;
  readonly #client: SumdbClient;
  readonly #answers = new Map<string, Uint8Array>();
  /** The tiles of the tree's edge, of what ties it to older ones, and of the first record. */
  #beginning: ReadonlyMap<string, Uint8Array> = new Map();
  /** The record of the version that is being imported. */
  #current: { readonly name: string; readonly lines: readonly string[] } | undefined;
  /** Why records are not kept. */
  #untied: GoModKitError | undefined;
  #note = '';

  constructor(settings: ImportSumdb, storage: Storage) {
    this.#settings = settings;
    this.name = newVerifier(verifierKeyOf(settings.key)).name;
    this.#client = createSumdbClient({
      key: settings.key,
      noSumdb: settings.noSumdb,
      heads: storageHeads(storage, this.name),
      cache: storageCache(storage, this.name),
      remote: async (path) => {
        const answer = this.#answers.get(path) ?? this.#beginning.get(path);
        if (answer !== undefined) return answer;
        throw new GoModKitError('upstream_unavailable', `the bundle does not have ${path}`);
      },
    });
  }

  /** Why the storage does not keep the records, if so. */
  get untied(): GoModKitError | undefined {
    return this.#untied;
  }

  /** The tree that everything is proved by, with the tiles that came before the first record. Rejects with `invalid_note` for a note that the key did not sign. */
  async begin(note: string, tiles: ReadonlyMap<string, Uint8Array>, options: CallOptions): Promise<void> {
    const verifier = newVerifier(verifierKeyOf(this.#settings.key));
    const { size } = await openSignedTree(note, verifierList(verifier));
    this.#note = note;
    this.#beginning = tiles;
    await this.#keeping(new Map(), async () => {
      await this.#client.merge(note, options);
      // Reading any hash proves and keeps the whole right edge.
      if (size > 0n) await this.#client.readHashes([storedHashIndex(0, size - 1n)], options);
    });
  }

  /** Believes the record of a version by its proof. Rejects with `invalid_log`, `invalid_note` or `checksum_mismatch`. */
  async prove(
    module: ModuleVersion,
    {
      lookup,
      proof,
      tiles,
    }: { readonly lookup: Uint8Array; readonly proof: Uint8Array; readonly tiles: ReadonlyMap<string, Uint8Array> },
    options: CallOptions,
  ): Promise<void> {
    const { text, rest } = parseRecord(lookup);
    const { checkpoint } = parseProof(proof);
    if (checkpoint !== this.#note || decodeUtf8(rest) !== this.#note)
      throw new GoModKitError('invalid_log', 'the record is proved by another tree than the one that the bundle names');
    await verifyProof(proof, text, { key: this.#settings.key });
    const { path, version } = module;
    const lines = text.split('\n').filter((line) => line.startsWith(`${path} ${version}`));
    this.#current = { name: `${path}@${version}`, lines };
    if (this.#untied !== undefined || this.#client.skips(path)) return;
    await this.#keeping(new Map([...tiles, [lookupPath(module), lookup]]), async () => {
      await this.#client.lookup(path, version, options);
    });
  }

  /** Whether a sum is proven; `version` ends in `/go.mod` where it is that of a go.mod. Rejects with `checksum_mismatch`, or `not_found` for what needs a proof and has none. */
  judge({ path, version }: ModuleVersion, suffix: '' | '/go.mod', sum: string): boolean {
    const { unknown = 'require' } = this.#settings;
    const prefix = `${path} ${version}${suffix} `;
    const known = this.#current?.name === `${path}@${version}` ? this.#current.lines : [];
    const sums = known.filter((line) => line.startsWith(`${prefix}h1:`)).map((line) => line.slice(prefix.length));
    if (sums.includes(sum)) return true;
    if (sums.length > 0) {
      const data = { path, version, database: this.name, downloaded: sum, expected: sums[0] };
      const message = `SECURITY ERROR: ${path}@${version}${suffix} is not what ${this.name} has\n\tbundle: ${sum}\n\t${this.name}: ${sums[0]}`;
      throw new GoModKitError('checksum_mismatch', message, { data });
    }
    if (this.#client.skips(path) || (unknown === 'allow' && path !== 'golang.org/toolchain')) return false;
    throw new GoModKitError(
      'not_found',
      `${path}@${version}${suffix} comes without a proof of the checksum database ${this.name}; name it private, or allow what is unknown`,
      { data: { path, version, database: this.name, unverified: true } },
    );
  }

  /** Lets the client keep what these answers prove, unless the trees cannot be tied together. */
  async #keeping(answers: ReadonlyMap<string, Uint8Array>, work: () => Promise<void>): Promise<void> {
    for (const [path, bytes] of answers) this.#answers.set(path, bytes);
    try {
      await work();
    } catch (error) {
      if (!isGoModKitError(error, 'upstream_unavailable', 'upstream_invalid')) throw error;
      this.#untied = error;
    } finally {
      this.#answers.clear();
    }
  }
}
