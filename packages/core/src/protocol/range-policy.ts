// Policies made of module patterns and version ranges as Node users write them.
//
// Invariants:
// - Every rule is checked when the policy is made: a typing error fails at start, it never quietly allows.
// - Pre-releases take part in every range (`includePrerelease`), so that Go's order and npm's agree (spec §2.9).
// - Rules only take away: a version is allowed when no matching rule denies it. The order of rules decides only which reason is given.
// - A version that npm's semver cannot read is denied by every rule that matches its module.

import Range from 'semver/classes/range.js';
import type SemVer from 'semver/classes/semver.js';
import parse from 'semver/functions/parse.js';
import { GoModKitError } from '../errors/error.ts';
import { parseGlob } from '../module/glob.ts';
import { prefixPatterns } from '../module/patterns.ts';
import type { Policy, PolicyDecision } from '../repository/repository.ts';

/** Which versions of which modules may be used. At least one of `allow` and `deny` is given. */
export interface RangeRule {
  /** Patterns as in GOPRIVATE, separated by commas: `example.com/legacy` covers every path below it, `*` every module (spec §1.20). */
  readonly modules: string;
  /** An npm semver range: other versions are denied. */
  readonly allow?: string | undefined;
  /** An npm semver range: its versions are denied, also where `allow` has them. */
  readonly deny?: string | undefined;
  /** Shown to whoever asks for a denied version. */
  readonly reason?: string | undefined;
}

/** Options of {@link rangePolicy}. */
export interface RangePolicyOptions {
  /** The policy's name, shown with every denial. Default: `version range`. */
  readonly name?: string | undefined;
}

const allowed: PolicyDecision = { allow: true };

/**
 * A policy of version ranges. Ranges are npm's (`>=1.4.2 <2`, `^1.2.0 || ~2.1.3`, `*`), evaluated with `includePrerelease`.
 *
 * How Go's own versions fit in:
 * - `v2.0.0+incompatible` counts as 2.0.0: build metadata takes no part in the order (spec §2.8).
 * - A pseudo-version is a pre-release and counts where it sorts: `v1.2.4-0.20240102030405-abcdef123456` lies between 1.2.3 and
 *   1.2.4, so `^1.2.3` and `<1.2.4` have it; `v0.0.0-20240102030405-abcdef123456` lies below 0.0.0, so `>=0.0.0` does not
 *   have it and `*` does.
 * - As everywhere in npm, `<2` and `^1` end below 2.0.0's pre-releases, while `<2.0.0` has them.
 *
 * Throws `invalid_argument` for a rule without range, a range that does not parse, or a pattern that could never match.
 *
 * @example
 * ```ts
 * import { createRepository, type ModuleSource, memoryStorage, rangePolicy } from '@gomodkit/core';
 *
 * const policy = rangePolicy([
 *   { modules: 'example.com/crypto', allow: '>=1.4.2', reason: 'older versions have a broken cipher' },
 *   { modules: '*', deny: '<0.0.0', reason: 'commits that were never tagged need a review first' },
 * ]);
 *
 * export const repositoryOf = (source: ModuleSource) => createRepository({ storage: memoryStorage(), source, policy });
 * ```
 */
export function rangePolicy(rules: readonly RangeRule[], options: RangePolicyOptions = {}): Policy {
  const name = options.name ?? 'version range';
  const compiled = rules.map(compile);
  return ({ path, version }) => {
    const matching = compiled.filter((rule) => rule.matches(path));
    if (matching.length === 0) return allowed;
    const parsed = parse(version);
    for (const rule of matching) {
      const why = judge(rule, parsed);
      if (why !== undefined) return { allow: false, policy: name, reason: rule.reason ?? why };
    }
    return allowed;
  };
}

/** Asks every policy in turn; the first denial counts. */
export function combinePolicies(...policies: readonly Policy[]): Policy {
  return async (subject) => {
    for (const policy of policies) {
      const decision = await policy(subject);
      if (!decision.allow) return decision;
    }
    return allowed;
  };
}

interface CompiledRule {
  readonly matches: (path: string) => boolean;
  readonly allow: Range | undefined;
  readonly deny: Range | undefined;
  readonly reason: string | undefined;
}

function compile(rule: RangeRule): CompiledRule {
  checkPatterns(rule.modules);
  if (rule.allow === undefined && rule.deny === undefined) {
    throw invalid(`the rule for ${JSON.stringify(rule.modules)} has neither allow nor deny`);
  }
  return {
    matches: prefixPatterns(rule.modules),
    allow: compileRange(rule.allow),
    deny: compileRange(rule.deny),
    reason: rule.reason,
  };
}

function compileRange(range: string | undefined): Range | undefined {
  if (range === undefined) return undefined;
  // npm reads an empty range as `*`; here it is more likely an unset variable.
  if (range.trim() === '') throw invalid('a version range is empty; use * for every version');
  try {
    return new Range(range, { includePrerelease: true });
  } catch (cause) {
    throw invalid(`${JSON.stringify(range)} is no semver range such as ">=1.4.2 <2"`, cause);
  }
}

/** Why the rule denies the version, or undefined. */
function judge(rule: CompiledRule, version: SemVer | null): string | undefined {
  if (version === null) return 'the version cannot be compared with a range';
  if (rule.deny?.test(version)) return `versions ${rule.deny.raw} are denied`;
  if (rule.allow !== undefined && !rule.allow.test(version)) return `only versions ${rule.allow.raw} are allowed`;
  return undefined;
}

/** Malformed patterns match nothing (spec §1.21), which for a policy would mean: allow. */
function checkPatterns(patterns: string): void {
  const parts = patterns.split(',').map((pattern) => (pattern.endsWith('/') ? pattern.slice(0, -1) : pattern));
  const usable = parts.filter((pattern) => pattern !== '');
  if (usable.length === 0) throw invalid('a rule names no modules; use * for every module');
  for (const pattern of usable) {
    if (pattern !== pattern.trim()) throw invalid(`the pattern ${JSON.stringify(pattern)} has spaces around it`);
    if (parseGlob(pattern) === undefined)
      throw invalid(`the pattern ${JSON.stringify(pattern)} is malformed and would match nothing`);
  }
}

function invalid(message: string, cause?: unknown): GoModKitError {
  return new GoModKitError('invalid_argument', `rangePolicy: ${message}`, { cause });
}
