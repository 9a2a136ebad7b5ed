// Pseudo-versions: versions made from a commit (spec §3.1–3.5).
//
// Invariants:
// - Three shapes: `vX.0.0-T-R`, `vX.Y.Z-0.T-R`, `vX.Y.Z-PRE.0.T-R`, each with optional build metadata; T is 14 digits in UTC.
// - T need only be digits to be recognised; whether it is a date is asked when the time is used (spec §3.2).
// - Patch numbers are counted as digit strings of any length (spec §0.6).

import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { decrementDecimal, incrementDecimal } from '../semver/decimal.ts';
import { parse } from '../semver/parse.ts';
import { formatTime, parseTime, zeroTime } from './pseudo-time.ts';

/** What a pseudo-version is made of (spec §3.3). */
export interface PseudoVersionParts {
  /** The major version with its `v`, used when there is no older version; empty means `v0`. */
  readonly major: string;
  /** The version that the commit comes after; empty or absent when there is none. */
  readonly older?: string | undefined;
  /** When the commit was made; whole seconds in UTC count. */
  readonly time: Date;
  /** The revision, letters and digits: for git the first 12 hex digits of the commit hash (spec §3.6). */
  readonly rev: string;
}

/** A pseudo-version, taken apart (spec §3.4). */
interface PseudoParts {
  /** `vX.0.0`, `vX.Y.Z-0` or `vX.Y.Z-PRE.0`. */
  readonly base: string;
  readonly time: string;
  readonly rev: string;
  /** With its `+`, or empty. */
  readonly build: string;
}

/**
 * Whether `version` has the shape of a pseudo-version (spec §3.2). The time in it need not be a real one.
 *
 * @example
 * ```ts
 * import { isPseudoVersion } from '@gomodkit/core/module';
 *
 * isPseudoVersion('v0.0.0-20060102150405-abcdef123456'); // true
 * isPseudoVersion('v1.2.3-20060102150405-abcdef123456'); // false
 * ```
 */
export function isPseudoVersion(version: string): boolean {
  return takeApart(version) !== undefined;
}

/**
 * The pseudo-version of a commit (spec §3.3).
 *
 * Throws `invalid_version` when `older` is not a version, and `invalid_argument` when `major` or `rev` has the wrong shape or
 * `time` is not within the years 0 to 9999.
 *
 * @example
 * ```ts
 * import { pseudoVersion } from '@gomodkit/core/module';
 *
 * const commit = { time: new Date('2006-01-02T15:04:05Z'), rev: 'abcdef123456' };
 * pseudoVersion({ major: 'v2', ...commit }); // 'v2.0.0-20060102150405-abcdef123456'
 * pseudoVersion({ major: 'v2', older: 'v2.1.3', ...commit }); // 'v2.1.4-0.20060102150405-abcdef123456'
 * pseudoVersion({ major: 'v2', older: 'v2.2.0-rc.1', ...commit }); // 'v2.2.0-rc.1.0.20060102150405-abcdef123456'
 * ```
 */
export function pseudoVersion(parts: PseudoVersionParts): string {
  const { major, older = '', time, rev } = parts;
  const version = join(major === '' ? 'v0' : major, older, `${formatTime(time)}-${rev}`);
  if (isPseudoVersion(version)) return version;
  throw new GoModKitError(
    'invalid_argument',
    `cannot make a pseudo-version of major ${quote(major)} and revision ${quote(rev)}: a major is "v0", "v1", …, a revision letters and digits`,
  );
}

function join(major: string, older: string, segment: string): string {
  if (older === '') return `${major}.0.0-${segment}`;
  const base = parse(older);
  if (base === undefined) throw invalidVersion('version', older, 'not a semantic version');
  const numbers = `v${base.major}.${base.minor}.`;
  if (base.prerelease !== '') return `${numbers}${base.patch}${base.prerelease}.0.${segment}${base.build}`;
  return `${numbers}${incrementDecimal(base.patch)}-0.${segment}${base.build}`;
}

/** The lowest pseudo-version of a major version: `vN.0.0-00010101000000-000000000000`. `major` as in {@link pseudoVersion}. */
export function zeroPseudoVersion(major: string): string {
  return pseudoVersion({ major, time: zeroTime, rev: '000000000000' });
}

/**
 * The commit time in a pseudo-version.
 *
 * Throws `invalid_version` when `version` is not a pseudo-version or its time is not a real one.
 */
export function pseudoVersionTime(version: string): Date {
  const { time } = mustTakeApart(version);
  const date = parseTime(time);
  if (date === undefined) throw invalidVersion('pseudo-version', version, `malformed time ${quote(time)}`);
  return date;
}

/** The revision in a pseudo-version. Throws `invalid_version` when `version` is not one. */
export function pseudoVersionRev(version: string): string {
  return mustTakeApart(version).rev;
}

/**
 * The version that a pseudo-version was made from, with its build metadata; empty when there is none (spec §3.5).
 *
 * Throws `invalid_version` when `version` is not a pseudo-version, or claims a base that cannot be: build metadata without a
 * base, or a patch number below 0.
 *
 * @example
 * ```ts
 * import { pseudoVersionBase } from '@gomodkit/core/module';
 *
 * pseudoVersionBase('v1.2.4-0.20060102150405-abcdef123456'); // 'v1.2.3'
 * pseudoVersionBase('v1.2.3-pre.0.20060102150405-abcdef123456'); // 'v1.2.3-pre'
 * pseudoVersionBase('v1.0.0-20060102150405-abcdef123456'); // ''
 * ```
 */
export function pseudoVersionBase(version: string): string {
  const { base, build } = mustTakeApart(version);
  const hyphen = base.indexOf('-');
  if (hyphen < 0) {
    if (build === '') return '';
    throw invalidVersion('pseudo-version', version, `lacks base version, but has build metadata ${quote(build)}`);
  }
  if (base.slice(hyphen) !== '-0') return base.slice(0, -'.0'.length) + build;
  const release = base.slice(0, hyphen);
  const patchAt = release.lastIndexOf('.') + 1;
  const patch = decrementDecimal(release.slice(patchAt));
  if (patch === undefined) {
    throw invalidVersion('pseudo-version', version, `version before ${release} would have negative patch number`);
  }
  return release.slice(0, patchAt) + patch + build;
}

function mustTakeApart(version: string): PseudoParts {
  const parts = takeApart(version);
  if (parts === undefined) throw invalidVersion('pseudo-version', version, 'syntax error');
  return parts;
}

/** Applies spec §3.2 and §3.4 at once: what is taken apart has one of the three shapes. */
function takeApart(version: string): PseudoParts | undefined {
  const parsed = parse(version);
  if (parsed === undefined) return undefined;
  const { prerelease, build } = parsed;
  const revAt = prerelease.lastIndexOf('-');
  const timeAt = revAt - 14;
  if (timeAt < 1 || revAt === prerelease.length - 1) return undefined;
  const rev = prerelease.slice(revAt + 1);
  const time = prerelease.slice(timeAt, revAt);
  if (rev.includes('.') || !/^[0-9]{14}$/.test(time)) return undefined;
  const before = prerelease.slice(0, timeAt);
  const bare = before === '-';
  if (bare ? parsed.minor !== '0' || parsed.patch !== '0' : before !== '-0.' && !before.endsWith('.0.'))
    return undefined;
  const numbers = `v${parsed.major}.${parsed.minor}.${parsed.patch}`;
  return { base: numbers + before.slice(0, -1), time, rev, build };
}

function invalidVersion(noun: 'version' | 'pseudo-version', version: string, reason: string): GoModKitError {
  return new GoModKitError('invalid_version', `${noun} ${quote(version)} invalid: ${reason}`, { data: { version } });
}
