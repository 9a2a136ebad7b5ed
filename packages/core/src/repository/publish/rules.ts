// What may be published: the rules that a version control system would have enforced (spec §3, §4, §5).
//
// Invariants:
// - A pseudo-version says when its commit was made and what it came after: both must be possible, and the time is the version's.
// - `+incompatible` is for majors from v2 on without a go.mod (spec §5.15); a path with a major suffix has one (spec §5.9).
// - A go.mod names the module that it is published as. Forks that keep another name are for `replace`, and come from where they are.

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { modulePath, parseLax } from '../../modfile/index.ts';
import { isPseudoVersion, pseudoVersionBase, pseudoVersionTime, splitPathVersion } from '../../module/index.ts';
import { build, major } from '../../semver/index.ts';
import { formatInfo, parseInfo } from '../../source/info.ts';
import { parseRfc3339 } from '../../source/rfc3339.ts';
import type { Origin } from '../../source/source.ts';
import { tooLarge } from '../draft.ts';
import type { Draft } from '../files.ts';
import type { Target } from '../keys.ts';
import { synthesizedGoMod } from '../synthesized.ts';

/** What is said about a version beside its content. */
export interface Facts {
  readonly time?: Date | string | undefined;
  readonly origin?: Origin | undefined;
}

/** Throws `invalid_version` for a version that nobody can publish. */
export function checkPublishable({ name, version }: Target): void {
  if (build(version) === '+incompatible' && ['v0', 'v1'].includes(major(version))) {
    throw new GoModKitError(
      'invalid_version',
      `${name}: ${major(version)} is compatible: publish it without +incompatible`,
    );
  }
  if (!isPseudoVersion(version)) return;
  pseudoVersionTime(version);
  pseudoVersionBase(version);
}

/** `.info` of a version. Throws `invalid_argument`, `invalid_version`, or `limit_exceeded` past `limit` bytes. */
export function infoOf(target: Target, facts: Facts, now: number, limit: number): Pick<Draft, 'info' | 'infoBytes'> {
  const infoBytes = formatInfo({
    version: target.version,
    time: timeOf(target, facts.time, now),
    origin: facts.origin,
  });
  if (infoBytes.length > limit) throw tooLarge(`the info of ${target.name}`, infoBytes.length, limit);
  try {
    return { info: parseInfo(infoBytes), infoBytes };
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new GoModKitError('invalid_argument', `the origin of ${target.name} cannot be kept: ${reason}`, { cause });
  }
}

/** The go.mod of a version: the one in its zip, or the one that go makes up for it (spec §5.13). Throws `invalid_go_mod`, `invalid_version`. */
export function goModOf(target: Target, inZip: Uint8Array | undefined, limit: number): Uint8Array {
  const { name, path, version } = target;
  if (inZip === undefined) {
    const pathMajor = splitPathVersion(path)?.pathMajor ?? '';
    if (!pathMajor.startsWith('/')) return synthesizedGoMod(path);
    throw new GoModKitError(
      'invalid_go_mod',
      `${name} has no go.mod: a path that ends with ${pathMajor} needs one that names it`,
    );
  }
  if (build(version) === '+incompatible') {
    throw new GoModKitError('invalid_version', `${name} has a go.mod: +incompatible is for modules without one`);
  }
  if (inZip.length > limit) throw tooLarge(`the go.mod of ${name}`, inZip.length, limit);
  checkModuleLine(target, inZip);
  return inZip;
}

/** Both of Go's ways to read a module line must give the path: the scanner (spec §5.14) and the parser. */
function checkModuleLine({ name, path }: Target, goMod: Uint8Array): void {
  const declared = parsedPath(name, goMod);
  const scanned = modulePath(goMod);
  const wrong = declared === path ? scanned : declared;
  if (wrong === path) return;
  const says = wrong === '' ? 'has no module line that can be read' : `says module ${JSON.stringify(wrong)}`;
  throw new GoModKitError('invalid_go_mod', `the go.mod of ${name} ${says}: it must say module ${path}`, {
    data: { declared: wrong },
  });
}

function parsedPath(name: string, goMod: Uint8Array): string {
  try {
    return parseLax('go.mod', goMod).module?.path ?? '';
  } catch (cause) {
    if (!isGoModKitError(cause)) throw cause;
    throw new GoModKitError('invalid_go_mod', `the go.mod of ${name} cannot be read:\n${cause.message}`, { cause });
  }
}

/** In whole seconds where none else are said, as commits have them. */
function timeOf({ name, version }: Target, time: Date | string | undefined, now: number): string {
  const own = isPseudoVersion(version) ? pseudoVersionTime(version) : undefined;
  if (time === undefined) return rfc3339(own ?? new Date(Math.floor(now / 1000) * 1000));
  const milliseconds = typeof time === 'string' ? parseRfc3339(time) : time.getTime();
  const date = new Date(milliseconds ?? Number.NaN);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) {
    const given = typeof time === 'string' ? JSON.stringify(time) : String(time);
    throw new GoModKitError(
      'invalid_argument',
      `the time of ${name} is ${given}: want one such as 2006-01-02T15:04:05Z`,
    );
  }
  if (own === undefined || Math.floor(date.getTime() / 1000) === own.getTime() / 1000) return rfc3339(date);
  throw new GoModKitError(
    'invalid_version',
    `${name} says that its commit was made at ${rfc3339(own)}, not at ${rfc3339(date)}`,
  );
}

function rfc3339(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
