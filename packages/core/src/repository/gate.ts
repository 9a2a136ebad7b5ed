// Where a policy decides.
//
// Invariants:
// - A denied version is named by no list, `latest` or query, and its `.info` and `.zip` are `denied`; nobody asks here about `.mod`,
//   which graphs of people who never select the version need (DESIGN §2).
// - A decision comes after the version is known to exist, so that a path that is no module is `not_found`, never `denied`
//   (protocol-cases row 32).
// - A policy that fails decides nothing: the answer is "could not find out".
// - A policy that looks at `time` gets the time, in lists too; one that does not costs no `.info` per listed version.

import { createLimiter } from '../async/limiter.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { parseRfc3339 } from '../source/rfc3339.ts';
import type { VersionInfo } from '../source/source.ts';
import { isAbsence } from './freshness.ts';
import type { Policy, PolicyDecision, PolicySubject } from './repository.ts';

/** A list after the policy. */
export interface Judged {
  /** In the order that was given. */
  readonly allowed: readonly string[];
  /** Why not, by version. */
  readonly denied: ReadonlyMap<string, GoModKitError>;
}

/** Asks the policy. */
export interface Gate {
  /** Rejects with `denied` when the policy forbids the version: `data.policy`, `data.reason`, `data.until`. */
  check(path: string, info: VersionInfo): Promise<void>;
  /** Divides a list. `timeOf` is asked for versions of which the policy wants to know the time; those that it does not find are left out. */
  judge(
    path: string,
    versions: readonly string[],
    timeOf: (version: string) => Promise<Date | undefined>,
  ): Promise<Judged>;
}

/** How many times of listed versions are looked up at once. */
const lookups = 8;

/** Creates a {@link Gate}; without a policy everything passes. */
export function createGate(policy: Policy | undefined): Gate {
  if (policy === undefined) {
    return { check: async () => {}, judge: async (_, allowed) => ({ allowed, denied: new Map() }) };
  }
  return {
    async check(path, info) {
      const decision = await decide(policy, { path, version: info.version, time: timeOf(info) });
      if (!decision.allow) throw denial(path, info.version, decision);
    },
    async judge(path, versions, lookUpTime) {
      const limiter = createLimiter(lookups);
      const lookUp = (version: string) => limiter.run(() => lookUpTime(version));
      const decisions = await Promise.all(versions.map((version) => decideListed(policy, path, version, lookUp)));
      const denied = new Map<string, GoModKitError>();
      const allowed = versions.filter((version, i) => {
        const decision = decisions[i];
        if (decision?.allow === false) denied.set(version, denial(path, version, decision));
        return decision?.allow === true;
      });
      return { allowed, denied };
    },
  };
}

/** The commit time of a version as a date; undefined where none is known. */
export function timeOf({ time }: VersionInfo): Date | undefined {
  const milliseconds = time === undefined ? undefined : parseRfc3339(time);
  return milliseconds === undefined ? undefined : new Date(milliseconds);
}

/** The decision about a listed version; undefined when it turns out not to exist. */
async function decideListed(
  policy: Policy,
  path: string,
  version: string,
  lookUpTime: (version: string) => Promise<Date | undefined>,
): Promise<PolicyDecision | undefined> {
  let wantsTime = false;
  const first = await decide(policy, {
    path,
    version,
    get time() {
      wantsTime = true;
      return undefined;
    },
  });
  if (!wantsTime) return first;
  try {
    const time = await lookUpTime(version);
    return time === undefined ? first : await decide(policy, { path, version, time });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function decide(policy: Policy, subject: PolicySubject): Promise<PolicyDecision> {
  try {
    return await policy(subject);
  } catch (error) {
    if (isGoModKitError(error)) throw error;
    throw new GoModKitError(
      'upstream_unavailable',
      `the policy could not decide about ${subject.path}@${subject.version}`,
      {
        cause: error,
      },
    );
  }
}

function denial(path: string, version: string, decision: PolicyDecision & { allow: false }): GoModKitError {
  const { policy, reason, until } = decision;
  const end = until === undefined ? '' : ` (until ${until.toISOString()})`;
  return new GoModKitError('denied', `${path}@${version} is refused by the policy ${policy}: ${reason}${end}`, {
    data: { policy, reason, until },
  });
}
