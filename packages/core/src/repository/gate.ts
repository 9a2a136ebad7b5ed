// Where withdrawals and a policy decide, in this order.
//
// Invariants:
// - A withdrawn version is refused before memory, storage or source are looked at; its `.mod` only where the withdrawal says so.
// - A denied version is named by no list, `latest` or query, and its `.info` and `.zip` are `denied`; nobody asks here about `.mod`,
//   which graphs of people who never select the version need (DESIGN §2).
// - A decision comes after the version is known to exist, so that a path that is no module is `not_found`, never `denied`
//   (protocol-cases row 32).
// - A policy that fails decides nothing: the answer is "could not find out".
// - A policy that looks at `time` gets the time, in lists too; one that does not costs no `.info` per listed version.

import { createLimiter } from '../async/limiter.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import { parseRfc3339 } from '../source/rfc3339.ts';
import type { VersionInfo } from '../source/source.ts';
import type { CallOptions } from '../storage/storage.ts';
import { isAbsence } from './freshness.ts';
import type { Policy, PolicyDecision, PolicySubject } from './repository.ts';
import { bannedError, withdrawnError } from './withdrawal/refusal.ts';
import type { Register } from './withdrawal/register.ts';

/** A list after the policy. */
export interface Judged {
  /** In the order that was given. */
  readonly allowed: readonly string[];
  /** Why not, by version. */
  readonly denied: ReadonlyMap<string, GoModKitError>;
}

/** Asks the withdrawals and the policy. */
export interface Gate {
  /**
   * Throws, or rejects with, `denied` or `gone` when the file is withdrawn. Undefined when that could be said at once, which is the
   * rule: a warm answer waits for nothing.
   */
  admit(kind: 'info' | 'mod' | 'zip', module: ModuleVersion, options: CallOptions): Promise<void> | undefined;
  /** Rejects with `denied` when the version must not come back under any bytes: it is withdrawn. */
  admitPublication(module: ModuleVersion, options: CallOptions): Promise<void>;
  /** Rejects with `denied` or `gone` when the version is withdrawn, or the policy forbids it: `data.policy`, `data.reason`, `data.until`. */
  check(path: string, info: VersionInfo, options: CallOptions): Promise<void>;
  /** Divides a list. `timeOf` is asked for versions of which the policy wants to know the time; those that it does not find are left out. */
  judge(
    path: string,
    versions: readonly string[],
    timeOf: (version: string) => Promise<Date | undefined>,
    options: CallOptions,
  ): Promise<Judged>;
}

/** How many times of listed versions are looked up at once. */
const lookups = 8;

/** Creates a {@link Gate}; without a policy everything passes that is not withdrawn. */
export function createGate(register: Register, policy: Policy | undefined): Gate {
  const refuse = (kind: 'info' | 'mod' | 'zip', { path, version }: ModuleVersion): void => {
    const withdrawal = register.find(path, version);
    if (withdrawal === undefined || (kind === 'mod' && withdrawal.goMod === 'served')) return;
    throw withdrawnError(path, version, withdrawal);
  };
  return {
    admit(kind, module, options) {
      const wait = register.ready(options);
      if (wait !== undefined) return wait.then(() => refuse(kind, module));
      refuse(kind, module);
      return undefined;
    },
    async admitPublication({ path, version }, options) {
      await register.ready(options);
      const withdrawal = register.find(path, version);
      if (withdrawal !== undefined) throw bannedError(path, version, withdrawal);
    },
    async check(path, info, options) {
      const wait = register.ready(options);
      if (wait !== undefined) await wait;
      refuse('info', { path, version: info.version });
      if (policy === undefined) return;
      const decision = await decide(policy, { path, version: info.version, time: timeOf(info) });
      if (!decision.allow) throw denial(path, info.version, decision);
    },
    async judge(path, versions, lookUpTime, options) {
      await register.ready(options);
      const denied = withdrawnAmong(register, path, versions);
      const left = denied.size === 0 ? versions : versions.filter((version) => !denied.has(version));
      const allowed = policy === undefined ? left : await judgeAll(policy, path, left, lookUpTime, denied);
      return { allowed, denied };
    },
  };
}

function withdrawnAmong(register: Register, path: string, versions: readonly string[]): Map<string, GoModKitError> {
  const denied = new Map<string, GoModKitError>();
  if (!register.concerns(path)) return denied;
  for (const version of versions) {
    const withdrawal = register.find(path, version);
    if (withdrawal !== undefined) denied.set(version, withdrawnError(path, version, withdrawal));
  }
  return denied;
}

/** The versions that the policy allows; the others go to `denied`. */
async function judgeAll(
  policy: Policy,
  path: string,
  versions: readonly string[],
  lookUpTime: (version: string) => Promise<Date | undefined>,
  denied: Map<string, GoModKitError>,
): Promise<readonly string[]> {
  const limiter = createLimiter(lookups);
  const lookUp = (version: string) => limiter.run(() => lookUpTime(version));
  const decisions = await Promise.all(versions.map((version) => decideListed(policy, path, version, lookUp)));
  return versions.filter((version, i) => {
    const decision = decisions[i];
    if (decision?.allow === false) denied.set(version, denial(path, version, decision));
    return decision?.allow === true;
  });
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
