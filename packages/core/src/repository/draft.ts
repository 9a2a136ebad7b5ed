// `.info` and `.mod` of a version as the source gives them, checked but not stored.
//
// Invariants:
// - `.info` of a canonical version names exactly that version (spec §10.9); a malformed time is refused, a missing one is kept missing.
// - `.mod` is asked for at the commit that `.info` names, so that both are of one capture.
// - A go.mod must have a module line with a valid path. Another path or major than the module's is legal: forks that `replace` names
//   (spec §5.7, protocol-cases row 30).
// - One version has one draft at a time, also for callers who come while an earlier one is being stored: the source is asked once.

import type { CacheSection } from '../cache/byte-cache.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { GoModKitError } from '../errors/error.ts';
import { modulePath } from '../modfile/index.ts';
import { checkImportPath } from '../module/index.ts';
import { formatInfo, parseInfo } from '../source/info.ts';
import { isUsableVersion } from '../source/list.ts';
import type { ModuleSource, VersionInfo, VersionOptions } from '../source/source.ts';
import { type Engine, reportRefusal } from './engine.ts';
import type { Draft } from './files.ts';
import type { Target } from './keys.ts';

/** Fetches drafts. */
export interface Drafts {
  /** `zipFollows`: the zip will be asked for next. */
  get(
    target: Target,
    source: ModuleSource,
    signal: AbortSignal,
    options?: { readonly zipFollows?: boolean | undefined },
  ): Promise<Draft>;
  /** What came with it was refused, or was published: the source is asked next time. */
  drop(target: Target): void;
}

/** How long a draft waits to be stored, in milliseconds, before the source is asked again. */
const draftLife = 60_000;

/** Creates {@link Drafts}. */
export function createDrafts(engine: Engine): Drafts {
  const drafts: CacheSection<Draft> = engine.cache.section({
    weigh: ({ infoBytes, goMod }) => 3 * infoBytes.length + goMod.length + 512,
  });
  return {
    async get(target, source, signal, { zipFollows } = {}) {
      const known = drafts.get(target.name);
      if (known !== undefined) return known;
      const fetchOnce = async (shared: AbortSignal): Promise<Draft> => {
        const draft = await fetchDraft(engine, target, source, { zipFollows, signal: shared });
        drafts.set(target.name, draft, draftLife);
        return draft;
      };
      return engine.flights.run(`draft ${target.name}`, fetchOnce, signal);
    },
    drop: (target) => drafts.delete(target.name),
  };
}

type FetchOptions = VersionOptions & { readonly signal: AbortSignal };

async function fetchDraft(engine: Engine, target: Target, source: ModuleSource, options: FetchOptions): Promise<Draft> {
  const { info, bytes: infoBytes } = await reportRefusal(engine, 'info', target, () =>
    fetchInfo(engine, target, source, options),
  );
  const goMod = await reportRefusal(engine, 'mod', target, () => fetchGoMod(engine, target, source, info, options));
  return { info, infoBytes, goMod };
}

async function fetchInfo(
  engine: Engine,
  target: Target,
  source: ModuleSource,
  options: FetchOptions,
): Promise<CheckedInfo> {
  const start = engine.settings.now();
  const answer = checkedVersion(engine, target, await source.resolve(target.path, target.version, options));
  noteFetch(engine, 'info', target, answer.bytes.length, start);
  return answer;
}

/** What a source said of a version, in the form in which it would be stored. */
export interface CheckedInfo {
  readonly info: VersionInfo;
  readonly bytes: Uint8Array;
}

/** Checks the answer to a canonical version: that very version (spec §10.9). Rejects with `upstream_invalid`. */
export function checkedVersion(engine: Engine, target: Target, answer: VersionInfo): CheckedInfo {
  const checked = checkedInfo(engine, target.name, answer);
  if (checked.info.version === target.version) return checked;
  throw new GoModKitError(
    'upstream_invalid',
    `the source returned info for version ${JSON.stringify(checked.info.version)} instead of requested version ${target.name}`,
  );
}

/** Checks the answer to a query: any version that is canonical and fits the path (spec §10.9, protocol-cases row 30). */
export function checkedAnswer(engine: Engine, path: string, query: string, info: VersionInfo): VersionInfo {
  const answer = checkedInfo(engine, `${path}@${query}`, info).info;
  if (isUsableVersion(path, answer.version)) return answer;
  throw new GoModKitError(
    'upstream_invalid',
    `the source answered ${path}@${query} with ${JSON.stringify(answer.version)}, which is no canonical version of that path`,
  );
}

/** Checks the shape: sources that an embedder writes are no more trusted than others. */
function checkedInfo({ settings }: Engine, what: string, answer: VersionInfo): CheckedInfo {
  const bytes = formatInfo(answer);
  if (bytes.length > settings.limits.info) throw tooLarge(`the info of ${what}`, bytes.length, settings.limits.info);
  try {
    return { info: parseInfo(bytes), bytes };
  } catch (error) {
    throw new GoModKitError('upstream_invalid', `${what}: ${(error as Error).message}`, { cause: error });
  }
}

async function fetchGoMod(
  engine: Engine,
  target: Target,
  source: ModuleSource,
  info: VersionInfo,
  options: FetchOptions,
): Promise<Uint8Array> {
  const { limits, now, verifier } = engine.settings;
  const start = now();
  const bytes = await source.goMod(target.path, target.version, { ...options, origin: info.origin });
  if (bytes.length > limits.goMod) throw tooLarge(`the go.mod of ${target.name}`, bytes.length, limits.goMod);
  checkModuleLine(target, bytes);
  noteFetch(engine, 'mod', target, bytes.length, start);
  await verifier?.goMod(target, hashGoMod(bytes), { signal: options.signal });
  return bytes;
}

/** Throws `invalid_go_mod` unless a go.mod names a module with a valid path. */
export function checkModuleLine({ name }: Target, goMod: Uint8Array): void {
  const path = modulePath(goMod);
  if (path === '')
    throw new GoModKitError('invalid_go_mod', `the go.mod of ${name} has no module line that names a path`);
  try {
    checkImportPath(path);
  } catch (error) {
    throw new GoModKitError('invalid_go_mod', `the go.mod of ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Tells listeners that bytes came from the source. `start` is when they were asked for. */
export function noteFetch(
  { events, settings }: Engine,
  kind: 'info' | 'mod' | 'zip',
  { path, version }: Target,
  bytes: number,
  start: number,
): void {
  events.emit(() => ({ type: 'fetch', kind, path, version, bytes, milliseconds: settings.now() - start }));
}

/** The refusal of what is larger than it may be. */
export function tooLarge(what: string, size: number, limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `${what} has ${size} bytes, more than the limit of ${limit}`, {
    data: { limit },
  });
}
