// From a commit to the version of a module (spec §4D).
//
// Invariants:
// - The answer is canonical, fits the path, and the module is there at the commit (spec §4.21).
// - A canonical version that was asked for is answered by itself or refused: a branch of that name is no version (CVE-2022-23773).

import { canonicalVersion, isPseudoVersion, pseudoVersion } from '../../../module/index.ts';
import { compare, isValid, major } from '../../../semver/index.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import type { GitRepository } from '../engine.ts';
import type { Revision } from '../revision/revision.ts';
import { type CommitFiles, invalidVersion } from './commit-files.ts';
import { incompatibleSuffix, mayBeIncompatible, withoutIncompatible } from './incompatible.ts';
import { joinPath, type ModuleLayout } from './layout.ts';
import { type LocatedModule, locateModule } from './locate.ts';
import { revisionName } from './lookup-name.ts';
import { checkPseudoVersion, fitsPath, highestBefore } from './pseudo.ts';
import { type TagVersion, tagVersion } from './tag-version.ts';

/** A commit on its way to a version. */
export interface Conversion {
  readonly repository: GitRepository;
  readonly layout: ModuleLayout;
  readonly revision: Revision;
  readonly files: CommitFiles;
  /** What was asked for; empty for `latest`. */
  readonly requested: string;
  /** Whether the newest release retracts a version (spec §4.14). */
  readonly isRetracted: (version: string) => Promise<boolean>;
}

/** A version and where its module is. */
export interface ConvertedVersion extends LocatedModule {
  readonly version: string;
}

/** The version of a commit. Rejects with `not_found` and Go's reason where there is none. */
export async function convertRevision(conversion: Conversion, options: CallOptions): Promise<ConvertedVersion> {
  const { repository, layout, revision, requested } = conversion;
  if (isPseudoVersion(requested)) {
    const converted = await finalCheck(conversion, requested);
    await checkPseudoVersion(repository, layout, revision, requested, options);
    return converted;
  }
  const named = tagVersion(revision.name, layout.tagPrefix);
  if (named?.isCanonical) {
    const converted = await finalCheck(conversion, named.version).catch(onlyRefusals);
    if (converted !== undefined) return converted;
  }
  const { chosen, base } = await chooseTag(conversion);
  if (chosen !== undefined) return finalCheck(conversion, chosen);
  const isAllowed = (version: string) => mayBeBase(conversion, version);
  const older = base ?? (await highestBefore(repository, layout, revision, isAllowed, options));
  const time = new Date(revision.time * 1000);
  return finalCheck(conversion, pseudoVersion({ major: layout.major, older, time, rev: revision.short }));
}

interface Choice {
  /** The version of one of the commit's tags. */
  readonly chosen?: string | undefined;
  /** What a tag that is not canonical says, and that was asked for. */
  readonly base?: string | undefined;
}

/** Steps 2 and 3 of spec §4.19: the tags on the commit itself. */
async function chooseTag(conversion: Conversion): Promise<Choice> {
  const { layout, revision, requested } = conversion;
  let highest: string | undefined;
  let base: string | undefined;
  for (const tag of revision.tags) {
    const found: TagVersion | undefined = tagVersion(tag, layout.tagPrefix);
    if (found === undefined) continue;
    const { version, isCanonical } = found;
    if (isValid(requested) && compare(version, requested) === 0) {
      if (isCanonical) return { chosen: version };
      base = version;
    }
    const isHigher = highest === undefined || compare(highest, version) < 0;
    if (isCanonical && isHigher && (await mayBeBase(conversion, version))) highest = version;
  }
  return { chosen: highest, base };
}

async function mayBeBase(conversion: Conversion, version: string): Promise<boolean> {
  const { layout, files, requested, isRetracted } = conversion;
  if (!fitsPath(layout, version) && !(await mayBeIncompatible(layout, files, version, requested))) return false;
  return !(await isRetracted(version));
}

/** Spec §4.20. */
async function finalCheck(conversion: Conversion, found: string): Promise<ConvertedVersion> {
  const { layout, files, requested } = conversion;
  const revision = revisionName(layout, found);
  const located = await locateModule(layout, files, { version: found, revision });
  const version = found === withoutIncompatible(requested) ? requested : found;
  const base = withoutIncompatible(version);
  const { suffix, problem } = await judgeMajor(conversion, version);
  const resolved = suffix ? base + incompatibleSuffix : version;
  const isExact = requested !== '' && requested === canonicalVersion(requested);
  const wanted = withoutIncompatible(requested);
  if (isExact && wanted !== base) {
    throw invalidVersion(layout.path, requested, `resolves to version ${resolved} (${wanted} is not a tag)`);
  }
  if (problem !== undefined) throw invalidVersion(layout.path, resolved, problem);
  return { ...located, version: resolved };
}

/** Whether a version needs the `+incompatible` suffix, and what is wrong with it where it cannot have it or has it without need. */
async function judgeMajor(
  { layout, files, requested }: Conversion,
  version: string,
): Promise<{ readonly suffix: boolean; readonly problem?: string | undefined }> {
  const base = withoutIncompatible(version);
  if (fitsPath(layout, base)) {
    if (version === base) return { suffix: false };
    return {
      suffix: false,
      problem: `+incompatible suffix not allowed: major version ${major(version)} is compatible`,
    };
  }
  if (await mayBeIncompatible(layout, files, base, requested)) return { suffix: true };
  if (layout.pathMajor !== '') {
    return { suffix: false, problem: 'module path includes a major version suffix, so major version must match' };
  }
  const fitting = JSON.stringify(joinPath(layout.prefix, major(version)));
  const problem = `module contains a go.mod file, so module path must match major version (${fitting})`;
  return { suffix: false, problem };
}

/** A refusal of a tag is no refusal of the commit; a failure is. */
function onlyRefusals(error: unknown): undefined {
  if ((error as { readonly code?: unknown }).code === 'not_found') return undefined;
  throw error;
}
