// Reclaiming room: what captures left unfinished, and zips that a source has still.
//
// Invariants:
// - Without `apply` nothing is touched; what would be reclaimed is what `apply` reclaims, unless the storage changed meanwhile.
// - A version is never taken away: `.info`, `.mod` and `.ziphash` stay, so that a zip which is captured again is the same zip or is refused
//   (DESIGN §3, retention). Nothing below `.gomodkit/` is touched, nor what is nobody's.
// - A zip goes only if it can come back: its sum is bound, it was not published here, and the source has the version now, of the same
//   commit. What cannot be found out is kept.
// - An orphan is what stands without `.info` for longer than any publication takes. It is looked at again right before it goes, and
//   `.mod` goes last (publish-info.ts): publications wait long enough to see that.

import { sleep } from '../async/abort.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import { prefixPatterns } from '../module/patterns.ts';
import { guardSource } from '../repository/guarded-source.ts';
import { type Target, targetOf } from '../repository/keys.ts';
import { commitsDiffer } from '../repository/publish-info.ts';
import { createStore, type Store } from '../repository/store.ts';
import { type StoredObjects, storedThings } from '../repository/stored-objects.ts';
import { isOwn } from '../repository/verification/marks.ts';
import { parseInfo } from '../source/info.ts';
import type { ModuleSource } from '../source/source.ts';
import type { CallOptions, ObjectInfo, Storage } from '../storage/storage.ts';
import { inParallel } from './parallel.ts';

/** Which zips may go. */
export interface Retention {
  /** Milliseconds since a zip was captured. */
  readonly olderThan: number;
  /** Only of modules that these patterns match, in GOPRIVATE syntax. Default: all. */
  readonly match?: string | undefined;
  /** Never of modules that these patterns match. Default: none. */
  readonly keep?: string | undefined;
  /** Where zips would be captured again; it is asked about every one that would go. */
  readonly source: ModuleSource;
}

/** Options of {@link collectGarbage}. */
export interface GcOptions extends CallOptions {
  /** `true`: reclaims. Default `false`: only tells. */
  readonly apply?: boolean | undefined;
  /** Milliseconds after which what an interrupted capture left is an orphan. At least an hour; default a day. */
  readonly orphansOlderThan?: number | undefined;
  /** Default: no zip goes. */
  readonly retention?: Retention | undefined;
  /** Versions worked on at once. Default 16. */
  readonly concurrency?: number | undefined;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: (() => number) | undefined;
}

/** What is, or would be, reclaimed; and what is kept although the rules name it. */
export type GcEvent =
  | ({ readonly type: 'orphan' | 'zip'; readonly key: string; readonly bytes: number } & ModuleVersion)
  | ({ readonly type: 'kept'; readonly key: string; readonly reason: string } & ModuleVersion)
  | { readonly type: 'done'; readonly report: GcReport };

/** How much of something. */
export interface GcCount {
  readonly objects: number;
  readonly bytes: number;
}

/** What a collection came to. */
export interface GcReport {
  readonly applied: boolean;
  readonly orphans: GcCount;
  readonly zips: GcCount;
  /** Zips that the rules name and that could not come back. */
  readonly kept: number;
  /** What interrupted writes of the storage itself left, removed; undefined where nothing was, or can be, swept. */
  readonly swept: number | undefined;
}

type Found = Exclude<GcEvent, { readonly type: 'done' }>;

const hour = 3600_000;

/**
 * Reclaims what is left over: files of captures that never finished, what the storage's own interrupted writes left, and, by retention rules, zips that can
 * be captured again. Events come while it goes on; the last is `done`, and its report is also returned. Servers may be at work.
 *
 * Rejects with `invalid_argument` for rules that make no sense, `unsupported` where the storage cannot delete, `storage_unavailable`, and
 * the signal's reason.
 *
 * @example
 * ```ts
 * import { maintenance, type Storage, upstreamSource } from '@gomodkit/core';
 *
 * const source = upstreamSource('https://goproxy.example');
 * const quarter = 90 * 24 * 3600_000;
 *
 * export async function reclaimable(storage: Storage): Promise<number> {
 *   let bytes = 0;
 *   const found = maintenance.collectGarbage(storage, { retention: { olderThan: quarter, source, keep: 'corp.example' } });
 *   for await (const event of found) if (event.type === 'done') bytes = event.report.orphans.bytes + event.report.zips.bytes;
 *   return bytes;
 * }
 * ```
 */
export async function* collectGarbage(
  storage: Storage,
  options: GcOptions = {},
): AsyncGenerator<GcEvent, GcReport, void> {
  const { apply = false, concurrency = 16, now = Date.now, signal } = options;
  const collection = new Collection(storage, options);
  const found = { orphan: { objects: 0, bytes: 0 }, zip: { objects: 0, bytes: 0 } };
  let kept = 0;
  const things = storedThings(collection.store, { signal });
  for await (const event of inParallel(things, concurrency, async ({ version }) =>
    version === undefined ? [] : collection.look(version),
  )) {
    if (event.type === 'kept') kept++;
    else {
      found[event.type].objects++;
      found[event.type].bytes += event.bytes;
    }
    yield event;
  }
  const olderThan = new Date(now() - collection.orphanAge);
  const swept = apply ? await storage.sweep?.({ olderThan, signal }) : undefined;
  const report: GcReport = { applied: apply, orphans: found.orphan, zips: found.zip, kept, swept };
  yield { type: 'done', report };
  return report;
}

class Collection {
  readonly store: Store;
  readonly orphanAge: number;
  readonly #apply: boolean;
  readonly #now: () => number;
  readonly #signal: AbortSignal | undefined;
  readonly #retention: { readonly olderThan: number; readonly source: ModuleSource } | undefined;
  readonly #concerns: (path: string) => boolean;

  constructor(storage: Storage, options: GcOptions) {
    const {
      apply = false,
      orphansOlderThan = 24 * hour,
      retention,
      concurrency = 16,
      now = Date.now,
      signal,
    } = options;
    if (!(orphansOlderThan >= hour)) throw invalid('orphans younger than an hour may be captures under way');
    if (retention !== undefined && !(retention.olderThan >= 0)) throw invalid('an age is a number of at least 0');
    if (!Number.isInteger(concurrency) || concurrency < 1) throw invalid('concurrency must be a positive integer');
    this.store = createStore(storage, { sleep });
    if (apply && !this.store.canDelete) throw new GoModKitError('unsupported', 'this storage cannot delete');
    this.orphanAge = orphansOlderThan;
    this.#apply = apply;
    this.#now = now;
    this.#signal = signal;
    this.#retention = retention && { olderThan: retention.olderThan, source: guardSource(retention.source) };
    const { match, keep = '' } = retention ?? {};
    const [matches, keeps] = [prefixPatterns(match ?? ''), prefixPatterns(keep)];
    this.#concerns = (path) => (match === undefined || matches(path)) && !keeps(path);
  }

  /** What of a version goes, and went where that is wanted. */
  async look({ path, version, files }: StoredObjects): Promise<readonly Found[]> {
    const target = targetOf(path, version);
    if (files.info === undefined) return this.#orphans(target, Object.values(files));
    const { zip } = files;
    if (zip === undefined || this.#retention === undefined || !this.#concerns(path)) return [];
    if (!this.#isOlder(zip, this.#retention.olderThan)) return [];
    const reason = await this.#reasonToKeep(target, this.#retention.source);
    if (reason !== undefined) return [{ type: 'kept', key: zip.key, reason, path, version }];
    if (this.#apply) await this.store.delete(zip.key, this.#signal);
    return [{ type: 'zip', key: zip.key, bytes: zip.size, path, version }];
  }

  async #orphans(target: Target, objects: readonly ObjectInfo[]): Promise<readonly Found[]> {
    if (!objects.every((each) => this.#isOlder(each, this.orphanAge))) return [];
    const { path, version } = target;
    const found: Found[] = [];
    for (const key of [target.zip, target.ziphash, target.mod]) {
      const object = objects.find((each) => each.key === key);
      if (object === undefined || !(await this.#isOrphan(target, key))) continue;
      if (this.#apply) await this.store.delete(key, this.#signal);
      found.push({ type: 'orphan', key, bytes: object.size, path, version });
    }
    return found;
  }

  /** Asked right before it goes: somebody may publish the version at this moment. */
  async #isOrphan({ info }: Target, key: string): Promise<boolean> {
    const [object, committed] = await Promise.all([
      this.store.head(key, this.#signal),
      this.store.head(info, this.#signal),
    ]);
    return committed === undefined && object !== undefined && this.#isOlder(object, this.orphanAge);
  }

  async #reasonToKeep(target: Target, source: ModuleSource): Promise<string | undefined> {
    const { store } = this;
    const [ziphash, goMod, stored] = await Promise.all([
      store.read(target.ziphash, 1024, this.#signal),
      store.head(target.mod, this.#signal),
      store.read(target.info, 1024 * 1024, this.#signal),
    ]);
    const sum = ziphash && new TextDecoder().decode(ziphash.bytes).trim();
    if (!sum?.startsWith('h1:') || goMod === undefined || stored === undefined)
      return 'nothing binds what would be captured in its place';
    if (await isOwn(store, 'zip', target, sum, this.#signal)) return 'it was published here';
    const { path, version } = target;
    try {
      const answer = await source.resolve(path, version, { signal: this.#signal });
      if (answer.version !== version) return `the source answers with ${answer.version}`;
      return commitsDiffer(parseInfo(stored.bytes), answer) ? 'the source has another commit now' : undefined;
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!isGoModKitError(error)) throw error;
      const [why = ''] = error.message.split('\n', 1);
      return isGoModKitError(error, 'not_found', 'gone')
        ? `the source does not have it: ${why}`
        : `could not ask: ${why}`;
    }
  }

  #isOlder({ modified }: ObjectInfo, milliseconds: number): boolean {
    return this.#now() - modified.getTime() > milliseconds;
  }
}

function invalid(why: string): GoModKitError {
  return new GoModKitError('invalid_argument', why);
}
