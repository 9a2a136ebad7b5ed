// Requests as tests talk about them.
//
// Invariant: any target can be described; what is no request of the protocol is `other`.

import { matchPrefixPatterns, unescapePath, unescapeVersion } from '@gomodkit/core/module';

/** What a request asks for. `other`: nothing that the GOPROXY protocol knows. */
export type RequestKind = 'list' | 'latest' | 'info' | 'mod' | 'zip' | 'sumdb' | 'other';

/** A request, described. */
export interface DescribedRequest {
  readonly method: string;
  /** The request target as it arrived. */
  readonly target: string;
  readonly kind: RequestKind;
  /** Unescaped module path, for requests about a module. */
  readonly module?: string | undefined;
  /** Unescaped version or query, for `info`, `mod` and `zip`. */
  readonly version?: string | undefined;
}

/** Which requests. Conditions that are left out hold for all; a function decides alone. */
export type RequestMatch = RequestConditions | ((request: DescribedRequest) => boolean);

/** Conditions that all have to hold. */
export interface RequestConditions {
  readonly kind?: RequestKind | readonly RequestKind[] | undefined;
  /** Patterns as in GOPRIVATE: `example.com/a`, `example.com/*`, `a.com,b.com/x`. */
  readonly module?: string | undefined;
  readonly version?: string | undefined;
  /** Tried on the target as it arrived. */
  readonly target?: RegExp | undefined;
  readonly method?: string | undefined;
}

/** Whether `request` is one of those that `match` means. */
export function matches(match: RequestMatch, request: DescribedRequest): boolean {
  if (typeof match === 'function') return match(request);
  const { kind, module, version, target, method } = match;
  if (kind !== undefined && !(typeof kind === 'string' ? [kind] : kind).includes(request.kind)) return false;
  if (module !== undefined && !matchPrefixPatterns(module, request.module ?? '')) return false;
  if (version !== undefined && version !== request.version) return false;
  if (target !== undefined && request.target.search(target) < 0) return false;
  return method === undefined || method === request.method;
}

/** Describes a request by its method and raw target, or absolute URL. */
export function describeRequest(method: string, target: string): DescribedRequest {
  const path = decode(target.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\?.*$/s, ''));
  if (path.startsWith('/sumdb/')) return { method, target, kind: 'sumdb' };
  const file =
    /^\/(?<module>.+?)\/@(?:v\/(?<list>list)|(?<latest>latest)|v\/(?<version>[^/]+)\.(?<kind>info|mod|zip))$/.exec(
      path,
    );
  const { module, list, latest, version, kind } = file?.groups ?? {};
  try {
    return {
      method,
      target,
      kind: (list ?? latest ?? kind ?? 'other') as RequestKind,
      ...(module === undefined ? {} : { module: unescapePath(module) }),
      ...(version === undefined ? {} : { version: unescapeVersion(version) }),
    };
  } catch {
    return { method, target, kind: 'other' };
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
