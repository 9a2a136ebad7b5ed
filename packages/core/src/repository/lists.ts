// Which versions a module has.
//
// Invariants:
// - A list names tagged versions only: canonical, fitting the path, no pseudo-versions, whatever a source says (spec §4.9).
// - Online it is the source's list and what is captured, so that nothing that was served once disappears. Where the source no longer
//   knows the module, and offline, only versions are named whose zip is present: what is listed and then fails is picked and then
//   fails the command (protocol-cases).
// - Each version once, in the order of semver.

import { isPseudoVersion } from '../module/index.ts';
import { sort } from '../semver/index.ts';
import { isUsableVersion } from '../source/list.ts';
import type { ModuleSource, VersionInfo } from '../source/source.ts';
import { checkedVersion } from './draft.ts';
import { type Engine, missing, remembered, sourceFor } from './engine.ts';
import { isAbsence } from './freshness.ts';
import { type Gate, type Judged, timeOf } from './gate.ts';
import { type Target, targetOf } from './keys.ts';
import type { ReadOptions } from './repository.ts';
import { storedVersions } from './stored-versions.ts';

/** A version that storage has. */
export interface ListedVersion {
  readonly version: string;
  /** Whether its zip is present. */
  readonly zip: boolean;
}

/** Lists the versions of modules whose path is valid. */
export interface Lists {
  /** The tagged versions, divided by withdrawals and policy. */
  judged(path: string, options: ReadOptions): Promise<Judged>;
}

/** Creates {@link Lists}. */
export function createLists(engine: Engine, gate: Gate): Lists {
  // Looked up once per version: a commit time never changes.
  const times = engine.cache.section<{ readonly time: Date | undefined }>({ weigh: () => 64 });

  const commitTime = async (path: string, version: string, options: ReadOptions): Promise<Date | undefined> => {
    const target = targetOf(path, version);
    const known = times.get(target.name);
    if (known !== undefined) return known.time;
    const info = await describe(engine, target, options);
    if (info === undefined) return undefined;
    const time = timeOf(info);
    times.set(target.name, { time });
    return time;
  };

  return {
    async judged(path, options) {
      const versions = await listVersions(engine, path, options);
      return gate.judge(path, versions, (version) => commitTime(path, version, options), options);
    },
  };
}

/** What is known of a version without capturing it; undefined when storage does not know it and is all there is. */
async function describe(engine: Engine, target: Target, options: ReadOptions): Promise<VersionInfo | undefined> {
  const { captured, freshness } = engine;
  const { path, version } = target;
  const source = sourceFor(engine, options);
  if (source === undefined) return (await captured.info(target, options.signal))?.info;
  const load = async (signal: AbortSignal): Promise<VersionInfo> => {
    const stored = await captured.info(target, signal);
    if (stored !== undefined) return stored.info;
    return checkedVersion(engine, target, await source.resolve(path, version, { signal })).info;
  };
  // Clients that ask for one list at the same time share the look-ups, and what turns out not to exist is not asked for each time.
  return freshness.get(path, `time ${version}`, load, { remember: 'absence', signal: options.signal });
}

/** The question under which a list is remembered. */
const question = 'list';

async function listVersions(engine: Engine, path: string, options: ReadOptions): Promise<readonly string[]> {
  const { source } = engine.settings;
  const { signal } = options;
  if (options.cachedOnly === true) {
    const known = engine.freshness.peek<readonly string[]>(path, question);
    return known ?? storedList(engine, path, signal);
  }
  return remembered(engine, 'list', path, question, signal, (shared) =>
    source === undefined ? storedList(engine, path, shared) : onlineList(engine, path, source, shared),
  );
}

/** All captured versions of a module, pseudo-versions included, in no particular order. */
export async function capturedVersions(
  engine: Engine,
  path: string,
  signal: AbortSignal | undefined,
): Promise<readonly ListedVersion[]> {
  const versions: ListedVersion[] = [];
  for await (const { version, zipSize } of storedVersions(engine.store, { prefix: `${path}/@v/`, signal }))
    versions.push({ version, zip: zipSize !== undefined });
  return versions;
}

async function storedList(engine: Engine, path: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const stored = await capturedVersions(engine, path, signal);
  if (stored.length === 0) throw missing(engine, path);
  return tagged(stored.filter(({ zip }) => zip));
}

async function onlineList(
  engine: Engine,
  path: string,
  source: ModuleSource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const start = engine.settings.now();
  const [answer, stored] = await Promise.all([
    source.versions(path, { signal }).catch((error: unknown) => {
      if (isAbsence(error)) return { absence: error };
      throw error;
    }),
    capturedVersions(engine, path, signal),
  ]);
  if ('absence' in answer) {
    const kept = tagged(stored.filter(({ zip }) => zip));
    if (kept.length === 0) throw answer.absence;
    return kept;
  }
  const { now } = engine.settings;
  const bytes = answer.reduce((sum, version) => sum + version.length + 1, 0);
  engine.events.emit(() => ({ type: 'fetch', kind: 'list', path, version: '', bytes, milliseconds: now() - start }));
  return tagged([
    ...stored,
    ...answer.filter((version) => isUsableVersion(path, version)).map((version) => ({ version })),
  ]);
}

function tagged(versions: readonly { readonly version: string }[]): readonly string[] {
  const names = versions.map(({ version }) => version).filter((version) => !isPseudoVersion(version));
  return sort(new Set(names));
}
