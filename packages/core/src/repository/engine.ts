// What the parts of a repository share. Each verb has its own file and takes an Engine.

import type { Limiter } from '../async/limiter.ts';
import type { SingleFlight } from '../async/single-flight.ts';
import type { ByteCache } from '../cache/byte-cache.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleSource } from '../source/source.ts';
import type { Captured } from './captured.ts';
import type { Events } from './events.ts';
import type { Freshness } from './freshness.ts';
import type { IndexFeed } from './index-feed/index-feed.ts';
import type { Settings } from './options.ts';
import type { FileKind, ReadOptions } from './repository.ts';
import type { Store } from './store.ts';
import type { Verification } from './verification/types.ts';

/** A repository's working parts. */
export interface Engine {
  readonly settings: Settings;
  readonly store: Store;
  readonly cache: ByteCache;
  readonly captured: Captured;
  readonly freshness: Freshness;
  /** Steps that several questions share: drafts and publications. */
  readonly flights: SingleFlight;
  /** Bounds verifying, hashing and storing of zips. */
  readonly cold: Limiter;
  readonly events: Events;
  /** Undefined where nothing is verified. */
  readonly verification?: Verification | undefined;
  readonly indexFeed: IndexFeed;
}

/** The source to ask, or undefined when the answer must come from storage alone. */
export function sourceFor({ settings }: Engine, { cachedOnly }: ReadOptions): ModuleSource | undefined {
  return cachedOnly === true ? undefined : settings.source;
}

/** The refusal of what storage does not have, when nothing else may be asked. */
export function missing({ settings }: Engine, what: string): GoModKitError {
  if (settings.source === undefined) {
    return new GoModKitError('offline', `${what} is not in this repository, which works offline`);
  }
  return new GoModKitError(
    'not_found',
    `${what} is temporarily unavailable: it is not in this repository yet, and the request wants nothing fetched`,
  );
}

/** A changing answer about a module, remembered as {@link Freshness} does; listeners hear whether it was there. */
export async function remembered<T>(
  { events, freshness }: Engine,
  kind: FileKind,
  path: string,
  question: string,
  signal: AbortSignal | undefined,
  load: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let type: 'hit' | 'miss' = 'hit';
  const loadAndTell = (shared: AbortSignal): Promise<T> => {
    type = 'miss';
    events.emit(() => ({ type: 'miss', kind, path, version: '' }));
    return load(shared);
  };
  const answer = await freshness.get(path, question, loadAndTell, { remember: 'answer', signal });
  if (type === 'hit') events.emit(() => ({ type: 'hit', kind, path, version: '' }));
  return answer;
}

/** Runs `work`; when it refuses what a source gave or a policy forbids, listeners hear of it. */
export async function reportRefusal<T>(
  { events }: Engine,
  kind: FileKind,
  { path, version }: { readonly path: string; readonly version: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isGoModKitError(error, ...refusals)) events.emit(() => ({ type: 'refusal', kind, path, version, error }));
    throw error;
  }
}

const refusals = [
  'checksum_misbehaviour',
  'checksum_mismatch',
  'conflict',
  'denied',
  'invalid_go_mod',
  'invalid_zip',
  'limit_exceeded',
  'upstream_invalid',
] as const;
