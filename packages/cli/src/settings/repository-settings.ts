// What a server is made of, decided once from flags, configuration file, environment and defaults.
//
// Invariants:
// - Flags win over the file, the file over the environment, the environment over defaults.
// - Everything that was chosen for the user is said, with where it came from.

import {
  type Credentials,
  goAuthCredentials,
  type ModuleSource,
  type OriginSource,
  type RepositoryOptions,
  type SumdbSource,
  sourceFromGoEnv,
} from '@gomodkit/core';
import type { GomodkitConfig } from '../config.ts';
import { type ListenAddress, parseListenAddress } from '../serve/listen-address.ts';
import { chooseGit, type GitFlags, mayReadRepositories } from './git-choice.ts';
import { type Direct, openDirect } from './git-direct.ts';
import { openStorage, type StorageChoice } from './storage-choice.ts';
import { chooseSumdb, offlineName, type SumdbFlags } from './sumdb-choice.ts';
import { chooseUpstream, type GoEnv, readGoEnv, withoutCredentials } from './upstream-choice.ts';

/** Flags of the commands that open a repository. */
export interface RepositoryFlags extends SumdbFlags, GitFlags {
  readonly storage?: string | undefined;
  readonly upstream?: string | undefined;
  readonly offline?: boolean | undefined;
}

/** Flags of `serve`. */
export interface ServeFlags extends RepositoryFlags {
  readonly listen?: string | undefined;
  readonly basePath?: string | undefined;
  readonly logLevel?: string | undefined;
}

/** Where modules come from and where they are kept, with how to name both to people. */
export interface RepositorySettings {
  /** All that `createRepository` needs. */
  readonly repository: RepositoryOptions;
  readonly storage: StorageChoice;
  readonly source: ModuleSource;
  /** Which checksum database verifies, for people. */
  readonly checksums: string;
  /** What is served below /sumdb/: offline, what the storage keeps. Absent where there is nothing to serve. */
  readonly sumdb: SumdbSource | undefined;
  readonly upstream: string;
  /** What reads repositories, for people; absent where nothing would be read from one. */
  readonly direct: (() => Promise<string>) | undefined;
  /** What looks at the repositories that modules were captured from, also where nothing else would be read from one. */
  origins(): OriginSource;
  readonly notes: readonly string[];
  readonly offline: boolean;
  /** Closes source and storage. */
  close(): Promise<void>;
}

/** The address to listen on. */
export function listenAddress(flags: ServeFlags, config: GomodkitConfig): ListenAddress {
  return parseListenAddress(flags.listen ?? config.listen ?? '127.0.0.1:3000');
}

/** Decides storage and source. `self` is the address of the server to be, if there is one, which must not become its own upstream. */
export async function repositorySettings(
  flags: RepositoryFlags,
  config: GomodkitConfig,
  self: ListenAddress | undefined,
): Promise<RepositorySettings> {
  const offline = flags.offline ?? config.offline ?? false;
  const storage = await openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
  const goEnv = await readGoEnv(process.env);
  const { direct, openRepositories, ...chosenSource } = await sourceSettings(flags, config, goEnv, self);
  const { source, through, ownSource, upstream, notes } = chosenSource;
  let repositories = direct;
  const { env } = process;
  const chosen = chooseSumdb({ flags, config, env, goEnv, storage: storage.storage, through, ownSource, offline });
  const { policy } = config;
  return {
    repository: { storage: storage.storage, source, offline, policy, sumdb: chosen.verification },
    storage,
    source,
    checksums: offline ? await offlineName(chosen) : chosen.name,
    sumdb: chosen.served,
    upstream,
    direct: offline ? undefined : direct?.describe,
    origins() {
      repositories ??= openRepositories();
      return repositories.source;
    },
    notes,
    offline,
    async close() {
      await repositories?.source.close();
      await storage.storage.close?.();
    },
  };
}

interface SourceSettings {
  readonly source: ModuleSource;
  /** What answers for checksum databases behind the source. */
  readonly through: SumdbSource | undefined;
  readonly ownSource: boolean;
  readonly upstream: string;
  readonly direct: Direct | undefined;
  /** Opens what reads repositories, where `direct` is not there. */
  readonly openRepositories: () => Direct;
  readonly notes: readonly string[];
}

async function sourceSettings(
  flags: RepositoryFlags,
  config: GomodkitConfig,
  goEnv: GoEnv,
  self: ListenAddress | undefined,
): Promise<SourceSettings> {
  const patterns = flags.private ?? config.private;
  if (typeof config.upstream === 'object' && flags.upstream === undefined) {
    const settings = goSettings(goEnv, '', patterns);
    const credentials = await goAuthCredentials(settings);
    return sourceFromConfig(config.upstream, () => openGit(flags, config, settings, credentials));
  }
  const fromFile = typeof config.upstream === 'string' ? config.upstream : undefined;
  const choice = chooseUpstream({ flag: flags.upstream, config: fromFile, env: process.env, goEnv }, self);
  const settings = goSettings(goEnv, choice.list, patterns);
  const credentials = await goAuthCredentials(settings);
  const openRepositories = () => openGit(flags, config, settings, credentials);
  const routed = settings.GONOPROXY || settings.GOPRIVATE;
  const direct = mayReadRepositories(choice.list, routed) ? openRepositories() : undefined;
  const options = { credentials, direct: direct?.source };
  const source = await sourceFromGoEnv(settings, options);
  // Which modules come from their repositories is no matter of checksums: those have patterns of their own, as in go.
  const through = routed ? await sourceFromGoEnv({ ...settings, GONOPROXY: '', GOPRIVATE: '' }, options) : source;
  const upstream = `${withoutCredentials(choice.list)} (from ${choice.origin})`;
  return { source, through, ownSource: false, upstream, direct, openRepositories, notes: choice.notes };
}

function openGit(
  flags: RepositoryFlags,
  config: GomodkitConfig,
  goEnv: Record<string, string | undefined>,
  credentials: Credentials | undefined,
): Direct {
  return openDirect(chooseGit({ flags, config, env: process.env, goEnv }), credentials);
}

function sourceFromConfig(source: ModuleSource & Partial<SumdbSource>, openRepositories: () => Direct): SourceSettings {
  const { sumdb } = source;
  return {
    source,
    through: sumdb === undefined ? undefined : { sumdb: sumdb.bind(source) },
    ownSource: true,
    upstream: 'the configuration file',
    direct: undefined,
    openRepositories,
    notes: [],
  };
}

/** The go command's settings with ours in their place; HOME and NETRC say where credentials are. */
function goSettings(
  goEnv: GoEnv,
  list: string,
  privatePatterns: string | undefined,
): Record<string, string | undefined> {
  const { HOME, USERPROFILE, NETRC } = process.env;
  const paths = privatePatterns === undefined ? {} : { GOPRIVATE: privatePatterns, GONOPROXY: privatePatterns };
  return { HOME, USERPROFILE, NETRC, ...goEnv, GOPROXY: list, ...paths };
}
