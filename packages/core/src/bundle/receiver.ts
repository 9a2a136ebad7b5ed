// A repository whose source is the bundle: what comes is published as any capture is.
//
// Invariants:
// - Of a version that is there nothing is read from the bundle but its small files; its zip is compared by the sum that was bound.
// - The sums of the manifest are checked before anything is stored, whoever else proves them.

import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { readAll } from '../bytes/source.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { createRepositoryWith } from '../repository/create-repository.ts';
import { type Target, targetOf } from '../repository/keys.ts';
import { type RepositoryOptions, type Settings, settingsOf, type Verifier } from '../repository/options.ts';
import { commitsDiffer } from '../repository/publish-info.ts';
import type { Repository } from '../repository/repository.ts';
import { parseInfo } from '../source/info.ts';
import type { ModuleSource, SourceZip, VersionInfo } from '../source/source.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import type { ProvenRecords } from './proven-records.ts';
import { invalidBundle } from './tar.ts';
import type { BundleModule } from './types.ts';

/** The files of one version as they came. */
export interface VersionFiles {
  readonly goMod: Uint8Array;
  readonly info: Uint8Array | undefined;
  readonly zip?: { readonly size: number; readonly body: ReadableStream<Uint8Array> } | undefined;
}

interface Current {
  readonly module: BundleModule;
  readonly info: VersionInfo;
  readonly files: VersionFiles;
  created: boolean;
  proven: boolean;
}

/** Stores versions. */
export class Receiver {
  readonly limits: Settings['limits'];
  readonly #repository: Repository;
  readonly #storage: Storage;
  readonly #records: ProvenRecords | undefined;
  readonly #signal: AbortSignal | undefined;
  #current: Current | undefined;

  constructor(
    { storage, limits, policy, signal }: Pick<RepositoryOptions, 'storage' | 'limits' | 'policy'> & CallOptions,
    records: ProvenRecords | undefined,
  ) {
    const options: RepositoryOptions = { storage, limits, policy, source: this.#source(), sumdb: 'off' };
    this.limits = settingsOf(options).limits;
    this.#storage = storage;
    this.#records = records;
    this.#signal = signal;
    this.#repository = createRepositoryWith(options, { verifier: this.#verifier() });
    this.#repository.subscribe((event) => {
      if (event.type === 'publish' && this.#current !== undefined) this.#current.created = true;
    });
  }

  /** Publishes a version, unless it is there. Rejects as captures do, and with `conflict` where another one is there. */
  async store(
    module: BundleModule,
    files: VersionFiles,
  ): Promise<{ readonly created: boolean; readonly proven: boolean }> {
    const target = targetOf(module.path, module.version);
    const current: Current = { module, files, info: infoOf(target, module, files), created: false, proven: false };
    this.#current = current;
    try {
      compare(target.mod, module.goMod, hashGoMod(files.goMod));
      await this.#checkPresent(target, module);
      const { path, version } = module;
      const options = { signal: this.#signal };
      if (files.zip === undefined) await this.#repository.goMod(path, version, options);
      else await this.#repository.zip(path, version, options);
      await this.#checkStored(target, module);
      current.proven ||= this.#judgePresent(module);
      return { created: current.created, proven: current.proven };
    } finally {
      this.#current = undefined;
    }
  }

  /** Waits for entries of the index. Idempotent. */
  close(): Promise<void> {
    return this.#repository.close();
  }

  /** Rejects with `conflict` where the version is there and is another one. */
  async #checkPresent(target: Target, module: BundleModule): Promise<void> {
    const { path, version } = module;
    try {
      const { bytes } = await this.#repository.goMod(path, version, { cachedOnly: true, signal: this.#signal });
      if (hashGoMod(bytes) !== module.goMod) throw conflict(target, 'go.mod', hashGoMod(bytes), module.goMod);
    } catch (error) {
      if (!isGoModKitError(error, 'not_found')) throw error;
    }
  }

  /** What is stored now, whoever stored it, is what the bundle has. */
  async #checkStored(target: Target, module: BundleModule): Promise<void> {
    await this.#checkPresent(target, module);
    if (module.zip === undefined) return;
    const object = await this.#storage.get(target.ziphash, { signal: this.#signal });
    const bound = object && decodeUtf8(await readAll(object.body, 1024))?.trim();
    if (bound !== module.zip) throw conflict(target, 'zip', bound ?? 'none', module.zip);
  }

  /** What was there before is the same content, so that the record speaks of it too. */
  #judgePresent(module: BundleModule): boolean {
    const records = this.#records;
    if (records === undefined) return false;
    try {
      const goMod = records.judge(module, '/go.mod', module.goMod);
      return module.zip === undefined ? goMod : records.judge(module, '', module.zip) && goMod;
    } catch (error) {
      // It is there; that nothing proves it speaks against taking it, not against having it.
      if (isGoModKitError(error, 'not_found')) return false;
      throw error;
    }
  }

  #verifier(): Verifier {
    const judge = (kind: 'goMod' | 'zip', sum: string): boolean => {
      const current = this.#asked();
      const { module } = current;
      compare(targetOf(module.path, module.version)[kind === 'zip' ? 'zip' : 'mod'], module[kind] ?? '', sum);
      return this.#records?.judge(module, kind === 'zip' ? '' : '/go.mod', sum) ?? false;
    };
    return { goMod: async (_, sum) => judge('goMod', sum), zip: async (_, sum) => judge('zip', sum) };
  }

  #source(): ModuleSource {
    return {
      versions: async () => [],
      resolve: async () => this.#asked().info,
      goMod: async () => this.#asked().files.goMod,
      zip: async (path, version, { origin } = {}): Promise<SourceZip> => {
        const { files, info } = this.#asked();
        if (origin !== undefined && commitsDiffer(info, { version, origin })) {
          const message = `${path}@${version} was captured at commit ${origin.Hash}, and the bundle has commit ${info.origin?.Hash}`;
          throw new GoModKitError('conflict', message, { data: { stored: origin.Hash, offered: info.origin?.Hash } });
        }
        if (files.zip === undefined)
          throw new GoModKitError('not_found', `the bundle has no zip of ${path}@${version}`);
        return files.zip;
      },
    };
  }

  #asked(): Current {
    if (this.#current !== undefined) return this.#current;
    throw new GoModKitError('not_found', 'the bundle is past that version');
  }
}

/** The version's description; where the bundle has a go.mod alone, all that is known is its name. */
function infoOf({ info: key, version, name }: Target, module: BundleModule, { info }: VersionFiles): VersionInfo {
  if (info === undefined) return { version };
  compare(key, module.info ?? '', hex(sha256(info)));
  const parsed = parseInfo(info);
  if (parsed.version === version) return parsed;
  throw invalidBundle(`the info of ${name} is of ${JSON.stringify(parsed.version)}`, { entry: key });
}

function compare(entry: string, said: string, is: string): void {
  if (said === is) return;
  throw new GoModKitError(
    'checksum_mismatch',
    `${entry} is not what the bundle's manifest says\n\tfile:     ${is}\n\tmanifest: ${said}`,
    {
      data: { entry, downloaded: is, expected: said },
    },
  );
}

function conflict({ name }: Target, what: string, stored: string, offered: string): GoModKitError {
  const message = `${name} is there already, with another ${what}:\n  stored  ${stored}\n  offered ${offered}\nwhat was first stays`;
  return new GoModKitError('conflict', message, { data: { what, stored, offered } });
}
