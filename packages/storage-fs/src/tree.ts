// Folders and files of the tree, never through a symlink.
//
// Invariants:
// - The real path of what is read or written is its expected path: a symlink below the root, wherever it points, is not followed.
// - A folder that a create relies on is durable: each level was fsynced into its parent by this process.

import { dirname, join } from 'node:path';
import { GoModKitError } from '@gomodkit/core/errors';
import { errno, isAbsent } from './faults.ts';
import { type FileOperations, syncDirectory } from './files.ts';

const maxKnown = 10_000;

/** The tree below a root, whose own path is real. */
export class Tree {
  readonly root: string;
  readonly #files: FileOperations;
  readonly #sync: boolean;
  readonly #mode: number;
  /** Folders that exist durably, by key. A hint: links into them may still fail. */
  readonly #known = new Set<string>();

  constructor(
    files: FileOperations,
    root: string,
    options: { readonly sync: boolean; readonly directoryMode: number },
  ) {
    this.#files = files;
    this.root = root;
    this.#sync = options.sync;
    this.#mode = options.directoryMode;
  }

  /** The path of a key. */
  path(key: string): string {
    return join(this.root, key);
  }

  /** Whether a path is what it seems: there, and reached without a symlink. */
  async isReal(path: string): Promise<boolean> {
    try {
      const real = await this.#files.realpath(path);
      // Some file systems store names decomposed.
      return real === path || real.normalize('NFC') === path.normalize('NFC');
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** Makes the folder with this key, and those above it, durably. Rejects with `invalid_key` when an object is in the way. */
  async makeFolder(folder: string): Promise<void> {
    if (folder === '' || folder === '.' || this.#known.has(folder)) return;
    const parent = dirname(folder);
    await this.makeFolder(parent);
    await this.#makeLevel(folder);
    if (this.#sync) await syncDirectory(this.#files, this.path(parent));
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.add(folder);
  }

  async #makeLevel(folder: string): Promise<void> {
    const path = this.path(folder);
    try {
      await this.#files.mkdir(path, { mode: this.#mode });
      return;
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw error;
    }
    const stat = await this.#files.lstat(path);
    if (stat.isDirectory()) return;
    if (stat.isFile()) {
      throw new GoModKitError('invalid_key', `a key below ${folder} clashes with the object ${folder}`, {
        data: { other: folder },
      });
    }
    throw new GoModKitError('storage_unavailable', `${folder} is a symlink or a special file; it is not followed`, {
      data: { transient: false },
    });
  }

  /** Makes the names in a folder durable. */
  async sync(folder: string): Promise<void> {
    if (this.#sync) await syncDirectory(this.#files, this.path(folder));
  }
}
