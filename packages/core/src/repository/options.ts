// What an embedder can set, with defaults and bounds.
//
// Invariant: a nonsensical option fails when the repository is created, with `invalid_argument`, not at the first request.

import { type Sleep, sleep } from '../async/abort.ts';
import { GoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { ModuleSource, SumdbSource } from '../source/source.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import { type FreshnessOptions, type FreshnessSettings, freshnessDefaults } from './freshness.ts';
import { guardSource } from './guarded-source.ts';
import type { Policy } from './repository.ts';
import { type SumdbVerification, type VerificationSettings, verificationSettings } from './verification/settings.ts';
import { type WithdrawalOptions, type WithdrawalSettings, withdrawalDefaults } from './withdrawal/register.ts';

/** Bounds of a repository. Sizes in bytes. */
export interface RepositoryLimits {
  /** A module zip. Default 524,288,000, which is what the go command accepts (spec §7.10). */
  readonly zip?: number | undefined;
  /** A go.mod. Default 16,777,216 (spec §7.10). */
  readonly goMod?: number | undefined;
  /** An `.info`. Default 1,048,576. */
  readonly info?: number | undefined;
  /** Small answers kept in memory. Default 67,108,864; 0 keeps none. */
  readonly memory?: number | undefined;
  /** How many zips are verified, hashed and stored at once. Downloads wait in their source, not here. Default 4. */
  readonly coldWork?: number | undefined;
  /** Milliseconds after which an unfinished capture that another process left behind may be reclaimed. Default 900,000. */
  readonly grace?: number | undefined;
}

/** Options of {@link createRepository}. */
export interface RepositoryOptions {
  /** Where modules are kept. The repository does not close it. */
  readonly storage: Storage;
  /** Where modules come from. Without one the repository works offline. */
  readonly source?: (ModuleSource & Partial<SumdbSource>) | undefined;
  /**
   * The checksum database that everything from the source is verified with before it is stored, and everything stored before it is served
   * for the first time. Default: sum.golang.org, asked through `source` where that has a `sumdb` method and past it never; else nothing
   * is verified. Modules that the database cannot know need a client with `noSumdb` patterns. `off` verifies nothing.
   */
  readonly sumdb?: SumdbVerification | 'off' | undefined;
  /** Asked for every answer about a version. Default: everything is allowed. */
  readonly policy?: Policy | undefined;
  /** `true`: answer from storage alone, even where a source is given. */
  readonly offline?: boolean | undefined;
  readonly limits?: RepositoryLimits | undefined;
  /** How long answers count that may change. */
  readonly freshness?: FreshnessOptions | undefined;
  /** How quickly withdrawals of other processes take effect. */
  readonly withdrawals?: WithdrawalOptions | undefined;
}

/**
 * Checks sums before anything is stored. Resolves to whether the sum is proven, rejects with `checksum_mismatch` when it is
 * disproved, and with anything else when that could not be found out.
 */
export interface Verifier {
  goMod(module: ModuleVersion, h1: string, options: CallOptions): Promise<boolean>;
  zip(module: ModuleVersion, h1: string, options: CallOptions): Promise<boolean>;
}

/** What tests and other parts of core put in place of the usual. */
export interface RepositorySeams {
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  readonly sleep?: Sleep | undefined;
  readonly verifier?: Verifier | undefined;
}

/** Options and seams with everything filled in. */
export interface Settings {
  readonly storage: Storage;
  /** Undefined when offline. */
  readonly source: ModuleSource | undefined;
  readonly policy: Policy | undefined;
  readonly limits: Readonly<Record<keyof RepositoryLimits, number>>;
  readonly freshness: FreshnessSettings;
  readonly withdrawals: WithdrawalSettings;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly verifier: Verifier | undefined;
  /** What the verifier is made of, unless a seam is one. */
  readonly verification: VerificationSettings | undefined;
}

const limitDefaults: Settings['limits'] = {
  zip: 500 * 1024 * 1024,
  goMod: 16 * 1024 * 1024,
  info: 1024 * 1024,
  memory: 64 * 1024 * 1024,
  coldWork: 4,
  grace: 15 * 60_000,
};

/** Fills in defaults. Throws `invalid_argument`. */
export function settingsOf(options: RepositoryOptions, seams: RepositorySeams = {}): Settings {
  return {
    storage: options.storage,
    source: options.offline === true || options.source === undefined ? undefined : guardSource(options.source),
    policy: options.policy,
    limits: numbers('limits', limitDefaults, options.limits),
    freshness: numbers('freshness', freshnessDefaults, options.freshness),
    withdrawals: numbers('withdrawals', withdrawalDefaults, options.withdrawals),
    now: seams.now ?? Date.now,
    sleep: seams.sleep ?? sleep,
    verifier: seams.verifier,
    verification: seams.verifier === undefined ? verificationSettings(options) : undefined,
  };
}

function numbers<K extends string>(
  group: string,
  defaults: Readonly<Record<K, number>>,
  given: { readonly [Name in K]?: number | undefined } | undefined,
): Record<K, number> {
  const filled: Record<K, number> = { ...defaults };
  for (const name of Object.keys(defaults) as K[]) {
    const value = given?.[name] ?? defaults[name];
    if (!(value >= 0)) {
      throw new GoModKitError('invalid_argument', `${group}.${name} is ${value}: want a number of at least 0`);
    }
    filled[name] = value;
  }
  return filled;
}
