// GOAUTH: where credentials come from (spec §10.20, §10.21).
//
// Invariants:
// - Methods stand in order of priority; the first that has something for a URL is taken.
// - What a method said is kept for a few minutes and then asked for again, so that tokens may be short-lived; a URL that nobody knows
//   is not asked about at every request.
// - Only https URLs (and this very machine) are ever asked about; what programs print is never shown.
// - A method that fails does not hide the others; only when none has an answer, its failure is the answer.

import { isAbsolute, readFile } from '#files';
import { createSingleFlight } from '../async/single-flight.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { fields, trimSpace } from '../gotext/spaces.ts';
import type { CallOptions } from '../storage/storage.ts';
import {
  type CredentialHeaders,
  type Credentials,
  findPrefix,
  mayCarryCredentials,
  netrcCredentials,
  prefixKey,
} from './credentials.ts';
import {
  type AuthRunner,
  basicHeaders,
  parseCommandOutput,
  parseGitCredential,
  runProgram,
  splitWords,
} from './go-auth-output.ts';

/** What a go command's environment says about credentials. */
export interface GoAuthEnv {
  /** Methods, separated by `;`: `off`, `netrc`, `git DIR`, or a command. Default `netrc`. */
  readonly GOAUTH?: string | undefined;
  /** The netrc file. Default: `.netrc` in HOME. */
  readonly NETRC?: string | undefined;
  readonly HOME?: string | undefined;
  readonly USERPROFILE?: string | undefined;
}

/** Options of {@link goAuthCredentials}. */
export interface GoAuthOptions {
  /** Milliseconds that an answer of a program is kept. Default 300,000, five minutes. */
  readonly lifetime?: number | undefined;
  /** Runs programs: for tests, and where another way of running them is wanted. */
  readonly run?: AuthRunner | undefined;
}

/**
 * The credentials that a go command with this environment would use; undefined for `GOAUTH=off`. Commands of GOAUTH are run here, as
 * the user that this process runs as.
 *
 * Rejects with `invalid_argument` for a malformed GOAUTH. What it returns rejects with `upstream_unavailable` where a program failed
 * and nothing else had an answer.
 *
 * @example
 * ```ts
 * import { goAuthCredentials, upstreamSource } from '@gomodkit/core';
 *
 * const { GOAUTH, HOME } = process.env;
 * const source = upstreamSource('https://goproxy.example', { credentials: await goAuthCredentials({ GOAUTH, HOME }) });
 * ```
 */
export async function goAuthCredentials(env: GoAuthEnv, options: GoAuthOptions = {}): Promise<Credentials | undefined> {
  const commands = (env.GOAUTH || 'netrc').split(';').map(trimSpace);
  if (commands.includes('off')) {
    if (commands.length === 1) return undefined;
    throw new GoModKitError('invalid_argument', 'GOAUTH=off cannot be combined with other methods');
  }
  const methods = await Promise.all(commands.map((command) => method(command, env, options)));
  return async (url, call) => {
    if (!mayCarryCredentials(url)) return undefined;
    let failure: unknown;
    for (const ask of methods) {
      try {
        const headers = await ask(url, call);
        if (headers !== undefined) return headers;
      } catch (error) {
        call.signal?.throwIfAborted();
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  };
}

async function method(command: string, env: GoAuthEnv, options: GoAuthOptions): Promise<Credentials> {
  const words = fields(command);
  const run = options.run ?? runProgram;
  const lifetime = options.lifetime ?? 300_000;
  if (words.length === 0) throw new GoModKitError('invalid_argument', 'GOAUTH names an empty command');
  if (words[0] === 'netrc') return netrcOf(env);
  if (words[0] === 'git') return remembered(gitMethod(words, run), lifetime);
  return remembered(commandMethod(splitWords(command), run), lifetime);
}

async function netrcOf(env: GoAuthEnv): Promise<Credentials> {
  for (const path of netrcPaths(env)) {
    // Like Go, go on without: a file that cannot be read is as good as none until a server asks for credentials.
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) return netrcCredentials(decodeUtf8(bytes) ?? '');
  }
  return () => undefined;
}

function netrcPaths(env: GoAuthEnv): readonly string[] {
  if (env.NETRC) return [env.NETRC];
  if (env.USERPROFILE && !env.HOME) return [`${env.USERPROFILE}\\_netrc`, `${env.USERPROFILE}\\.netrc`];
  return env.HOME ? [`${env.HOME}/.netrc`] : [];
}

/** What a program knows: headers by URL prefix. Asked without URL once, then with one. */
type Method = (url: string | undefined, call: CallOptions) => Promise<ReadonlyMap<string, CredentialHeaders>>;

function commandMethod(words: readonly string[], run: AuthRunner): Method {
  return async (url, call) => {
    const output = await run({ words: url === undefined ? words : [...words, url] }, call);
    return parseCommandOutput(output);
  };
}

function gitMethod(words: readonly string[], run: AuthRunner): Method {
  const [, directory = ''] = words;
  if (words.length !== 2 || !isAbsolute(directory)) {
    throw new GoModKitError('invalid_argument', 'GOAUTH: the git method takes an absolute path to a directory');
  }
  return async (url, call) => {
    // git can only be asked about a URL.
    if (url === undefined) return new Map();
    const program = { words: ['git', 'credential', 'fill'], directory, input: `url=${url}\n` };
    const output = await run(program, call).catch((error: unknown) => {
      if (isGoModKitError(error) && error.data.status === 128) return undefined;
      throw error;
    });
    // Where git knows nothing it would ask, which it must not, and so it fails: most hosts need no credentials.
    if (output === undefined) return new Map();
    const { prefix, username, password } = parseGitCredential(output);
    if (prefix === '') throw new GoModKitError('upstream_unavailable', 'git credential: it names no URL');
    if (!url.startsWith(prefix)) {
      throw new GoModKitError('upstream_unavailable', 'git credential: it answered for another URL than was asked');
    }
    return new Map([[prefixKey(prefix), basicHeaders(username, password)]]);
  };
}

const keptAtMost = 1000;

/** Asks a program once in a while, and once more for each URL that it did not name by itself. */
function remembered(ask: Method, lifetime: number): Credentials {
  const flights = createSingleFlight();
  let known = new Map<string, { readonly headers: CredentialHeaders | undefined; readonly until: number }>();
  let renewed = Number.NEGATIVE_INFINITY;

  const fresh = (prefix: string) => {
    const entry = known.get(prefix);
    return entry !== undefined && performance.now() < entry.until ? entry : undefined;
  };
  const learn = async (url: string | undefined, signal: AbortSignal): Promise<void> => {
    const until = performance.now() + lifetime;
    const found = await ask(url, { signal });
    if (known.size > keptAtMost) {
      // What the program said without being asked goes, too: ask it again.
      known = new Map();
      renewed = Number.NEGATIVE_INFINITY;
    }
    for (const [prefix, headers] of found) {
      const nothing = Object.keys(headers).length === 0;
      known.set(prefix, { headers: nothing ? undefined : headers, until });
    }
  };
  const lookUp = (url: URL) => {
    const prefix = findPrefix(url, (key) => fresh(key) !== undefined);
    return prefix === undefined ? undefined : fresh(prefix);
  };

  return async (url, { signal }) => {
    if (performance.now() > renewed + lifetime) {
      await flights.run('', (shared) => learn(undefined, shared), signal);
      renewed = performance.now();
    }
    const asked = `${url.origin}${url.pathname}`;
    if (lookUp(url) === undefined) await flights.run(asked, (shared) => learn(asked, shared), signal);
    const found = lookUp(url);
    // Nothing is known of this URL, and it need not be asked again at the next request.
    if (found === undefined) known.set(prefixKey(asked), { headers: undefined, until: performance.now() + lifetime });
    return found?.headers;
  };
}
