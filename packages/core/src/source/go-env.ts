// The sources that a go command with some environment would use.
//
// Invariants:
// - Nothing is assumed where GOPROXY is not set: what the go command would use then is for the caller to find out.
// - GONOPROXY (default: GOPRIVATE) sends its modules to direct alone, also past GOPROXY=off (spec §10.18).
// - GOINSECURE concerns repositories only (spec §10.18), so it has no part here.

import { readFile } from '#files';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { chain } from './chain.ts';
import { type Credentials, netrcCredentials } from './credentials.ts';
import { type GoProxyEntry, parseGoProxy } from './go-proxy.ts';
import type { UpstreamOptions } from './http-settings.ts';
import { route } from './route.ts';
import type { ModuleSource, SumdbSource } from './source.ts';
import { directSource, offSource } from './unavailable.ts';
import { upstreamSource } from './upstream.ts';

/** Options of {@link sourceFromGoEnv}; the rest is handed to every upstream. */
export interface GoEnvOptions extends Omit<UpstreamOptions, 'name'> {
  /** What `direct` stands for. Default: a source that answers `unsupported`. */
  readonly direct?: ModuleSource | undefined;
}

/**
 * Builds a source from GOPROXY, GONOPROXY, GOPRIVATE and GOAUTH (`netrc`, the default, or `off`; the file is NETRC, else `.netrc` in
 * HOME). An empty variable counts as not set.
 *
 * Rejects with `invalid_argument` when GOPROXY is not set or malformed, and with `unsupported` for other GOAUTH methods.
 *
 * @example
 * ```ts
 * import { sourceFromGoEnv } from '@gomodkit/core';
 *
 * const source = await sourceFromGoEnv({
 *   GOPROXY: 'https://goproxy.example,direct',
 *   GOPRIVATE: '*.corp.example',
 * });
 * ```
 */
export async function sourceFromGoEnv(
  env: Readonly<Record<string, string | undefined>>,
  options: GoEnvOptions = {},
): Promise<ModuleSource & SumdbSource> {
  const { direct = directSource(), ...upstream } = options;
  if (!env.GOPROXY) {
    throw new GoModKitError('invalid_argument', 'GOPROXY is not set; `go env GOPROXY` tells what the go command uses');
  }
  const entries = parseGoProxy(env.GOPROXY);
  const credentials = upstream.credentials ?? (await goAuth(env));
  const sources = chain(entries.map((entry) => chainEntry(entry, direct, { ...upstream, credentials })));
  const noProxy = env.GONOPROXY || env.GOPRIVATE;
  return noProxy ? route([{ patterns: noProxy, source: direct }], sources) : sources;
}

function chainEntry({ url, fallBackOnError }: GoProxyEntry, direct: ModuleSource, options: UpstreamOptions) {
  if (url === 'direct') return { source: direct, direct: true };
  if (url === 'off') return { source: offSource() };
  return { source: upstreamSource(url, options), fallBackOnError };
}

async function goAuth(env: Readonly<Record<string, string | undefined>>): Promise<Credentials | undefined> {
  const method = (env.GOAUTH || 'netrc').trim();
  if (method === 'off') return undefined;
  if (method !== 'netrc') {
    const message = 'only GOAUTH=netrc and GOAUTH=off are known; for others use the credentials option';
    throw new GoModKitError('unsupported', message);
  }
  for (const path of netrcPaths(env)) {
    // Like Go, go on without: a file that cannot be read is as good as none until an upstream asks for credentials.
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) return netrcCredentials(decodeUtf8(bytes) ?? '');
  }
  return undefined;
}

function netrcPaths(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (env.NETRC) return [env.NETRC];
  if (env.USERPROFILE && !env.HOME) return [`${env.USERPROFILE}\\_netrc`, `${env.USERPROFILE}\\.netrc`];
  return env.HOME ? [`${env.HOME}/.netrc`] : [];
}
