// Answers that may change (list, @latest, branch queries) and absences: how long they count, and what happens when they end.
//
// Invariants:
// - Younger than `ttl`: answered from memory. Then, up to `staleWindow` later: answered from memory while the source is asked behind the
//   answer. Older: waits for the source (DESIGN §3, freshness).
// - An absence (`not_found`, `gone`) counts for `negativeTtl` and is never revalidated behind an answer: who just pushed a tag waits for the truth.
// - When the source cannot be asked, the last answer up to `staleIfError` old is given instead, a remembered absence included
//   (protocol-cases row 27), and the source is left alone for `failurePause`.
// - Publishing a version ends its module's absences at once, and its answers unless one of them names the version, so that it is no news:
//   what began before is not kept and not joined any more.
// - Absences are remembered per question. A question answered from storage alone never gets here (spec §10.13).

import { createSingleFlight } from '../async/single-flight.ts';
import type { ByteCache, CacheSection } from '../cache/byte-cache.ts';
import { isGoModKitError } from '../errors/error.ts';

/** How long changing answers count, in milliseconds. */
export interface FreshnessOptions {
  /** List, `@latest` and branch answers count as new for this long. Default 60,000. */
  readonly ttl?: number | undefined;
  /** After `ttl`, for this long, they are still given while the source is asked in the background. Default 300,000. */
  readonly staleWindow?: number | undefined;
  /** "Not found" counts for this long. Default 30,000. */
  readonly negativeTtl?: number | undefined;
  /** How old an answer may be that is given because the source cannot be asked. Default 86,400,000, a day. */
  readonly staleIfError?: number | undefined;
  /** How long a source that could not be asked is left alone where an older answer exists. Default 5,000. */
  readonly failurePause?: number | undefined;
}

/** Which results of a load are worth remembering. */
export type Remember =
  /** A changing answer: the value and its absence. */
  | 'answer'
  /** Something immutable that is remembered elsewhere once it exists: only its absence. */
  | 'absence';

/** Asks once for many, and remembers. */
export interface Freshness {
  /**
   * The remembered answer to `question` about `module`, or what `load` resolves to. Callers with one question share one load, whose
   * signal is aborted when all of them have left.
   */
  get<T>(
    module: string,
    question: string,
    load: (signal: AbortSignal) => Promise<T>,
    options: { readonly remember: Remember; readonly signal?: AbortSignal | undefined },
  ): Promise<T>;
  /** The last answer, however old; undefined when there is none or it was an absence. */
  peek<T>(module: string, question: string): T | undefined;
  /** A version of `module` was published; `names` says whether an answer names it. */
  published(module: string, names: (answer: unknown) => boolean): void;
  /** Stops background work, waits for the rest. */
  close(reason: unknown): Promise<void>;
}

interface Entry {
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
  /** When it was asked. */
  readonly at: number;
  /** Something was published since that it cannot know of. */
  readonly expired: boolean;
  /** Until then a failed source is not asked again. */
  readonly pausedUntil: number;
}

/** {@link FreshnessOptions} with every number filled in. */
export type FreshnessSettings = Readonly<Record<keyof FreshnessOptions, number>>;

/** What counts where the embedder names nothing. */
export const freshnessDefaults: FreshnessSettings = {
  ttl: 60_000,
  staleWindow: 300_000,
  negativeTtl: 30_000,
  staleIfError: 86_400_000,
  failurePause: 5_000,
};

/** Creates a {@link Freshness} that keeps its answers in `cache`; `now` is a clock in milliseconds. */
export function createFreshness(options: {
  readonly cache: ByteCache;
  readonly now: () => number;
  readonly settings: FreshnessSettings;
}): Freshness {
  const { cache, now, settings } = options;
  const flights = createSingleFlight();
  const lifetime = new AbortController();
  // Loads under way, by key. One that is no longer here when it ends was overtaken by a publication.
  const current = new Map<string, { readonly kind: Remember }>();
  const keys = createKeyIndex();
  const entries: CacheSection<Entry> = cache.section<Entry>({ weigh: weighEntry, onDrop: keys.remove });

  const remember = (key: string, entry: Entry): void => {
    keys.add(key);
    entries.set(key, entry, entry.at + settings.staleIfError - now());
  };

  const ask = <T>(key: string, load: (signal: AbortSignal) => Promise<T>, kind: Remember, signal?: AbortSignal) =>
    flights.run(
      key,
      async (shared) => {
        const at = now();
        const token = { kind };
        current.set(key, token);
        const counts = (): boolean => current.get(key) === token;
        try {
          const value = await load(shared);
          if (kind === 'absence') entries.delete(key);
          else if (counts()) remember(key, { outcome: { value }, at, expired: false, pausedUntil: 0 });
          return value;
        } catch (error) {
          const last = entries.get(key);
          if (isAbsence(error)) {
            if (counts()) remember(key, { outcome: { error }, at, expired: false, pausedUntil: 0 });
          } else if (last !== undefined && couldNotFindOut(error) && !shared.aborted) {
            remember(key, { ...last, pausedUntil: now() + settings.failurePause });
          }
          throw error;
        } finally {
          if (current.get(key) === token) current.delete(key);
        }
      },
      signal,
    );

  return {
    async get<T>(
      module: string,
      question: string,
      load: (signal: AbortSignal) => Promise<T>,
      { remember: kind, signal }: { readonly remember: Remember; readonly signal?: AbortSignal | undefined },
    ): Promise<T> {
      const key = keyOf(module, question);
      const entry = entries.get(key);
      if (entry !== undefined) {
        const state = stateOf(entry, now(), settings);
        if (state === 'stale' && now() >= entry.pausedUntil) ask(key, load, kind, lifetime.signal).catch(() => {});
        if (state !== 'ended' || now() < entry.pausedUntil) return reveal<T>(entry);
      }
      try {
        return await ask(key, load, kind, signal);
      } catch (error) {
        // Read again: a publication meanwhile has taken an absence away.
        const last = entries.get(key);
        if (last === undefined || signal?.aborted || !couldNotFindOut(error)) throw error;
        return reveal<T>(last);
      }
    },
    peek<T>(module: string, question: string): T | undefined {
      const outcome = entries.get(keyOf(module, question))?.outcome;
      return outcome !== undefined && 'value' in outcome ? (outcome.value as T) : undefined;
    },
    published(module, names) {
      const remembered = keys.of(module).map((key) => [key, entries.get(key)] as const);
      const isNews = !remembered.some(([, entry]) => entry && 'value' in entry.outcome && names(entry.outcome.value));
      for (const [key, entry] of remembered) {
        // The old answer stays as what is given when the source fails; an absence is disproved.
        if (entry === undefined || 'error' in entry.outcome) entries.delete(key);
        else if (isNews) remember(key, { ...entry, expired: true });
      }
      for (const [key, { kind }] of current) {
        if (moduleOf(key) !== module) continue;
        if (kind === 'answer' && !isNews) continue;
        current.delete(key);
        // What is immutable is right whenever it was asked for, and may be what is being published.
        if (kind === 'answer') flights.forget(key);
      }
    },
    close(reason) {
      lifetime.abort(reason);
      return flights.idle();
    },
  };
}

/** Whether `error` says that the module or version is not there. */
export function isAbsence(error: unknown): boolean {
  return isGoModKitError(error, 'not_found', 'gone');
}

/** Whether `error` leaves the question open, so that an older answer is better than none. A refusal is an answer. */
function couldNotFindOut(error: unknown): boolean {
  return isGoModKitError(error, 'upstream_unavailable', 'upstream_timeout', 'upstream_invalid');
}

function stateOf(entry: Entry, now: number, settings: FreshnessSettings): 'new' | 'stale' | 'ended' {
  if (entry.expired) return 'ended';
  const age = now - entry.at;
  if ('error' in entry.outcome) return age < settings.negativeTtl ? 'new' : 'ended';
  if (age < settings.ttl) return 'new';
  return age < settings.ttl + settings.staleWindow ? 'stale' : 'ended';
}

function reveal<T>({ outcome }: Entry): T {
  if ('error' in outcome) throw outcome.error;
  return outcome.value as T;
}

/** What an entry holds on to: of an error, its stack above all. Lists are the large ones. Measured, rounded up. */
function weighEntry({ outcome }: Entry): number {
  if ('error' in outcome) return 2560 + 2 * String((outcome.error as Error).message).length;
  const { value } = outcome;
  if (!Array.isArray(value)) return 2 * (JSON.stringify(value)?.length ?? 0) + 512;
  return value.reduce((sum: number, item) => sum + 2 * String(item).length + 24, 64);
}

// A module path has no spaces (spec §1.3), so the first one ends it.
const keyOf = (module: string, question: string): string => `${module} ${question}`;
const moduleOf = (key: string): string => key.slice(0, key.indexOf(' '));

/** Which keys of a module are in the cache. */
function createKeyIndex(): {
  readonly add: (key: string) => void;
  readonly remove: (key: string) => void;
  readonly of: (module: string) => readonly string[];
} {
  const byModule = new Map<string, Set<string>>();
  return {
    add(key) {
      const module = moduleOf(key);
      const keys = byModule.get(module);
      if (keys === undefined) byModule.set(module, new Set([key]));
      else keys.add(key);
    },
    remove(key) {
      const module = moduleOf(key);
      const keys = byModule.get(module);
      keys?.delete(key);
      if (keys?.size === 0) byModule.delete(module);
    },
    of: (module) => [...(byModule.get(module) ?? [])],
  };
}
