// The modules of a build list as places to look for packages: fetched when first asked for, scanned package by package.
//
// Invariants:
// - A zip is fetched only when a package might be in it, and read through where it lies: the directory, and the beginnings of Go files in
//   packages that are loaded.
// - Not more than `openZips` zips are held at a time. One that was let go is fetched again if need be. What was found stays.
// - A package is scanned once, whatever module graphs are tried.

import { spool } from '#spool';
import { createLimiter, type Limiter } from '../async/limiter.ts';
import { GoModKitError } from '../errors/error.ts';
import type { ReplaceTarget } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { SourceZip } from '../source/source.ts';
import type { CallOptions } from '../storage/storage.ts';
import { maxZipFile, openZip } from '../zip/index.ts';
import { type ModuleFiles, parentOf, zipFiles } from './module-files.ts';
import { goFiles, type PackageImports, scanPackage } from './scan-package.ts';

/** Who has module zips. A `ModuleSource` is one. */
export interface ZipSource {
  zip(path: string, version: string, options?: CallOptions): Promise<SourceZip>;
}

/** A module as a place to look for packages. Directories are relative to its root. */
export interface ModuleTree {
  /** Whether there are Go files in a directory that belongs to this module. */
  hasGoFiles(directory: string): Promise<boolean>;
  /** As `scanPackage`. */
  scan(directory: string): Promise<PackageImports | undefined>;
}

/** Options of {@link ModuleTrees}. */
export interface ModuleTreesOptions extends CallOptions {
  readonly source: ZipSource;
  readonly replacementFiles?: ((directory: string, options: CallOptions) => Promise<ModuleFiles>) | undefined;
  /** Is told once of each module and package that cannot be read. */
  readonly onError?: ((error: Error) => void) | undefined;
  /** How many zips are fetched at once. */
  readonly fetches: number;
  /** How many zips are held at once. */
  readonly openZips: number;
}

/** Opens modules, each once. */
export class ModuleTrees {
  readonly #options: ModuleTreesOptions;
  readonly #trees = new Map<string, Promise<ModuleTree>>();
  readonly #pool: ZipPool;

  constructor(options: ModuleTreesOptions) {
    this.#options = options;
    this.#pool = new ZipPool(options);
  }

  /** What stands for a module in the end: a version, or a directory. Rejects as the source does. */
  open({ path, version }: ReplaceTarget): Promise<ModuleTree> {
    const key = version === undefined ? path : `${path}@${version}`;
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    const opening = this.#open(path, version);
    this.#trees.set(key, opening);
    opening.catch(this.#report);
    return opening;
  }

  /** Lets all zips go. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  readonly #report = (error: unknown): void => {
    if (error instanceof Error && this.#options.signal?.aborted !== true) this.#options.onError?.(error);
  };

  async #open(path: string, version: string | undefined): Promise<ModuleTree> {
    if (version !== undefined) return zipTree({ path, version }, this.#pool, this.#report);
    const { replacementFiles, signal } = this.#options;
    if (replacementFiles !== undefined) return localTree(await replacementFiles(path, { signal }), { signal });
    throw new GoModKitError('unsupported', `${path} is a directory, and replacementFiles is missing that looks there`);
  }
}

/** A module in files that may be next to those of other modules: directories below with a go.mod are not part of it. */
export function localTree(files: ModuleFiles, options: CallOptions): ModuleTree {
  const scans = new Map<string, Promise<PackageImports | undefined>>();
  const isInside = async (directory: string): Promise<boolean> => {
    for (let at = directory; at !== ''; at = parentOf(at)) {
      if ((await files.list(at, options))?.files.includes('go.mod')) return false;
    }
    return true;
  };
  return {
    hasGoFiles: async (directory) =>
      goFiles(await files.list(directory, options)).length > 0 && (await isInside(directory)),
    scan(directory) {
      const scan = scans.get(directory) ?? scanPackage(files, directory, options);
      scans.set(directory, scan);
      return scan;
    },
  };
}

async function zipTree(module: ModuleVersion, pool: ZipPool, report: (error: unknown) => void): Promise<ModuleTree> {
  const packages = await pool.use(module, async ({ directories }) => directories);
  const scans = new Map<string, Promise<PackageImports | undefined>>();
  return {
    hasGoFiles: async (directory) => packages.has(directory),
    scan(directory) {
      const known = scans.get(directory);
      if (known !== undefined) return known;
      const scan = pool.use(module, (zip) => zip.scan(directory));
      scans.set(directory, scan);
      scan.catch(report);
      return scan;
    },
  };
}

/** A zip that is held. */
interface HeldZip {
  readonly directories: ReadonlySet<string>;
  scan(directory: string): Promise<PackageImports | undefined>;
  dispose(): Promise<void>;
}

interface Slot {
  readonly zip: Promise<HeldZip>;
  users: number;
}

/** Zips that are held, the least recently used first. */
class ZipPool {
  readonly #options: ModuleTreesOptions;
  readonly #fetches: Limiter;
  readonly #slots = new Map<string, Slot>();

  constructor(options: ModuleTreesOptions) {
    this.#options = options;
    this.#fetches = createLimiter(options.fetches);
  }

  async use<T>(module: ModuleVersion, work: (zip: HeldZip) => Promise<T>): Promise<T> {
    const key = `${module.path}@${module.version}`;
    const slot = this.#slots.get(key) ?? { zip: this.#fetch(module), users: 0 };
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    slot.users++;
    try {
      return await work(await slot.zip);
    } finally {
      slot.users--;
      await this.#trim(this.#options.openZips);
    }
  }

  async close(): Promise<void> {
    await this.#trim(0);
  }

  async #trim(most: number): Promise<void> {
    const idle = [...this.#slots].filter(([, { users }]) => users === 0);
    const excess = idle.slice(0, Math.max(this.#slots.size - most, 0));
    for (const [key] of excess) this.#slots.delete(key);
    for (const [, { zip }] of excess) await zip.then(({ dispose }) => dispose()).catch(() => {});
  }

  #fetch(module: ModuleVersion): Promise<HeldZip> {
    const { source, signal } = this.#options;
    return this.#fetches.run(() => holdZip(module, source, { signal }), signal);
  }
}

/** A module zip as files, until it is disposed of. */
export interface OpenModule extends ModuleFiles {
  /** Releases the zip. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * The files of a published module, read through its zip: for {@link loadPackages} with a module as main module that is not checked out.
 * Rejects as `source` does, and with `invalid_zip`.
 *
 * @example
 * ```ts
 * import { openModule } from '@gomodkit/core/packages';
 * import { upstreamSource } from '@gomodkit/core/source';
 *
 * const source = upstreamSource('https://goproxy.example');
 * const files = await openModule({ path: 'rsc.io/quote', version: 'v1.5.2' }, source);
 * console.log(await files.list(''));
 * await files.dispose();
 * ```
 */
export async function openModule(
  module: ModuleVersion,
  source: ZipSource,
  options: CallOptions = {},
): Promise<OpenModule> {
  const { path, version } = module;
  const { body } = await source.zip(path, version, options);
  const what = `${path}@${version}.zip`;
  const spooled = await spool(body, { limit: maxZipFile, what, memory: inMemory, signal: options.signal });
  const dispose = (): Promise<void> => spooled.dispose();
  try {
    return { ...zipFiles(module, await openZip(spooled, options)), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Zips up to this many bytes are kept in memory. */
const inMemory = 256 * 1024;

async function holdZip(module: ModuleVersion, source: ZipSource, options: CallOptions): Promise<HeldZip> {
  const files = await openModule(module, source, options);
  // One reading at a time, as reading forward is what is fast.
  const turn = createLimiter(1);
  return {
    directories: new Set(await goDirectories(files)),
    scan: (directory) => turn.run(() => scanPackage(files, directory, options), options.signal),
    dispose: files.dispose,
  };
}

async function goDirectories(files: ModuleFiles): Promise<readonly string[]> {
  const found: string[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const directory = await files.list(at);
    if (goFiles(directory).length > 0) found.push(at);
    for (const name of directory?.directories ?? []) pending.push(at === '' ? name : `${at}/${name}`);
  }
  return found;
}
