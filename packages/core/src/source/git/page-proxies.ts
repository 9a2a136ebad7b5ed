// Proxies that pages name for their modules (`mod`, spec §10.31).
//
// Invariants:
// - A stranger wrote their addresses: unless the module is the user's own, nothing is sent to a host that the network guard refuses,
//   be it named by the page or by a redirect.
// - One source for each address, so that it is asked politely; only so many are kept.

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { RepositoryRoot } from '../discovery/index.ts';
import type { FetchFunction, UpstreamOptions } from '../http-settings.ts';
import { type NetworkGuard, networkGuard } from '../network-guard.ts';
import type { ModuleSource } from '../source.ts';
import { upstreamSource } from '../upstream.ts';

/** How such proxies are asked. */
export interface PageProxyOptions extends Pick<UpstreamOptions, 'credentials' | 'fetch'> {
  /** Which hosts may be connected to. Default: those on public addresses. */
  readonly network?: NetworkGuard | undefined;
  /** Whether modules below a root are the user's own, whose proxies may be anywhere. Default: none are. */
  readonly isOwn?: ((root: string) => boolean) | undefined;
}

const keptAtMost = 1000;

/** Creates the sources of proxies, or takes those that were used lately. */
export function pageProxies(options: PageProxyOptions): (root: RepositoryRoot) => ModuleSource {
  const { credentials, isOwn = () => false, network = networkGuard() } = options;
  const fetch: FetchFunction = options.fetch ?? ((target, init) => globalThis.fetch(target, init));
  const kept = new Map<string, ModuleSource>();
  return ({ root, url }) => {
    const own = isOwn(root);
    const key = `${own} ${url}`;
    const source =
      kept.get(key) ?? upstreamSource(url, { credentials, fetch: own ? fetch : guardedFetch(network, fetch) });
    kept.delete(key);
    kept.set(key, source);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptAtMost) break;
      kept.delete(oldest);
    }
    return source;
  };
}

/** Judges a host right before each request. */
function guardedFetch(network: NetworkGuard, fetch: FetchFunction): FetchFunction {
  return async (target, init) => {
    try {
      await network.check(new URL(target), { signal: init.signal ?? undefined });
    } catch (error) {
      if (!isGoModKitError(error, 'upstream_invalid')) throw error;
      const message = `a page leads to a proxy at ${error.message}`;
      throw new GoModKitError('upstream_invalid', message, { data: error.data });
    }
    return fetch(target, init);
  };
}
