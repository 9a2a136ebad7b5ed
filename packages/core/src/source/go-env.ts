// The sources that a go command with some environment would use.
//
// Invariants:
// - Nothing is assumed where GOPROXY is not set: what the go command would use then is for the caller to find out.
// - GONOPROXY (default: GOPRIVATE) sends its modules to direct alone, also past GOPROXY=off (spec §10.18).
// - GOINSECURE and GOVCS concern repositories only (spec §10.18): they are for the git source that is given for `direct`.

import { GoModKitError } from '../errors/error.ts';
import { chain } from './chain.ts';
import { goAuthCredentials } from './go-auth.ts';
import { type GoProxyEntry, parseGoProxy } from './go-proxy.ts';
import type { UpstreamOptions } from './http-settings.ts';
import { route } from './route.ts';
import type { ModuleSource, SumdbSource } from './source.ts';
import { directSource, offSource } from './unavailable.ts';
import { upstreamSource } from './upstream.ts';

/** Options of {@link sourceFromGoEnv}; the rest is handed to every upstream. */
export interface GoEnvOptions extends Omit<UpstreamOptions, 'name'> {
  /** What `direct` stands for: a `gitSource`. Default: a source that answers `unsupported`. */
  readonly direct?: ModuleSource | undefined;
}

/**
 * Builds a source from GOPROXY, GONOPROXY, GOPRIVATE and GOAUTH (see `goAuthCredentials`). An empty variable counts as not set.
 *
 * Rejects with `invalid_argument` when GOPROXY is not set or GOPROXY or GOAUTH is malformed.
 *
 * @example
 * ```ts
 * import { gitSource, sourceFromGoEnv } from '@gomodkit/core';
 *
 * const GOPRIVATE = '*.corp.example';
 * const direct = gitSource({ cache: '/var/cache/gomodkit/git', private: GOPRIVATE });
 * const source = await sourceFromGoEnv({ GOPROXY: 'https://goproxy.example,direct', GOPRIVATE }, { direct });
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
  const credentials = upstream.credentials ?? (await goAuthCredentials(env));
  const sources = chain(entries.map((entry) => chainEntry(entry, direct, { ...upstream, credentials })));
  const noProxy = env.GONOPROXY || env.GOPRIVATE;
  return noProxy ? route([{ patterns: noProxy, source: direct }], sources) : sources;
}

function chainEntry({ url, fallBackOnError }: GoProxyEntry, direct: ModuleSource, options: UpstreamOptions) {
  if (url === 'direct') return { source: direct, direct: true };
  if (url === 'off') return { source: offSource() };
  return { source: upstreamSource(url, options), fallBackOnError };
}
