// Which versions a query may stand for (spec §4.1, §4.4): `latest`, `upgrade`, `patch`, `v1`, `v1.2`, `<v1.2.3`, `>=v1.2.3`, …
//
// Invariant: a query that names one version or revision has no matcher. It is for the source to resolve.

import { GoModKitError } from '../errors/error.ts';
import { isPseudoVersion, matchPathMajor, splitPathVersion } from '../module/index.ts';
import { canonical, compare, isValid, majorMinor } from '../semver/index.ts';
import { isVersionPrefix } from '../source/list.ts';
import { none } from './versions.ts';

/** How a list of versions is searched. */
export interface VersionMatcher {
  readonly matches: (version: string) => boolean;
  /** Whether the lowest of them is wanted. */
  readonly preferLower: boolean;
  /** Whether the newest commit will do where nothing is tagged. */
  readonly mayUseLatest: boolean;
  /** Whether versions that are `+incompatible` are as good as others. */
  readonly preferIncompatible: boolean;
}

type Comparison = (order: number) => boolean;

const operators: readonly (readonly [string, Comparison, { readonly lower: boolean; readonly exact: boolean }])[] = [
  ['<=', (order) => order <= 0, { lower: false, exact: true }],
  ['<', (order) => order < 0, { lower: false, exact: false }],
  ['>=', (order) => order >= 0, { lower: true, exact: false }],
  ['>', (order) => order > 0, { lower: true, exact: true }],
];

/**
 * The matcher of `query` for module `path`, of which `current` is selected (`none` when nothing is). Undefined for a version or revision.
 * Throws `invalid_argument`.
 */
export function versionMatcher(path: string, query: string, current: string): VersionMatcher | undefined {
  const isCurrent = current !== none && current !== '';
  const preferIncompatible = current.endsWith('+incompatible');
  const rest = { preferLower: false, preferIncompatible };
  const notBelow = (version: string): boolean => !isCurrent || compare(version, current) >= 0;
  if (query === 'latest') return { ...rest, matches: () => true, mayUseLatest: true };
  if (query === 'upgrade') {
    return { ...rest, matches: notBelow, mayUseLatest: !isCurrent || isPseudoVersion(current) };
  }
  if (query === 'patch') {
    if (!isCurrent) throw invalid(`can't query version "patch" of module ${path}: no existing version is required`);
    const prefix = `${majorMinor(current)}.`;
    const matches = (version: string): boolean => version.startsWith(prefix) && notBelow(version);
    return { ...rest, matches, mayUseLatest: isPseudoVersion(current) };
  }
  return rangeMatcher(path, query, preferIncompatible) ?? prefixMatcher(path, query, preferIncompatible);
}

function rangeMatcher(path: string, query: string, preferIncompatible: boolean): VersionMatcher | undefined {
  const operator = operators.find(([sign]) => query.startsWith(sign));
  if (operator === undefined) return undefined;
  const [sign, holds, { lower, exact }] = operator;
  const bound = query.slice(sign.length);
  if (!isValid(bound)) throw invalid(`invalid semantic version "${bound}" in range "${query}"`);
  if (exact && isVersionPrefix(bound)) throw invalid(`ambiguous semantic version "${bound}" in range "${query}"`);
  return {
    matches: (version) => holds(compare(version, bound)),
    preferLower: lower,
    mayUseLatest: false,
    preferIncompatible: preferIncompatible || !fits(path, bound),
  };
}

function prefixMatcher(path: string, query: string, preferIncompatible: boolean): VersionMatcher | undefined {
  if (!isVersionPrefix(query)) return undefined;
  const lowest = canonical(query);
  return {
    // `v1.2` is no pre-release of v1.2.0.
    matches: (version) => version.startsWith(`${query}.`) && compare(version, lowest) >= 0,
    preferLower: false,
    mayUseLatest: false,
    preferIncompatible: preferIncompatible || !fits(path, query),
  };
}

function fits(path: string, version: string): boolean {
  const split = splitPathVersion(path);
  return split !== undefined && matchPathMajor(version, split.pathMajor);
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}
