// Which kinds of version control may be used for which modules: GOVCS (spec §11.17).
//
// Invariants:
// - The first rule that matches decides; behind the user's rules stand `private:all,public:git|hg`.
// - A malformed list is an error, never half a rule.

import { GoModKitError } from '../../errors/error.ts';
import { quote } from '../../gotext/quote.ts';
import { trimSpace } from '../../gotext/spaces.ts';
import { matchPrefixPatterns } from '../../module/index.ts';

/** One entry of GOVCS. */
export interface GoVcsRule {
  /** A module path pattern, `public` or `private`. */
  readonly pattern: string;
  /** Kinds of version control, or `all`. */
  readonly allowed: readonly string[];
}

/** What GOVCS ends in, whatever it says. */
export const defaultGoVcs: readonly GoVcsRule[] = [
  { pattern: 'private', allowed: ['all'] },
  { pattern: 'public', allowed: ['git', 'hg'] },
];

/** Parses GOVCS; an empty one has no rules. Throws `invalid_argument` with Go's words. */
export function parseGoVcs(text: string): readonly GoVcsRule[] {
  if (trimSpace(text) === '') return [];
  const rules = new Map<string, { readonly item: string; readonly rule: GoVcsRule }>();
  for (const item of trimSpace(text).split(',').map(trimSpace)) {
    const rule = parseRule(item);
    const earlier = rules.get(rule.pattern);
    if (earlier !== undefined)
      throw invalid(`unreachable pattern in GOVCS: ${quote(item)} after ${quote(earlier.item)}`);
    rules.set(rule.pattern, { item, rule });
  }
  return [...rules.values()].map(({ rule }) => rule);
}

function parseRule(item: string): GoVcsRule {
  if (item === '') throw invalid('empty entry in GOVCS');
  const colon = item.indexOf(':');
  if (colon === -1) throw invalid(`malformed entry in GOVCS (missing colon): ${quote(item)}`);
  const pattern = trimSpace(item.slice(0, colon));
  const list = trimSpace(item.slice(colon + 1));
  if (pattern === '') throw invalid(`empty pattern in GOVCS: ${quote(item)}`);
  if (list === '') throw invalid(`empty VCS list in GOVCS: ${quote(item)}`);
  if (/^\.{1,2}(\/|$)/.test(pattern)) throw invalid(`relative pattern not allowed in GOVCS: ${quote(pattern)}`);
  const allowed = list.split('|').map(trimSpace);
  if (allowed.includes('')) throw invalid(`empty VCS name in GOVCS: ${quote(item)}`);
  return { pattern, allowed };
}

/** Whether rules let a kind of version control be used for a path; `isPrivate`: GOPRIVATE names it. */
export function allowsVcs(rules: readonly GoVcsRule[], path: string, isPrivate: boolean, vcs: string): boolean {
  const rule = rules.find(({ pattern }) => {
    if (pattern === 'private') return isPrivate;
    if (pattern === 'public') return !isPrivate;
    return matchPrefixPatterns(pattern, path);
  });
  return rule?.allowed.some((each) => each === vcs || each === 'all') ?? false;
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}
