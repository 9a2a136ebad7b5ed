// `@v/list`, which `go` reads through file:// (spec §4.9, §10.23), kept in step with the `.info` files beside it.
//
// Invariants:
// - A list names the tagged versions whose `.info` is there, unescaped, one per line; it may lack those being created just now.
//   It exists as soon as there is any `.info`, because an absent list says "no such module" to go (spec §4.12).
// - A line is appended by one write; a list is replaced as a whole by rename. Either is checked by reading again, until the list is
//   right: so of several processes nobody's line is lost, whatever overtakes what.
// - Before an `.info` appears or goes, a marker says so durably; it goes after the list is right. Whoever finds the marker of a
//   dead process rebuilds that list, so a kill between any two steps heals.

import { join } from 'node:path';
import { unescapePath } from '@gomodkit/core/module';
import { sort } from '@gomodkit/core/semver';
import { errno, isAbsent } from './faults.ts';
import { type FileOperations, patiently, removeFile, syncDirectory, writeNewFile } from './files.ts';
import { type InfoKey, isListed, isVersionFolder, pendingFolder, temporaryFolder, versionOfInfo } from './layout.ts';
import { livingLife, type Owners } from './owner.ts';

/** A marker of a process that we cannot ask is believed this long: a list is changed within milliseconds. */
const markerLife = 60_000;

/** How often a list is checked and corrected before the marker is left for later. */
const maxRounds = 20;

/** What happened to an `.info`. */
export type Change = 'created' | 'deleted' | 'none';

/** What {@link VersionLists} work with. */
export interface VersionListsOptions {
  readonly files: FileOperations;
  readonly root: string;
  readonly owners: Owners;
  readonly sync: boolean;
}

/** The version lists of a directory. */
export class VersionLists {
  readonly #files: FileOperations;
  readonly #root: string;
  readonly #owners: Owners;
  readonly #sync: boolean;
  #healing: Promise<void> | undefined;

  constructor({ files, root, owners, sync }: VersionListsOptions) {
    this.#files = files;
    this.#root = root;
    this.#owners = owners;
    this.#sync = sync;
  }

  /**
   * Runs `change`, which makes the `.info` of `info` appear or go, and brings the list in step. What happens to the list never fails
   * the change: its marker stays, and the list is rebuilt later.
   */
  async around(info: InfoKey, change: () => Promise<Change>): Promise<Change> {
    if (info.listed === undefined && (await this.#read(info.folder)) !== undefined) return change();
    const marker = this.#owners.begin();
    const path = join(this.#root, pendingFolder, marker);
    let right = false;
    try {
      await writeNewFile(this.#files, path, info.folder, this.#sync);
      await this.#syncFolder(pendingFolder);
      const changed = await change();
      right = await this.#follow(info, changed);
      return changed;
    } finally {
      // After a failure the change may have happened all the same; heal() finds out.
      if (right) this.#owners.end(marker);
      else this.#owners.abandon(marker);
      if (right) await removeFile(this.#files, path).catch(() => {});
    }
  }

  /** Rebuilds the lists that dead processes left in doubt. Calls under way are shared. */
  heal(): Promise<void> {
    this.#healing ??= this.#heal().finally(() => {
      this.#healing = undefined;
    });
    return this.#healing;
  }

  async #heal(): Promise<void> {
    const folder = join(this.#root, pendingFolder);
    const markers = await absentAs([], () => patiently(() => this.#files.readdir(folder)));
    for (const marker of markers) {
      // What cannot be healed now (a read-only mount, a full disk) must not fail the call that came by.
      await this.#healOne(marker, join(folder, marker)).catch(ignoreFileSystem);
    }
  }

  async #healOne(marker: string, path: string): Promise<void> {
    if (!(await this.#isLeft(marker, path))) return;
    const folder = await absentAs('', () => patiently(() => this.#files.readFile(path, 'utf8')));
    // A torn marker was written before anything else happened.
    if (isVersionFolder(folder) && !(await this.rebuild(folder))) return;
    await removeFile(this.#files, path);
    this.#owners.end(marker);
  }

  async #isLeft(marker: string, path: string): Promise<boolean> {
    const state = this.#owners.judge(marker);
    if (state === 'mine' || state === undefined) return false;
    if (state === 'dead') return true;
    const stat = await absentAs(undefined, () => this.#files.lstat(path));
    return stat !== undefined && Date.now() - stat.mtimeMs > (state === 'alive' ? livingLife : markerLife);
  }

  /** Makes the list of a folder what its `.info` files say; resolves to whether it is. */
  async rebuild(folder: string): Promise<boolean> {
    for (let round = 0; round < maxRounds; round++) {
      // The list first: a line that is appended after this read has its .info in the folder already.
      const lines = await this.#read(folder);
      const versions = await this.#versions(folder);
      if (versions === undefined) return true;
      if (lines !== undefined && isSet(lines) && sameSet(lines, versions)) return true;
      await this.#replace(folder, versions);
    }
    return false;
  }

  /** Brings a list in step after a change; resolves to whether it is. */
  async #follow({ folder, listed }: InfoKey, change: Change): Promise<boolean> {
    if (change === 'none') return true;
    try {
      if (change === 'deleted') return await this.rebuild(folder);
      for (let round = 0; round < maxRounds; round++) {
        const lines = await this.#read(folder);
        if (lines !== undefined && !isSet(lines)) return await this.rebuild(folder);
        if (lines !== undefined && (listed === undefined || lines.includes(listed))) return true;
        await this.#append(folder, listed === undefined ? '' : `${listed}\n`);
      }
    } catch (error) {
      ignoreFileSystem(error);
    }
    return false;
  }

  async #append(folder: string, line: string): Promise<void> {
    const handle = await patiently(() => this.#files.open(this.#listPath(folder), 'a'));
    try {
      if (line !== '') await handle.write(line);
      if (this.#sync) await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#syncFolder(folder);
  }

  async #replace(folder: string, versions: readonly string[]): Promise<void> {
    const name = this.#owners.begin();
    const temporary = join(this.#root, temporaryFolder, name);
    try {
      await writeNewFile(this.#files, temporary, versions.map((version) => `${version}\n`).join(''), this.#sync);
      await this.#files.rename(temporary, this.#listPath(folder));
    } catch (error) {
      await removeFile(this.#files, temporary).catch(() => {});
      throw error;
    } finally {
      this.#owners.end(name);
    }
    await this.#syncFolder(folder);
  }

  /** The lines of a list, the piece behind the last newline included unless empty; undefined when there is no list. */
  async #read(folder: string): Promise<string[] | undefined> {
    const path = this.#listPath(folder);
    const text = await absentAs(undefined, () => patiently(() => this.#files.readFile(path, 'utf8')));
    if (text === undefined) return undefined;
    const lines = text.split('\n');
    // A torn last line must not look like a whole one.
    const rest = lines.pop() ?? '';
    return rest === '' ? lines : [...lines, `${rest} (torn)`];
  }

  /** The versions that the list of a folder should name, sorted; undefined when there is no such folder. */
  async #versions(folder: string): Promise<string[] | undefined> {
    const names = await absentAs(undefined, () => patiently(() => this.#files.readdir(join(this.#root, folder))));
    if (names === undefined) return undefined;
    const path = unescapePath(folder.slice(0, -'/@v'.length));
    const versions = names.map(versionOfInfo).filter((version) => version !== undefined);
    return sort(versions.filter((version) => isListed(path, version)));
  }

  async #syncFolder(folder: string): Promise<void> {
    if (this.#sync) await syncDirectory(this.#files, join(this.#root, folder));
  }

  #listPath(folder: string): string {
    return join(this.#root, folder, 'list');
  }
}

function ignoreFileSystem(error: unknown): void {
  if (errno(error) === undefined) throw error;
}

function isSet(lines: readonly string[]): boolean {
  return new Set(lines).size === lines.length && lines.every((line) => !line.endsWith(' (torn)'));
}

function sameSet(lines: readonly string[], versions: readonly string[]): boolean {
  const known = new Set(lines);
  return lines.length === versions.length && versions.every((version) => known.has(version));
}

async function absentAs<T>(instead: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsent(error)) return instead;
    throw error;
  }
}
