// What our source says about a version in a repository, and whether go says the same.
//
// Invariant: both answer with the same version, time, sums and origin, or both refuse. What may differ is listed here, with the reason.

import { isDeepStrictEqual } from 'node:util';
import { isGoModKitError, type ModuleSource, type Origin, type VersionInfo } from '@gomodkit/core';
import { hashGoMod, hashZip } from '@gomodkit/core/dirhash';
import { canonicalVersion, isPseudoVersion, pseudoVersionRev } from '@gomodkit/core/module';
import { bytesSource } from '@gomodkit/core/zip';
import type { Question } from '../../packages/core/test/git/generate/questions.ts';
import type { GoAnswer, GoModule } from './git-oracle.ts';

/** What our source says. */
export type OurAnswer = GoModule | { readonly error: string; readonly code: string };

/** Resolves a question, and fetches go.mod and zip of what it names. */
export async function ourAnswer(source: ModuleSource, { path, query }: Question): Promise<OurAnswer> {
  try {
    const { origin, time = '', version } = await resolve(source, path, query);
    const goMod = await source.goMod(path, version, { origin });
    const { body } = await source.zip(path, version, { origin });
    const zip = new Uint8Array(await new Response(body).arrayBuffer());
    return { version, time, sum: await hashZip(bytesSource(zip)), goModSum: await hashGoMod(goMod), origin };
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return { error: error.message, code: error.code };
  }
}

/** go asks for a version with build metadata by its canonical form where no tag has its name (spec §4.5); so do our clients. */
async function resolve(source: ModuleSource, path: string, query: string): Promise<VersionInfo> {
  const canonical = canonicalVersion(query);
  return source.resolve(path, query).catch((error: unknown) => {
    if (!query.includes('+') || canonical === query || canonical === '' || !isGoModKitError(error, 'not_found'))
      throw error;
    return source.resolve(path, canonical);
  });
}

/** The codes of refusals: anything else means that we could not find out. */
const refusals = [
  'not_found',
  'gone',
  'invalid_path',
  'invalid_version',
  'invalid_go_mod',
  'invalid_zip',
  'upstream_invalid',
  'limit_exceeded',
];

/** A question that go and we answer differently; undefined where they agree. */
export function disagreement(question: Question, go: GoAnswer, ours: OurAnswer): string | undefined {
  if ('error' in ours && ours.code === 'needs_git_engine') return undefined;
  if ('error' in go && breaksLists(go.error)) return undefined;
  if ('error' in go && !('error' in ours) && refusesOwnAnswer(question, go.error, ours)) return undefined;
  const same =
    'error' in go ? 'error' in ours && refusals.includes(ours.code) : !('error' in ours) && agree(question, go, ours);
  return same ? undefined : `${question.path}@${question.query}\n  go:   ${shown(go)}\n  ours: ${shown(ours)}`;
}

/** Over a tag that points to a tree go gives up, also where it only looks into the list; to us it is no commit (spec §6.10). */
function breaksLists(error: string): boolean {
  return error.includes('unexpected response from git log');
}

/**
 * Where a tag without the module's prefix is on the commit (spec §3.8f), or one with it that looks like another commit's pseudo-version
 * (spec §4.19), go names a pseudo-version for a branch, a hash or `latest`, and then refuses that very version. We name it too.
 */
function refusesOwnAnswer({ query }: Question, error: string, { origin, version }: GoModule): boolean {
  if (version === query || !isPseudoVersion(version)) return false;
  const isAnothers = !`${origin?.Hash}`.startsWith(pseudoVersionRev(version));
  return isAnothers || /invalid pseudo-version: tag .* is already canonical/.test(error);
}

/** go sometimes names no origin for `latest` where nothing is tagged; then there is none to compare. */
function agree(question: Question, go: GoModule, ours: GoModule): boolean {
  const [theirs, own] = [comparable(question, go.origin), comparable(question, ours.origin)];
  return isDeepStrictEqual({ ...go, origin: theirs }, { ...ours, origin: go.origin === undefined ? theirs : own });
}

/**
 * Where a hash or HEAD is resolved, go names the ref that it found or does not, as it happens to have the commit already or not. All else
 * does not depend on what was asked before.
 */
function comparable({ query }: Question, { Ref, ...origin }: Origin = {}): Origin {
  const byHash = query === 'HEAD' || /^[0-9a-f]{7,40}$/.test(query) || isPseudoVersion(query);
  return byHash || Ref === undefined ? origin : { ...origin, Ref };
}

function shown(answer: GoAnswer | OurAnswer): string {
  return JSON.stringify(answer);
}

/**
 * Lists of versions that differ. go lists nothing for paths that are no module, where spec §4.12 wants `not_found`, and nothing at all
 * where a tag that it looks at names no commit (spec §6.10).
 */
export function listDisagreement(
  path: string,
  go: readonly string[] | { readonly error: string },
  ours: OurList,
): string | undefined {
  if ('error' in go && breaksLists(go.error)) return undefined;
  const absent = 'error' in go || go.length === 0;
  const same =
    'code' in ours
      ? absent && ours.code === 'not_found'
      : isDeepStrictEqual('error' in go ? go : go.toSorted(), ours.toSorted());
  return same ? undefined : `versions of ${path}\n  go:   ${JSON.stringify(go)}\n  ours: ${JSON.stringify(ours)}`;
}

/** What our source lists, or why it does not. */
export type OurList = readonly string[] | { readonly code: string; readonly error: string };

/** Lists versions. */
export async function ourList(source: ModuleSource, path: string): Promise<OurList> {
  try {
    return await source.versions(path);
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return { error: error.message, code: error.code };
  }
}
