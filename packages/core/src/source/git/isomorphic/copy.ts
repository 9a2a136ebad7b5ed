// One copy, filled by isomorphic-git and read here.
//
// Invariants:
// - A commit is available when it, its trees and their blobs are here: each fetch brings them all, and this is seen for oneself.
// - What came is kept only when it has what was wanted; packs are added whole (pack-store.ts).

import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import { byteString } from '../attributes/byte-string.ts';
import { type EngineCopy, type EngineSettings, MissingObjects } from '../driver.ts';
import type { GitRemote, RefList, WantedCommit } from '../engine.ts';
import { shown } from '../program/connection.ts';
import { archiveTree } from './archive.ts';
import { fetchPack, isRefusal } from './fetch-pack.ts';
import { completeCommits, peel, readCommit, walk } from './history.ts';
import { digitsOf, entryOf, objectName } from './object.ts';
import { packStore } from './pack-store.ts';
import { isWhole } from './whole.ts';

/** How many commits a server is told of that are here already. */
const maxHaves = 100;

/** Opens a copy. */
export async function openIsomorphicCopy(settings: EngineSettings, directory: string): Promise<EngineCopy> {
  const { limits } = settings;
  const store = packStore(`${directory}/objects/pack`, limits.packMemory * 2);
  const complete = completeCommits(directory);
  const available = new Set<string>();
  await store.refresh();

  const isHere = (hash: string): boolean => {
    const name = objectName(hash);
    return name !== undefined && store.has(name);
  };
  const has = async (hash: string, { signal }: CallOptions = {}): Promise<boolean> => {
    if (available.has(hash)) return true;
    if (!isHere(hash)) await store.refresh();
    const commit = await readCommit(store, hash);
    if (commit === undefined || !(await isWhole(store, commit.tree, signal))) return false;
    available.add(hash);
    return true;
  };
  const availableCommit = async (hash: string, options: CallOptions) =>
    (await has(hash, options)) ? readCommit(store, hash) : undefined;
  const needed = async (hash: string, options: CallOptions) => {
    const commit = await availableCommit(hash, options);
    if (commit === undefined) throw new MissingObjects(`commit ${hash}`);
    return commit;
  };

  /** One ref or hash without history. False when it brought something else. */
  const fetchOne = async (remote: GitRemote, ref: string, hash: string, signal: AbortSignal | undefined) => {
    try {
      const { fetched } = await fetchPack(settings, remote, { ref }, signal);
      if (fetched === undefined || !fetched.objects.some(({ name }) => digitsOf(name) === hash)) return false;
      await store.add(fetched.pack, fetched.objects);
      return await has(hash, { signal });
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  };
  const fetchAll = async (remote: GitRemote, signal: AbortSignal | undefined): Promise<void> => {
    const haves = (await complete.list()).filter(isHere).slice(-maxHaves);
    const { fetched, tips } = await fetchPack(settings, remote, { haves }, signal);
    if (fetched !== undefined) await store.add(fetched.pack, fetched.objects);
    const absent = tips.find((tip) => !isHere(tip));
    if (absent !== undefined) throw incomplete(remote, absent);
    const peeled = await Promise.all([...new Set(tips)].map((tip) => peel(store, tip)));
    const commits = peeled.filter((tip) => tip !== undefined);
    const missing = await walk(store, commits, () => false, signal);
    if (missing !== undefined) throw incomplete(remote, missing);
    await complete.add(commits);
  };

  return {
    has,
    async fetchCommit(remote, { hash, ref }: WantedCommit, { signal }) {
      // A bare hash is asked for only where a ref led to it: else forks' commits would come from hosts that share their objects.
      for (const each of ref === undefined ? [] : [ref, hash]) if (await fetchOne(remote, each, hash, signal)) return;
      await fetchAll(remote, signal);
      if (await has(hash, { signal })) return;
      throw new GoModKitError('not_found', `${shown(remote)}: the server does not hand out commit ${hash}`);
    },
    async fetchHistory(remote, { refs }: RefList, { signal } = {}) {
      const known = new Set(await complete.list());
      if (refs.every(({ hash }) => known.has(hash) && isHere(hash))) return;
      await fetchAll(remote, signal);
      for (const { hash, name } of refs) {
        if (isHere(hash)) continue;
        const message = `${shown(remote)}: ${name} moved while it was fetched`;
        throw new GoModKitError('upstream_unavailable', message, { data: { transient: true } });
      }
    },
    // Every fetch brings contents.
    fetchContents: async (remote, hash, _path, { signal } = {}) => {
      if (!(await has(hash, { signal }))) await fetchAll(remote, signal);
    },
    async findCommits(prefix, { signal } = {}) {
      if (!/^[0-9a-f]{4,40}$/.test(prefix)) return [];
      await store.refresh();
      const found: string[] = [];
      for (const name of store.withPrefix(prefix)) {
        signal?.throwIfAborted();
        if ((await store.describe(name))?.type === 'commit') found.push(digitsOf(name));
      }
      return found;
    },
    async commit(hash, options = {}) {
      const { time } = (await availableCommit(hash, options)) ?? {};
      return time === undefined ? undefined : { hash, time };
    },
    async ancestors(hash, candidates, { signal } = {}) {
      const wanted = new Set(candidates);
      const found = new Set<string>();
      const visit = (commit: string): boolean => {
        if (wanted.delete(commit)) found.add(commit);
        return wanted.size === 0;
      };
      const search = async (): Promise<string | undefined> =>
        wanted.size > 0 ? walk(store, [hash], visit, signal) : undefined;
      if ((await search()) === undefined) return found;
      // Another process may have brought the history, or thrown the copy away that had it.
      await store.refresh();
      const missing = await search();
      if (missing !== undefined && (await complete.list()).length === 0) throw new MissingObjects(`commit ${missing}`);
      return found;
    },
    async readBlob(hash, path, { limit, signal }) {
      let { tree: name } = await needed(hash, { signal });
      const parts = byteString(encodeUtf8(path)).split('/');
      for (const [i, part] of parts.entries()) {
        const tree = await store.read(name);
        const entry = tree?.type === 'tree' ? entryOf(tree.data, part) : undefined;
        const isLast = i === parts.length - 1;
        if (entry === undefined || entry.kind === 'submodule' || (entry.kind === 'tree') === isLast) return undefined;
        name = entry.object;
      }
      const described = await store.describe(name);
      if (described === undefined) throw new MissingObjects(path);
      if (described.type !== 'blob') return undefined;
      if (described.size > limit) {
        const message = `${path} has ${described.size} bytes, more than the limit of ${limit}`;
        throw new GoModKitError('limit_exceeded', message, { data: { limit } });
      }
      return (await store.read(name))?.data;
    },
    async archive(hash, wanted, { signal }) {
      const { tree } = await needed(hash, { signal });
      return archiveTree(store, { tree, directory: wanted, limits, signal });
    },
    close: async () => store.close(),
  };
}

function incomplete(remote: GitRemote, hash: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `${shown(remote)}: the server did not send ${hash}`);
}
