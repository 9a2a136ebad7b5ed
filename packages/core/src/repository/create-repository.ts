// Puts the parts of a repository together.
//
// Invariants:
// - Arguments are checked before any storage or source is asked.
// - After close() every call rejects with `closed`.

import { createLimiter } from '../async/limiter.ts';
import { createSingleFlight } from '../async/single-flight.ts';
import { createByteCache } from '../cache/byte-cache.ts';
import { GoModKitError } from '../errors/error.ts';
import { isUsableVersion } from '../source/list.ts';
import type { Storage } from '../storage/storage.ts';
import { runAudit } from './audit/run-audit.ts';
import { captureClosure } from './capture/capture.ts';
import { createCaptured } from './captured.ts';
import { probeKey, probeStorage } from './check-storage.ts';
import { createDrafts } from './draft.ts';
import type { Engine } from './engine.ts';
import { createEvents } from './events.ts';
import { createFreshness } from './freshness.ts';
import { createGate } from './gate.ts';
import { createIndexFeed } from './index-feed/index-feed.ts';
import { checkIndexOptions, readPage } from './index-feed/page.ts';
import { checkModulePath, knownTarget, targetOf } from './keys.ts';
import { createLists } from './lists.ts';
import { type RepositoryOptions, type RepositorySeams, type Settings, settingsOf } from './options.ts';
import { createPinned } from './pinned.ts';
import { createPublish } from './publish/publish.ts';
import { createQueries } from './queries.ts';
import type { Repository } from './repository.ts';
import { createStore } from './store.ts';
import { createVerification } from './verification/verification.ts';
import { createRegister, type Register } from './withdrawal/register.ts';
import { createWithdrawals } from './withdrawal/withdrawals.ts';

/**
 * Creates a repository: modules from `source`, captured once in `storage` and served from there for ever.
 *
 * Throws `invalid_argument` for options that make no sense. Needs no network and no storage call to be created.
 *
 * @example
 * ```ts
 * import { createRepository, memoryStorage, type ModuleSource } from '@gomodkit/core';
 *
 * async function newest(source: ModuleSource): Promise<string> {
 *   const repository = createRepository({ storage: memoryStorage(), source });
 *   const { info } = await repository.latest('example.com/m');
 *   await repository.close();
 *   return info.version;
 * }
 * ```
 */
export function createRepository(options: RepositoryOptions): Repository {
  return createRepositoryWith(options, {});
}

/** {@link createRepository} with other seams: a clock, a verifier of sums. */
export function createRepositoryWith(options: RepositoryOptions, seams: RepositorySeams): Repository {
  const engine = createEngine(settingsOf(options, seams));
  const register = registerOf(engine);
  const withdrawals = createWithdrawals(register, engine.events);
  const gate = createGate(register, engine.settings.policy);
  const pinned = createPinned(engine, createDrafts(engine), gate);
  const lists = createLists(engine, gate);
  const queries = createQueries(engine, pinned, lists, gate);
  const publish = createPublish(engine, gate);
  const probe = probeKey(engine.store.canDelete);
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new GoModKitError('closed', 'the repository is closed');
  };

  const repository: Repository = {
    async versions(path, readOptions = {}) {
      checkOpen();
      checkModulePath(path);
      return (await lists.judged(path, readOptions)).allowed;
    },
    async latest(path, readOptions = {}) {
      checkOpen();
      checkModulePath(path);
      return queries.latest(path, readOptions);
    },
    async info(path, query, readOptions = {}) {
      checkOpen();
      const known = knownTarget(path, query);
      if (known !== undefined) return pinned.info(known, readOptions);
      checkModulePath(path);
      if (isUsableVersion(path, query)) return pinned.info(targetOf(path, query), readOptions);
      return queries.query(path, query, readOptions);
    },
    async goMod(path, version, readOptions = {}) {
      checkOpen();
      return pinned.goMod(targetOf(path, version), readOptions);
    },
    async zip(path, version, readOptions = {}) {
      checkOpen();
      return pinned.zip(targetOf(path, version), readOptions);
    },
    async publish(module, content, publishOptions = {}) {
      checkOpen();
      return publish(module, content, publishOptions);
    },
    async withdraw(request, callOptions = {}) {
      checkOpen();
      return withdrawals.withdraw(request, callOptions);
    },
    async reinstate(request, callOptions = {}) {
      checkOpen();
      return withdrawals.reinstate(request, callOptions);
    },
    async withdrawals(callOptions = {}) {
      checkOpen();
      return withdrawals.current(callOptions);
    },
    async *withdrawalHistory(callOptions = {}) {
      checkOpen();
      yield* register.history(callOptions);
    },
    async index(indexOptions = {}) {
      checkOpen();
      checkIndexOptions(indexOptions);
      const { captured, indexFeed } = engine;
      await indexFeed.settled(indexOptions);
      return readPage({ series: indexFeed.series, captured, gate }, indexOptions);
    },
    async rebuildIndex(callOptions = {}) {
      checkOpen();
      return engine.indexFeed.rebuild(callOptions);
    },
    async *capture(wanted, captureOptions = {}) {
      checkOpen();
      return yield* captureClosure(repository, wanted, captureOptions);
    },
    async checkStorage({ signal } = {}) {
      checkOpen();
      const readOnly = engine.settings.source === undefined;
      const check = (shared: AbortSignal) => probeStorage(engine.store, probe, { readOnly, signal: shared });
      return engine.flights.run('check storage', check, signal);
    },
    audit(auditOptions = {}) {
      checkOpen();
      return runAudit(engine, auditOptions);
    },
    subscribe: engine.events.subscribe,
    async close() {
      closed = true;
      const reason = new GoModKitError('closed', 'the repository is closed');
      await engine.freshness.close(reason);
      await engine.flights.idle();
      await engine.indexFeed.close();
      await register.close(reason);
    },
  };
  return repository;
}

function registerOf({ settings, store, freshness }: Engine): Register {
  return createRegister({
    storage: { ...storageOf(settings.storage), get: store.get },
    settings: settings.withdrawals,
    now: settings.now,
    // While a version was `gone` that was remembered as an absence.
    onRecord: ({ type, path }) => type === 'reinstate' && freshness.published(path, () => true),
  });
}

/** The methods that a series needs, which may be those of a class. */
function storageOf(storage: Storage): Storage {
  return {
    get: (key, options) => storage.get(key, options),
    head: (key, options) => storage.head(key, options),
    create: (key, source, options) => storage.create(key, source, options),
    list: (options) => storage.list(options),
  };
}

function createEngine(settings: Settings): Engine {
  const { limits, now } = settings;
  const store = createStore(settings.storage, { sleep: settings.sleep });
  const cache = createByteCache({ maxBytes: limits.memory, now });
  const engine: Engine = {
    settings,
    store,
    cache,
    captured: createCaptured(store, cache, settings),
    freshness: createFreshness({ cache, now, settings: settings.freshness }),
    flights: createSingleFlight(),
    cold: createLimiter(limits.coldWork),
    events: createEvents(),
    indexFeed: createIndexFeed(settings, store),
  };
  if (settings.verification === undefined) return engine;
  const verification = createVerification(engine, settings.verification);
  return { ...engine, settings: { ...settings, verifier: verification.verifier }, verification };
}
