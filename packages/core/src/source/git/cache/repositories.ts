// The copies of many repositories.
//
// Invariants:
// - One engine for the life of a cache, chosen when it is first needed.
// - A copy stays marked as used until all repositories on it are closed.
// - close() cancels what is under way and waits for it.

import { makeDirectories } from '#files';
import { linkedController, onAbort } from '../../../async/abort.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { EngineDriver } from '../driver.ts';
import type { GitRemote, GitRepositories, GitRepository, ObjectFormat, RefList } from '../engine.ts';
import { chooseEngine } from './choose-engine.ts';
import { type CopyState, createCopyState } from './copy-state.ts';
import { createHostGate } from './host-gate.ts';
import { openRepository } from './open-repository.ts';
import { cacheSettings, type GitCacheEvent, type GitCacheOptions } from './options.ts';
import { copyName, openPlaces, type Places } from './places.ts';
import { createRefLists } from './ref-lists.ts';

/** A copy that is held open. Who wants it is counted before it is there, so that nobody closes it under them. */
interface Open {
  readonly state: CopyState;
  /** Resolves when the copy is marked as used, to what takes the mark away. */
  readonly release: Promise<() => Promise<void>>;
  users: number;
}

interface Base {
  readonly driver: EngineDriver;
  readonly places: Places;
}

/**
 * Opens a cache of git repositories in a directory, which is made where there is none. Several processes may share it.
 *
 * Throws `invalid_argument` for options out of range. What it returns rejects with `unsupported` where the engine that was asked for
 * is not to be had.
 */
export function gitRepositories(options: GitCacheOptions): GitRepositories {
  const settings = cacheSettings(options);
  const gate = createHostGate(settings.perHost);
  const lists = createRefLists();
  const open = new Map<string, Open>();
  const underWay = new Set<Promise<unknown>>();
  const life = new AbortController();
  let base: Promise<Base> | undefined;

  const start = async (): Promise<Base> => {
    await makeDirectories(settings.directory);
    const places = await openPlaces(settings.directory);
    try {
      return { places, driver: await chooseEngine(settings, places.scratch) };
    } catch (error) {
      await places.close();
      throw error;
    }
  };
  const ready = (): Promise<Base> => {
    life.signal.throwIfAborted();
    base ??= start().catch((error: unknown) => {
      base = undefined;
      throw error;
    });
    return base;
  };

  /** Work that ends when the cache closes. */
  const live = async <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    life.signal.throwIfAborted();
    const { controller, release } = linkedController(signal);
    const stop = onAbort(life.signal, (reason) => controller.abort(reason));
    const running = Promise.resolve().then(() => work(controller.signal));
    underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw asStorage(error, settings.directory);
    } finally {
      underWay.delete(running);
      stop();
      release();
    }
  };

  const ask = async <T>(
    remote: GitRemote,
    what: Extract<GitCacheEvent, { type: 'remote' }>['what'],
    task: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> =>
    gate.run(
      hostOf(remote.address),
      async () => {
        const begun = performance.now();
        let ok = false;
        try {
          const result = await task();
          ok = true;
          return result;
        } finally {
          settings.tell({ type: 'remote', url: remote.url, what, milliseconds: performance.now() - begun, ok });
        }
      },
      signal,
    );

  const openState = async ({ driver, places }: Base, name: string, format: ObjectFormat): Promise<Open> => {
    let opened = open.get(name);
    if (opened === undefined) {
      opened = { state: createCopyState(driver, places, name, format), release: places.use(name), users: 0 };
      open.set(name, opened);
    }
    opened.users++;
    try {
      await opened.release;
    } catch (error) {
      forget(name, opened);
      throw error;
    }
    return opened;
  };
  const forget = (name: string, opened: Open): void => {
    if (open.get(name) === opened) open.delete(name);
  };

  const closeState = async (name: string, opened: Open): Promise<void> => {
    if (--opened.users > 0) return;
    forget(name, opened);
    await closeNow(opened);
  };

  let evicting: Promise<void> | undefined;
  const grown = async ({ places }: Base): Promise<void> => {
    evicting ??= places
      .evict(settings.maxBytes, (name, bytes) => settings.tell({ type: 'evicted', name, bytes }))
      .finally(() => {
        evicting = undefined;
      });
    await evicting;
  };

  const repositoryOn = (ground: Base, remote: GitRemote): GitRepository => {
    const { driver, places } = ground;
    const held = new Map<string, Promise<Open>>();
    const readRefs = (signal: AbortSignal): Promise<RefList> =>
      ask(remote, 'refs', () => driver.listRefs(remote, { signal }), signal);
    const repository = openRepository(remote, {
      driver,
      scratch: places.scratch,
      async state(format) {
        const name = copyName(keyOf(remote), driver.name, format);
        let opened = held.get(name);
        if (opened === undefined) {
          opened = openState(ground, name, format);
          held.set(name, opened);
          opened.catch(() => held.delete(name));
        }
        return (await opened).state;
      },
      refs: ({ maxAge = settings.refsMaxAge, signal }) => lists.get(keyOf(remote), maxAge, readRefs, { signal }),
      lastRefs: () => lists.last(keyOf(remote)),
      ask: (what, task, signal) => ask(remote, what, task, signal),
      grown: () => grown(ground),
      tell: settings.tell,
      async release() {
        for (const [name, opened] of held) await closeState(name, await opened);
        held.clear();
      },
    });
    return whileLive(repository, live);
  };

  return {
    engine: async ({ signal } = {}) => (await live(() => ready(), signal)).driver.name,
    open: (remote, { signal } = {}) => live(async () => repositoryOn(await ready(), remote), signal),
    async close() {
      if (!life.signal.aborted) life.abort(new GoModKitError('closed', 'the git cache was closed'));
      await Promise.allSettled(underWay);
      const opened = [...open.values()];
      open.clear();
      for (const each of opened) await closeNow(each);
      const ground = await base?.catch(() => undefined);
      base = undefined;
      await ground?.places.close();
    },
  };
}

/** A repository whose calls end when the cache closes. */
function whileLive(
  repository: GitRepository,
  live: <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined) => Promise<T>,
): GitRepository {
  return {
    remote: repository.remote,
    refs: (options) => live((signal) => repository.refs({ ...options, signal }), options?.signal),
    fetchCommit: (wanted, options) =>
      live((signal) => repository.fetchCommit(wanted, { ...options, signal }), options.signal),
    fetchHistory: (options) => live((signal) => repository.fetchHistory({ signal }), options?.signal),
    findCommits: (prefix, options) => live((signal) => repository.findCommits(prefix, { signal }), options?.signal),
    commit: (hash, options) => live((signal) => repository.commit(hash, { signal }), options?.signal),
    ancestors: (hash, candidates, options) =>
      live((signal) => repository.ancestors(hash, candidates, { signal }), options?.signal),
    readBlob: (hash, path, options) =>
      live((signal) => repository.readBlob(hash, path, { ...options, signal }), options.signal),
    archive: (hash, directory, options) =>
      live((signal) => repository.archive(hash, directory, { signal }), options?.signal),
    close: () => repository.close(),
  };
}

async function closeNow({ release, state }: Open): Promise<void> {
  await state.close();
  const unmark = await release.catch(() => undefined);
  await unmark?.();
}

/** Errors of the file system do not leave as they are. */
function asStorage(error: unknown, directory: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  const message = `the git cache in ${directory} cannot be used (${error.code}); is there room, and may this user write there?`;
  return new GoModKitError('storage_unavailable', message, { cause: error });
}

/**
 * What copies and lists are kept under: the address without what may be secret in it, which over http the name of a user may be. What
 * came without certificates is kept apart: it may be anybody's.
 */
function keyOf({ address, insecure = false }: GitRemote): string {
  const prefix = insecure ? 'insecure ' : '';
  if (!URL.canParse(address)) return prefix + address;
  const url = new URL(address);
  url.password = '';
  if (/^https?:$/.test(url.protocol)) url.username = '';
  return prefix + url.href.replace(/\/$/, '');
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}
