// Sources by module path.
//
// Invariants:
// - The first rule that matches a path decides, for every operation alike; no other source hears of that path.
// - Checksum database lookups go the way of their module, so that the name of a private one does not leak (spec §10.27).

import { GoModKitError } from '../errors/error.ts';
import { prefixPatterns, unescapePath } from '../module/index.ts';
import type { ModuleSource, SumdbSource } from './source.ts';

/** A rule of {@link route}. */
export interface RouteRule {
  /** GOPRIVATE-style patterns, separated by commas (spec §1C): `*.corp.example,github.com/acme`. */
  readonly patterns: string;
  readonly source: ModuleSource & Partial<SumdbSource>;
}

/**
 * Picks a source by module path: the first rule that matches, else `fallback`.
 *
 * @example
 * ```ts
 * import { route, upstreamSource } from '@gomodkit/core';
 *
 * const source = route(
 *   [{ patterns: '*.corp.example', source: upstreamSource('https://goproxy.corp.example') }],
 *   upstreamSource('https://goproxy.example'),
 * );
 * ```
 */
export function route(
  rules: readonly RouteRule[],
  fallback: ModuleSource & Partial<SumdbSource>,
): ModuleSource & SumdbSource {
  const compiled = rules.map(({ patterns, source }) => ({ matches: prefixPatterns(patterns), source }));
  const pick = (path: string) => compiled.find(({ matches }) => matches(path))?.source ?? fallback;
  return {
    versions: (path, options) => pick(path).versions(path, options),
    resolve: (path, query, options) => pick(path).resolve(path, query, options),
    goMod: (path, version, options) => pick(path).goMod(path, version, options),
    zip: (path, version, options) => pick(path).zip(path, version, options),
    async sumdb(database, path, options) {
      const module = lookedUpModule(path);
      const source = module === undefined ? fallback : pick(module);
      if (source.sumdb !== undefined) return source.sumdb(database, path, options);
      throw new GoModKitError(
        'not_found',
        `${database}/${path.slice(0, 200)}: no checksum database is asked about this here`,
        // Nobody was asked, so nobody said that there is no such record.
        { data: { unasked: true } },
      );
    },
  };
}

/** The module of `lookup/MODULE@VERSION`; undefined for other requests. */
function lookedUpModule(path: string): string | undefined {
  const escaped = /^lookup\/([^@]+)@/.exec(path)?.[1];
  return escaped === undefined ? undefined : unescapePath(escaped.replaceAll('%21', '!'));
}
