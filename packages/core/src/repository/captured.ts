// What is captured already, through memory.
//
// Invariants:
// - A version exists when its `.info` exists: a `.mod` or `.zip` without one is a leftover and is not served (DESIGN §3).
// - `.info` and `.mod` never change, so memory never goes stale. A `.zip` may be deleted by retention, so it is remembered for a while only.
// - Stored bytes that do not mean what their key says are reported as damage, never served.

import type { ByteCache } from '../cache/byte-cache.ts';
import { GoModKitError } from '../errors/error.ts';
import { parseInfo } from '../source/info.ts';
import type { VersionInfo } from '../source/source.ts';
import type { CallOptions, GetOptions, StoredObject } from '../storage/storage.ts';
import { type Draft, fileOf, storedInfoFile } from './files.ts';
import type { Target } from './keys.ts';
import type { Settings } from './options.ts';
import type { InfoFile, RepositoryFile, ZipFile } from './repository.ts';
import { damaged, type Store, type StoredFile } from './store.ts';

/** The small files of a version. */
export interface CapturedVersion {
  readonly info: InfoFile;
  readonly goMod: RepositoryFile;
}

/** Finds what is captured. Everything resolves to undefined when it is not. */
export interface Captured {
  /** From memory alone. */
  readonly memory: {
    info(target: Target): InfoFile | undefined;
    goMod(target: Target): RepositoryFile | undefined;
    zip(target: Target): ZipFile | undefined;
  };
  info(target: Target, signal?: AbortSignal | undefined): Promise<InfoFile | undefined>;
  version(target: Target, signal?: AbortSignal | undefined): Promise<CapturedVersion | undefined>;
  /** The zip as it is stored, whether or not the version exists. */
  zip(target: Target, signal?: AbortSignal | undefined): Promise<ZipFile | undefined>;
  /** A version was stored from these bytes by this process: no need to read them back. */
  noteVersion(target: Target, draft: Draft): CapturedVersion;
  /** A zip was stored: its sum, which reading would not tell. */
  noteSum(target: Target, h1: string): void;
  /** A version was taken away. */
  forget(target: Target): void;
}

/** Creates a {@link Captured}. */
export function createCaptured(store: Store, cache: ByteCache, { limits, freshness, now }: Settings): Captured {
  const infos = cache.section<InfoFile>({ weigh: ({ bytes }) => 3 * bytes.length + 512 });
  const goMods = cache.section<RepositoryFile>({ weigh: ({ bytes }) => bytes.length + 256 });
  const zips = cache.section<ZipFile>({ weigh: () => 512 });
  const sums = cache.section<string>({ weigh: () => 128 });

  const { signedUrl } = store;
  const removed = (target: Target): GoModKitError => {
    zips.delete(target.name);
    return new GoModKitError(
      'storage_unavailable',
      `the zip of ${target.name} was removed just now; ask for it again`,
      {
        data: { key: target.zip, transient: true },
      },
    );
  };

  const zipFile = (target: Target, size: number, etag: string, modified: Date): ZipFile => ({
    size,
    etag,
    modified,
    h1: sums.get(target.name),
    key: target.zip,
    async open(options: GetOptions = {}): Promise<StoredObject> {
      const object = await store.get(target.zip, options);
      if (object?.etag === etag) return object;
      // Removed by retention since, and perhaps captured again with other bytes of the same content.
      await object?.body.cancel();
      throw removed(target);
    },
    async checkPresent({ signal }: CallOptions = {}): Promise<void> {
      if ((await store.head(target.zip, signal))?.etag !== etag) throw removed(target);
    },
    signedUrl: signedUrl && ((options) => signedUrl(target.zip, options)),
  });

  const captured: Captured = {
    memory: {
      info: ({ name }) => infos.get(name),
      goMod: ({ name }) => goMods.get(name),
      zip: ({ name }) => zips.get(name),
    },
    async info(target, signal) {
      const known = infos.get(target.name);
      if (known !== undefined) return known;
      const stored = await store.read(target.info, limits.info, signal);
      if (stored === undefined) return undefined;
      const file = storedInfoFile(readInfo(target, stored), stored.bytes, stored.modified);
      infos.set(target.name, file);
      return file;
    },
    async version(target, signal) {
      const readGoMod = () => store.read(target.mod, limits.goMod, signal);
      const known = goMods.get(target.name);
      const [info, stored] = await Promise.all([captured.info(target, signal), known ?? readGoMod()]);
      if (info === undefined) return undefined;
      if (known !== undefined) return { info, goMod: known };
      // The version may have been published between the two reads; `.mod` comes before `.info`, so now it is there.
      const file = stored ?? (await readGoMod());
      if (file === undefined) throw damaged(target.mod, 'is missing, although the version exists');
      const goMod = fileOf(file.bytes, file.modified);
      goMods.set(target.name, goMod);
      return { info, goMod };
    },
    async zip(target, signal) {
      const known = zips.get(target.name);
      if (known !== undefined) return known;
      const stored = await store.head(target.zip, signal);
      if (stored === undefined) return undefined;
      const file = zipFile(target, stored.size, stored.etag, stored.modified);
      zips.set(target.name, file, freshness.ttl);
      return file;
    },
    noteVersion(target, draft) {
      const modified = new Date(now());
      const info = storedInfoFile(draft.info, draft.infoBytes, modified);
      const goMod = fileOf(draft.goMod, modified);
      infos.set(target.name, info);
      goMods.set(target.name, goMod);
      return { info, goMod };
    },
    noteSum(target, h1) {
      sums.set(target.name, h1);
      zips.delete(target.name);
    },
    forget({ name }) {
      for (const section of [infos, goMods, zips, sums]) section.delete(name);
    },
  };
  return captured;
}

function readInfo(target: Target, { bytes }: StoredFile): VersionInfo {
  let info: VersionInfo;
  try {
    info = parseInfo(bytes);
  } catch (error) {
    throw damaged(target.info, 'is damaged', error);
  }
  if (info.version === target.version) return info;
  throw damaged(target.info, `names ${JSON.stringify(info.version)} and not ${target.version}`);
}
