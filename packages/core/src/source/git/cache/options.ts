// Options of the repository cache, and what they become.
//
// Invariant: every number is checked here, once.

import { GoModKitError } from '../../../errors/error.ts';
import { type NetworkGuard, networkGuard } from '../../network-guard.ts';
import { defaultGitLimits, type GitLimits } from '../driver.ts';
import type { GitEngineName } from '../engine.ts';

/** What the cache tells. Nothing here is a secret; `url` is as discovery named it. */
export type GitCacheEvent =
  /** The engine was chosen; `version` of the git program. */
  | { readonly type: 'engine'; readonly engine: GitEngineName; readonly version?: string | undefined }
  /** Something was asked of a remote and ended, well or not. */
  | {
      readonly type: 'remote';
      readonly url: string;
      readonly what: 'refs' | 'commit' | 'history' | 'contents';
      readonly milliseconds: number;
      readonly ok: boolean;
    }
  /** A copy was removed to make room. */
  | { readonly type: 'evicted'; readonly name: string; readonly bytes: number }
  /** A copy was damaged, and thrown away. */
  | { readonly type: 'discarded'; readonly url: string; readonly reason: string };

/** How gently a host is treated. */
export interface HostPoliteness {
  /** Fetches and listings at the same time. Default 4. */
  readonly concurrency: number;
  /** Fetches and listings begun per second, after a burst of as many. Default 20. */
  readonly requestsPerSecond: number;
}

/** Options of {@link gitRepositories}. */
export interface GitCacheOptions {
  /** Where the copies are. Several processes may share it; who can write to it decides what modules contain. */
  readonly directory: string;
  /** `auto`, the default: the git program where one is found that is new enough, else isomorphic-git. */
  readonly engine?: 'auto' | 'git' | 'isomorphic' | undefined;
  /** The git program: a path, or a name that is looked up in PATH. Default `git`. */
  readonly program?: string | undefined;
  /** A known_hosts file for ssh. Default: the user's. */
  readonly knownHosts?: string | undefined;
  /** Bytes of all copies together; beyond, those unused for longest go. Default 10 GiB. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds that a list of refs is good for. Default 5,000. */
  readonly refsMaxAge?: number | undefined;
  readonly perHost?: Partial<HostPoliteness> | undefined;
  /** Which hosts may be connected to. Default: those on public addresses. */
  readonly network?: NetworkGuard | undefined;
  readonly limits?: Partial<GitLimits> | undefined;
  readonly onEvent?: ((event: GitCacheEvent) => void) | undefined;
}

/** Options with every default filled in. */
export interface CacheSettings {
  readonly directory: string;
  readonly engine: 'auto' | 'git' | 'isomorphic';
  readonly program: string;
  readonly knownHosts: string | undefined;
  readonly maxBytes: number;
  readonly refsMaxAge: number;
  readonly perHost: HostPoliteness;
  readonly network: NetworkGuard;
  readonly limits: GitLimits;
  tell(event: GitCacheEvent): void;
}

/** Fills in the defaults. Throws `invalid_argument` for what is out of range. */
export function cacheSettings(options: GitCacheOptions): CacheSettings {
  const { onEvent, perHost = {} } = options;
  const settings = {
    directory: options.directory,
    engine: options.engine ?? 'auto',
    program: options.program ?? 'git',
    knownHosts: options.knownHosts,
    maxBytes: options.maxBytes ?? 10 * 2 ** 30,
    refsMaxAge: options.refsMaxAge ?? 5_000,
    perHost: { concurrency: perHost.concurrency ?? 4, requestsPerSecond: perHost.requestsPerSecond ?? 20 },
    network: options.network ?? networkGuard(),
    limits: withDefaults(defaultGitLimits, options.limits),
    tell: (event: GitCacheEvent) => {
      try {
        onEvent?.(event);
      } catch {
        // Whoever listens has no say in the work.
      }
    },
  };
  if (settings.directory === '') throw new GoModKitError('invalid_argument', 'the directory of the git cache is empty');
  if (!['auto', 'git', 'isomorphic'].includes(settings.engine)) {
    throw new GoModKitError('invalid_argument', `engine must be auto, git or isomorphic, not ${settings.engine}`);
  }
  for (const [name, value] of Object.entries({
    maxBytes: settings.maxBytes,
    ...settings.perHost,
    ...settings.limits,
  })) {
    if (!(value > 0)) throw new GoModKitError('invalid_argument', `${name} must be positive, not ${value}`);
  }
  const { concurrency } = settings.perHost;
  if (!Number.isInteger(concurrency) && concurrency !== Number.POSITIVE_INFINITY) {
    throw new GoModKitError('invalid_argument', `concurrency must be a whole number, not ${concurrency}`);
  }
  if (!(settings.refsMaxAge >= 0)) throw new GoModKitError('invalid_argument', 'refsMaxAge must not be negative');
  return settings;
}

function withDefaults(defaults: GitLimits, given: Partial<GitLimits> = {}): GitLimits {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}
