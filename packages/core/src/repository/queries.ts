// Everything that names a version without being one: `latest`, `v1`, branches, commit hashes.
//
// Invariants:
// - Answers name a canonical version that fits the path, and are never stored under the query (protocol-cases row 6).
// - A version that is withdrawn or that a policy denies is passed over where a list has others, else it is refused.
// - What is captured of the answered version is what is answered. Where its commit is another than the revision that was asked for,
//   the answer would mislead and is a `conflict`; whoever asks for a version by another spelling gets the first capture.

import { GoModKitError } from '../errors/error.ts';
import { escapeVersion, isCanonicalVersion } from '../module/index.ts';
import { isValid, sort } from '../semver/index.ts';
import { isUsableVersion, isVersionPrefix, pickHighest, withPrefix } from '../source/list.ts';
import { resolveQuery } from '../source/resolve-query.ts';
import type { VersionInfo } from '../source/source.ts';
import { checkedAnswer } from './draft.ts';
import { type Engine, missing, remembered, reportRefusal, sourceFor } from './engine.ts';
import { answerFile } from './files.ts';
import { isAbsence } from './freshness.ts';
import type { Gate } from './gate.ts';
import { targetOf } from './keys.ts';
import type { Lists } from './lists.ts';
import { newestStored, resolveStored } from './offline.ts';
import type { Pinned } from './pinned.ts';
import { commitsDiffer } from './publish-info.ts';
import type { FileKind, InfoFile, ReadOptions } from './repository.ts';
import { hasOwnGoMod } from './synthesized.ts';
import { isWithdrawn } from './withdrawal/refusal.ts';

/** Answers queries about a module whose path is valid. */
export interface Queries {
  latest(path: string, options: ReadOptions): Promise<InfoFile>;
  /** `query` is anything but a canonical version that fits. Rejects with `invalid_version` for what cannot be a query. */
  query(path: string, query: string, options: ReadOptions): Promise<InfoFile>;
}

/** Queries that the client answers itself from the list; as `.info` they are not versions (spec §4.1, protocol-cases row 22). */
const reserved: readonly string[] = ['latest', 'upgrade', 'patch'];

/** Creates {@link Queries}. */
export function createQueries(engine: Engine, pinned: Pinned, lists: Lists, gate: Gate): Queries {
  /** The best of the listed versions that pass `filter`; undefined when none is listed. */
  const fromList = async (path: string, filter: (version: string) => boolean, options: ReadOptions) => {
    const { allowed, denied } = await lists.judged(path, options);
    const hasGoMod = async (version: string) => hasOwnGoMod(path, await pinned.goMod(targetOf(path, version), options));
    const version = await pickHighest(allowed.filter(filter), hasGoMod);
    if (version === undefined) {
      const highest = sort([...denied.keys()].filter(filter)).at(-1);
      const denial = highest === undefined ? undefined : denied.get(highest);
      if (denial !== undefined) throw denial;
      return undefined;
    }
    return answerFile(await pinned.info(targetOf(path, version), options));
  };

  /** What a revision or `latest` is: from the source, or from storage where that is all there is. */
  const resolve = async (kind: FileKind, path: string, query: string, options: ReadOptions): Promise<InfoFile> => {
    const info = await reportRefusal(engine, kind, { path, version: query }, () =>
      lookUp(engine, kind, path, query, options),
    );
    await reportRefusal(engine, kind, { path, version: info.version }, () => gate.check(path, info, options));
    const target = targetOf(path, info.version);
    const stored = await engine.captured.info(target, options.signal);
    if (stored === undefined) return answerFile(info);
    // A version is a name that may move; a branch or a hash asks for a commit.
    if (!isValid(query) && commitsDiffer(stored.info, info)) throw moved(path, query, stored.info, info);
    await engine.verification?.admitVersion(target, options);
    return answerFile(stored);
  };

  return {
    async latest(path, options) {
      return (await emptyWhenAbsent(fromList(path, () => true, options))) ?? resolve('latest', path, 'latest', options);
    },
    async query(path, query, options) {
      escapeVersion(query);
      if (reserved.includes(query)) {
        throw new GoModKitError('invalid_version', `${path}@${query}: ${JSON.stringify(query)} is not a version`);
      }
      const filter = listFilter(path, query);
      const listed = filter === undefined ? undefined : await emptyWhenAbsent(fromList(path, filter, options));
      return listed ?? resolve('info', path, query, options);
    },
  };
}

/** What of a list a query names; undefined when only the source can know. */
function listFilter(path: string, query: string): ((version: string) => boolean) | undefined {
  if (isVersionPrefix(query)) return (version) => withPrefix([version], query).length > 0;
  const incompatible = `${query}+incompatible`;
  // v2.0.0 of a path without /v2 (spec §5.15, protocol-cases row 24).
  if (isCanonicalVersion(query) && isUsableVersion(path, incompatible)) return (version) => version === incompatible;
  return undefined;
}

async function lookUp(
  engine: Engine,
  kind: FileKind,
  path: string,
  query: string,
  options: ReadOptions,
): Promise<VersionInfo> {
  const question = `query ${query}`;
  const source = sourceFor(engine, options);
  const { signal } = options;
  if (source !== undefined) {
    return remembered(engine, kind, path, question, signal, async (shared) =>
      checkedAnswer(engine, path, query, await resolveQuery(source, path, query, { signal: shared })),
    );
  }
  const known = engine.freshness.peek<VersionInfo>(path, question);
  if (known !== undefined) return known;
  const version =
    query === 'latest' ? await newestStored(engine, path, signal) : await resolveStored(engine, path, query, signal);
  const stored = version === undefined ? undefined : await engine.captured.info(targetOf(path, version), signal);
  if (stored === undefined) throw missing(engine, `${path}@${query}`);
  return stored.info;
}

/** A module without a list may still have a latest version, or a branch of that name. */
async function emptyWhenAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    // That the best of the list is withdrawn, as `gone`, is the answer.
    if (isAbsence(error) && !isWithdrawn(error)) return undefined;
    throw error;
  }
}

function moved(path: string, query: string, stored: VersionInfo, offered: VersionInfo): GoModKitError {
  const [was, is] = [stored.origin?.Hash, offered.origin?.Hash];
  return new GoModKitError(
    'conflict',
    `${path}@${query} is ${offered.version} at commit ${is}, but that version was captured at commit ${was} and stays so`,
    { data: { stored: was, offered: is } },
  );
}
