// Queries answered from storage alone (spec §10.13, protocol-cases row 37).
//
// Invariants:
// - Only versions whose zip is present are named: whoever gets a name goes on to ask for its zip.
// - A hash is resolved through stored pseudo-versions, which carry its first digits (spec §3.6). One that fits several commits names none.
// - Branch names are not guessed.

import { isPseudoVersion, pseudoVersionRev, pseudoVersionTime } from '../module/index.ts';
import { sort } from '../semver/index.ts';
import { type Engine, missing } from './engine.ts';
import { targetOf } from './keys.ts';
import { capturedVersions } from './lists.ts';

/** What a client may abbreviate a commit hash to (spec §3.10). */
const hashPattern = /^[0-9a-f]{7,64}$/;

/** The version that a revision names. Rejects with `offline` or `not_found`. */
export async function resolveStored(
  engine: Engine,
  path: string,
  query: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const refusal = missing(engine, `${path}@${query}`);
  if (!hashPattern.test(query)) throw refusal;
  const matching = (await storedPseudoVersions(engine, path, signal)).filter((version) => {
    const rev = pseudoVersionRev(version);
    return rev.startsWith(query) || query.startsWith(rev);
  });
  // One commit may be known by several pseudo-versions, made before and after a tag below it.
  const revs = new Set(matching.map(pseudoVersionRev));
  const version = sort(matching).at(-1);
  if (version === undefined || revs.size !== 1) throw refusal;
  const info = await engine.captured.info(targetOf(path, version), signal);
  const hash = info?.info.origin?.Hash;
  if (hash !== undefined && !hash.startsWith(query)) throw refusal;
  return version;
}

/** The newest stored pseudo-version; undefined when there is none. */
export async function newestStored(
  engine: Engine,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let newest: string | undefined;
  let time = Number.NEGATIVE_INFINITY;
  for (const version of sort(await storedPseudoVersions(engine, path, signal))) {
    const own = timeOf(version);
    if (own < time) continue;
    newest = version;
    time = own;
  }
  return newest;
}

async function storedPseudoVersions(engine: Engine, path: string, signal: AbortSignal | undefined): Promise<string[]> {
  const stored = await capturedVersions(engine, path, signal);
  return stored.filter(({ version, zip }) => zip && isPseudoVersion(version)).map(({ version }) => version);
}

/** The 14 digits of a pseudo-version need not be a date (spec §3.2). */
function timeOf(version: string): number {
  try {
    return pseudoVersionTime(version).getTime();
  } catch {
    return 0;
  }
}
