// How `direct` reads repositories: which engine, where copies are kept, which addresses stand for which.
//
// Invariants:
// - Flags win over the configuration file, and both over what the go command here is set to.
// - A rewrite is the user's own word, so a directory may stand for an address: it becomes a file: URL.
// - No address is shown or kept with a user name or password in it.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GoModKitError } from '@gomodkit/core';

/** The engines that can be asked for. */
export const gitEngines = ['auto', 'git', 'isomorphic'] as const;

/** One of {@link gitEngines}. */
export type GitEngineChoice = (typeof gitEngines)[number];

/** An address that begins with `from` is read from `to` instead, as with git's `insteadOf`. */
export interface GitRewrite {
  readonly from: string;
  readonly to: string;
}

/** Flags of every command that may read repositories. */
export interface GitFlags {
  readonly gitEngine?: GitEngineChoice | undefined;
  readonly gitCache?: string | undefined;
  /** `FROM=TO` each. */
  readonly gitRewrite?: readonly string[] | undefined;
}

/** What a configuration file says of it. */
export interface GitConfig {
  readonly gitEngine?: string | undefined;
  readonly gitCache?: string | undefined;
  readonly gitRewrites?: readonly GitRewrite[] | undefined;
}

/** Everything that the git source is made of, but credentials. */
export interface GitChoice {
  readonly engine: GitEngineChoice;
  /** The directory of copies. */
  readonly cache: string;
  readonly rewrites: readonly GitRewrite[];
  readonly private: string;
  readonly insecure: string;
  readonly govcs: string | undefined;
}

/** Where settings come from. */
export interface GitCandidates {
  readonly flags: GitFlags;
  readonly config: GitConfig;
  readonly env: NodeJS.ProcessEnv;
  /** The go command's settings, as they hold here. */
  readonly goEnv: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. Default: the working directory. */
  readonly directory?: string | undefined;
  /** Default: this one. */
  readonly platform?: NodeJS.Platform | undefined;
}

/** Decides. Throws `invalid_argument` for an engine that is none and a rewrite that says nothing. */
export function chooseGit(candidates: GitCandidates): GitChoice {
  const { config, directory = process.cwd(), env, flags, goEnv, platform = process.platform } = candidates;
  const cache = flags.gitCache ?? config.gitCache;
  const fromFlags = flags.gitRewrite?.map(parseRewrite);
  return {
    engine: engineNamed(flags.gitEngine ?? config.gitEngine ?? 'auto'),
    cache: cache === undefined ? defaultCache(env, platform) : resolve(directory, cache),
    rewrites: (fromFlags ?? config.gitRewrites ?? []).map((rewrite) => checkedRewrite(rewrite, directory)),
    private: goEnv.GOPRIVATE ?? '',
    insecure: goEnv.GOINSECURE ?? '',
    govcs: goEnv.GOVCS || undefined,
  };
}

/** Whether anything would be read from a repository with this list and these patterns. */
export function mayReadRepositories(list: string, noProxy: string | undefined): boolean {
  return Boolean(noProxy) || list.split(/[,|]/).some((entry) => entry.trim() === 'direct');
}

function engineNamed(name: string): GitEngineChoice {
  const engine = gitEngines.find((each) => each === name);
  if (engine !== undefined) return engine;
  throw new GoModKitError('invalid_argument', `there is no git engine ${name}; there are ${gitEngines.join(', ')}`);
}

/** Below the user's directory for what can be had again. */
function defaultCache(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env.HOME || env.USERPROFILE || homedir();
  if (platform === 'win32') return join(env.LocalAppData || join(home, 'AppData', 'Local'), 'gomodkit', 'git');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'gomodkit', 'git');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'gomodkit', 'git');
}

function parseRewrite(text: string): GitRewrite {
  const at = text.indexOf('=');
  return { from: text.slice(0, Math.max(at, 0)), to: text.slice(at + 1) };
}

/** `to` as a URL. */
function checkedRewrite({ from, to }: GitRewrite, directory: string): GitRewrite {
  const shown = `${hidden(from)}=${hidden(to)}`;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(from) || to === '')
    throw new GoModKitError(
      'invalid_argument',
      `a git rewrite is FROM=TO, such as https://github.com/=https://mirror.example/github/, not ${shown}`,
    );
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(to)) return { from, to };
  const url = pathToFileURL(resolve(directory, to)).href;
  return { from, to: to.endsWith('/') ? `${url}/`.replace(/\/\/$/, '/') : url };
}

function hidden(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//***@');
}
