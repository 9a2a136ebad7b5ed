// Storage in a directory (DESIGN §2, fs).
//
// Invariants:
// - Keys and options are checked before any I/O; what the file system says is told in the words of the contract.
// - Nothing is kept in memory that another process could change; any number of processes may share the directory.

import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GoModKitError } from '@gomodkit/core/errors';
import {
  type ByteSource,
  type CallOptions,
  type CreateOptions,
  checkRange,
  checkSourceSize,
  type GetOptions,
  type ListOptions,
  type ListPage,
  listBounds,
  type ObjectInfo,
  resolveRange,
  type Storage,
  type StoredObject,
} from '@gomodkit/core/storage';
import { fileBody } from './body.ts';
import { createObject, type Opened } from './creation.ts';
import { errno, fault, isAbsent } from './faults.ts';
import { type FileOperations, fileOperations, makeDirectories, patiently, removeFile } from './files.ts';
import { checkFileKey, infoKey, pendingFolder, temporaryFolder } from './layout.ts';
import { walkKeys } from './listing.ts';
import { infoOf } from './object-info.ts';
import { Owners } from './owner.ts';
import { Slots } from './slots.ts';
import { SourceFailure, sweepTemporary } from './temporary.ts';
import { Tree } from './tree.ts';
import { type Change, VersionLists } from './version-lists.ts';

/** Options of {@link directoryStorage}. */
export interface DirectoryStorageOptions {
  /**
   * Whether creates wait until the disk has the bytes. Default `true`; `false` is faster and for directories that may be lost, such
   * as those of tests: after a power cut objects may be missing or empty.
   */
  readonly sync?: boolean | undefined;
  /** Permissions of new files, before the umask. Default 0o666. */
  readonly fileMode?: number | undefined;
  /** Permissions of new folders, before the umask. Default 0o777. */
  readonly directoryMode?: number | undefined;
  /** How many objects are written at once; more wait. Default 64. */
  readonly concurrentCreates?: number | undefined;
}

/**
 * A storage in a directory, which is made with the first object. Keys are relative paths, so the directory is a valid
 * `GOPROXY=file://…` tree at every moment, `@v/list` included, and any static file server can serve it.
 *
 * Any number of processes may use one directory at once, on local disks as well as on network file systems with hard links; where
 * hard links do not exist, create() rejects with `unsupported`. Symlinks below the directory are not followed. Refused with
 * `invalid_key` besides what breaks the grammar: `…/@v/list`, which is derived, and `.gomodkit-fs/…`, where temporary files live.
 *
 * @example
 * ```ts
 * import { bytesSource } from '@gomodkit/core/storage';
 * import { directoryStorage } from '@gomodkit/storage-fs';
 *
 * const storage = directoryStorage('./modules');
 * await storage.create('example.com/m/@v/v1.0.0.mod', bytesSource(new TextEncoder().encode('module example.com/m\n')));
 * await storage.close?.();
 * ```
 */
export function directoryStorage(directory: string, options: DirectoryStorageOptions = {}): Storage {
  return openDirectory(directory, options, fileOperations);
}

/** {@link directoryStorage} on other file operations, for tests. */
export function openDirectory(directory: string, options: DirectoryStorageOptions, files: FileOperations): Storage {
  if (directory === '') throw new GoModKitError('invalid_argument', 'the directory of a storage must not be empty');
  return new DirectoryStorage(resolve(directory), options, files);
}

/** How often a create starts over when what it relies on was removed under it. */
const maxStarts = 5;

/** How many objects are described at once in a listing. */
const describeAtOnce = 64;

class DirectoryStorage implements Storage {
  readonly #directory: string;
  readonly #options: DirectoryStorageOptions;
  readonly #files: FileOperations;
  readonly #owners = new Owners();
  readonly #slots: Slots;
  #opened: Promise<Opened | undefined> | undefined;
  #prepared: Promise<void> | undefined;
  #closed = false;

  constructor(directory: string, options: DirectoryStorageOptions, files: FileOperations) {
    this.#directory = directory;
    this.#options = options;
    this.#files = files;
    this.#slots = new Slots(options.concurrentCreates ?? 64);
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    checkFileKey(key);
    if (options.range) checkRange(options.range);
    return this.#call(`read ${key}`, options, async ({ tree }) => {
      const path = tree.path(key);
      // O_NONBLOCK: opening a pipe that somebody put there must not wait for its other end.
      const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
      const handle = await patiently(() => this.#files.open(path, flags), options.signal);
      let owned = true;
      try {
        const [stat, real] = await Promise.all([handle.stat({ bigint: true }), tree.isReal(path)]);
        if (!real || !stat.isFile()) return undefined;
        const info = infoOf(key, stat);
        const range = resolveRange(key, info.size, options.range);
        options.signal?.throwIfAborted();
        owned = false;
        return { ...info, range, body: await fileBody({ key, handle, ...range, signal: options.signal }) };
      } finally {
        if (owned) await handle.close();
      }
    });
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkFileKey(key);
    return this.#call(`read ${key}`, options, async ({ tree }) => {
      const path = tree.path(key);
      const [stat, real] = await Promise.all([this.#files.lstat(path, { bigint: true }), tree.isReal(path)]);
      options.signal?.throwIfAborted();
      return real && stat.isFile() ? infoOf(key, stat) : undefined;
    });
  }

  async create(key: string, source: ByteSource, options: CreateOptions = {}): Promise<{ readonly created: boolean }> {
    checkFileKey(key);
    checkSourceSize(source);
    this.#begin(options);
    try {
      const opened = await this.#prepare();
      await opened.lists.heal();
      options.signal?.throwIfAborted();
      if (await this.#isThere(opened, key)) return { created: false };
      return await this.#slots.run(() => this.#create(key, source, options), options.signal);
    } catch (error) {
      throw error instanceof SourceFailure ? error.error : fault(error, `create ${key}`);
    }
  }

  async list(options: ListOptions = {}): Promise<ListPage> {
    const bounds = listBounds(options);
    const page = await this.#call('list objects', options, async ({ tree, lists }) => {
      await lists.heal();
      const start = bounds.prefix.slice(0, bounds.prefix.lastIndexOf('/') + 1);
      if (!(await tree.isReal(resolve(tree.root, start)))) return undefined;
      const objects: ObjectInfo[] = [];
      let keys: string[] = [];
      for await (const key of walkKeys(this.#files, tree.root, bounds, options.signal)) {
        keys.push(key);
        if (keys.length < Math.min(describeAtOnce, bounds.limit + 1)) continue;
        objects.push(...(await this.#describe(tree, keys)));
        keys = [];
        if (objects.length > bounds.limit) break;
      }
      objects.push(...(await this.#describe(tree, keys)));
      options.signal?.throwIfAborted();
      return { objects: objects.slice(0, bounds.limit), more: objects.length > bounds.limit };
    });
    return page ?? { objects: [], more: false };
  }

  async delete(key: string, options: CallOptions = {}): Promise<void> {
    checkFileKey(key);
    await this.#call(`delete ${key}`, options, async ({ tree, lists }) => {
      if (!(await this.#isFile(tree, key))) return;
      const info = infoKey(key);
      const remove = async (): Promise<Change> => {
        const removed = await removeFile(this.#files, tree.path(key));
        await tree.sync(dirname(key));
        return removed ? 'deleted' : 'none';
      };
      await (info === undefined ? remove() : lists.around(info, remove));
    });
  }

  async sweep(options: { readonly olderThan: Date } & CallOptions): Promise<number> {
    const removed = await this.#call('sweep', options, async ({ temporary, lists }) => {
      await lists.heal();
      return sweepTemporary(temporary, options);
    });
    return removed ?? 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #begin(options: CallOptions): void {
    if (this.#closed) throw new GoModKitError('closed', 'the directory storage is closed');
    options.signal?.throwIfAborted();
  }

  /** Runs a call on the directory; undefined where that, or what the call is about, is absent. */
  async #call<T>(doing: string, options: CallOptions, run: (opened: Opened) => Promise<T>): Promise<T | undefined> {
    this.#begin(options);
    try {
      const opened = await this.#open();
      options.signal?.throwIfAborted();
      return opened && (await run(opened));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw fault(error, doing);
    }
  }

  /** Finds the directory, once it is there. */
  #open(): Promise<Opened | undefined> {
    this.#opened ??= this.#find().then(
      (opened) => {
        if (opened === undefined) this.#opened = undefined;
        return opened;
      },
      (error: unknown) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }

  async #find(): Promise<Opened | undefined> {
    const { sync = true, fileMode = 0o666, directoryMode = 0o777 } = this.#options;
    const files = this.#files;
    let root: string;
    try {
      root = await files.realpath(this.#directory);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
    const tree = new Tree(files, root, { sync, directoryMode });
    const lists = new VersionLists({ files, root, owners: this.#owners, sync });
    await lists.heal();
    return { tree, lists, temporary: { files, root, owners: this.#owners, sync, fileMode } };
  }

  /** The directory, made if need be, with the folders that creating needs. */
  async #prepare(): Promise<Opened> {
    if ((await this.#open()) === undefined) {
      await makeDirectories(this.#files, this.#directory, this.#options.directoryMode ?? 0o777);
    }
    const opened = await this.#open();
    if (opened === undefined) {
      throw new GoModKitError('storage_unavailable', 'the directory of the storage vanished', {
        data: { transient: true },
      });
    }
    const { tree } = opened;
    this.#prepared ??= Promise.all([tree.makeFolder(temporaryFolder), tree.makeFolder(pendingFolder)]).then(
      () => {},
      (error: unknown) => {
        this.#prepared = undefined;
        throw error;
      },
    );
    await this.#prepared;
    return opened;
  }

  /** Creates an object, again when somebody removed the temporary file, a folder or the whole directory under us. */
  async #create(key: string, source: ByteSource, options: CallOptions): Promise<{ readonly created: boolean }> {
    for (let start = 1; ; start++) {
      const opened = await this.#prepare();
      try {
        return { created: await createObject(opened, key, source, options) };
      } catch (error) {
        if (errno(error) !== 'ENOENT' || start === maxStarts) throw error;
        this.#prepared = undefined;
        this.#opened = undefined;
      }
    }
  }

  /** Whether the key is taken. Then it is durable before that is said. */
  async #isThere({ tree }: Opened, key: string): Promise<boolean> {
    try {
      if (!(await this.#isFile(tree, key))) return false;
      await tree.sync(dirname(key));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async #isFile(tree: Tree, key: string): Promise<boolean> {
    const path = tree.path(key);
    return (await this.#files.lstat(path)).isFile() && (await tree.isReal(path));
  }

  async #describe(tree: Tree, keys: readonly string[]): Promise<ObjectInfo[]> {
    const found = await Promise.all(
      keys.map(async (key) => {
        try {
          const stat = await this.#files.lstat(tree.path(key), { bigint: true });
          return stat.isFile() ? infoOf(key, stat) : undefined;
        } catch (error) {
          if (isAbsent(error)) return undefined;
          throw error;
        }
      }),
    );
    return found.filter((info) => info !== undefined);
  }
}
