// `.info`, `.mod` and `.zip` of canonical versions: memory, then storage, then the source.
//
// Invariants:
// - What memory has costs no I/O; what storage has costs one read per file.
// - N callers who want one cold file cause one fetch; each of them may leave (protocol-cases rows 50, 51).
// - What is stored is answered only once it is verified, where a checksum database is set.
// - An absence is remembered for a while; a fault never is.
// - A version whose zip the source lacks still serves `.info` and `.mod` (spec §10.10), and neither needs the zip (row 10).

import type { ModuleSource } from '../source/source.ts';
import { type CapturedZip, captureZip } from './capture-zip.ts';
import type { CapturedVersion } from './captured.ts';
import type { Drafts } from './draft.ts';
import { type Engine, missing, reportRefusal, sourceFor } from './engine.ts';
import type { Gate } from './gate.ts';
import type { Target } from './keys.ts';
import { publishInfo } from './publish-info.ts';
import type { FileKind, InfoFile, ReadOptions, RepositoryFile, ZipFile } from './repository.ts';

/** Reads files of canonical versions. */
export interface Pinned {
  info(target: Target, options: ReadOptions): Promise<InfoFile>;
  goMod(target: Target, options: ReadOptions): Promise<RepositoryFile>;
  zip(target: Target, options: ReadOptions): Promise<ZipFile>;
}

/** Creates {@link Pinned}. */
export function createPinned(engine: Engine, drafts: Drafts, gate: Gate): Pinned {
  const { captured, verification } = engine;

  /** Undefined, and no time spent, where there is nothing to verify any more. */
  const admit = (target: Target, options: ReadOptions): Promise<void> | undefined =>
    verification?.isAdmitted('mod', target) === false ? verification.admitVersion(target, options) : undefined;

  const version = (target: Target, source: ModuleSource, signal: AbortSignal): Promise<CapturedVersion> => {
    const capture = (shared: AbortSignal) => captureVersion(engine, drafts, target, source, shared);
    return engine.flights.run(`version ${target.name}`, capture, signal);
  };

  const judged = (kind: FileKind, target: Target, file: InfoFile, options: ReadOptions) =>
    reportRefusal(engine, kind, target, () => gate.check(target.path, file.info, options));

  return {
    async info(target, options) {
      const wait = gate.admit('info', target, options);
      if (wait !== undefined) await wait;
      const file = await answer(engine, 'info', target, options, {
        known: () => captured.memory.info(target),
        stored: (signal) => captured.info(target, signal),
        cold: async (source, signal) => (await version(target, source, signal)).info,
      });
      await judged('info', target, file, options);
      const proof = admit(target, options);
      if (proof !== undefined) await proof;
      return file;
    },
    async goMod(target, options) {
      const wait = gate.admit('mod', target, options);
      if (wait !== undefined) await wait;
      const file = await answer(engine, 'mod', target, options, {
        known: () => captured.memory.goMod(target),
        stored: async (signal) => (await captured.version(target, signal))?.goMod,
        cold: async (source, signal) => (await version(target, source, signal)).goMod,
      });
      // As for the others: the answer may have taken long enough for somebody to withdraw the version.
      const late = gate.admit('mod', target, options);
      if (late !== undefined) await late;
      const proof = admit(target, options);
      if (proof !== undefined) await proof;
      return file;
    },
    async zip(target, options) {
      const wait = gate.admit('zip', target, options);
      if (wait !== undefined) await wait;
      let isCold = false;
      const { info, zip } = await answer<CapturedZip>(engine, 'zip', target, options, {
        known: () => both(captured.memory.info(target), captured.memory.zip(target)),
        stored: async (signal) => {
          const [info, zip] = await Promise.all([captured.info(target, signal), captured.zip(target, signal)]);
          isCold = info === undefined;
          return both(info, zip);
        },
        cold: (source, signal) => captureZip(engine, drafts, gate, target, source, isCold, signal),
      });
      await judged('zip', target, info, options);
      const proof = admit(target, options);
      if (proof !== undefined) await proof;
      if (verification?.isAdmitted('zip', target) === false) await verification.admitZip(target, zip, options);
      return zip;
    },
  };
}

/** Where a file may come from, nearest first. */
interface Places<T> {
  known(): T | undefined;
  stored(signal: AbortSignal | undefined): Promise<T | undefined>;
  cold(source: ModuleSource, signal: AbortSignal): Promise<T>;
}

async function answer<T>(
  engine: Engine,
  kind: 'info' | 'mod' | 'zip',
  target: Target,
  options: ReadOptions,
  places: Places<T>,
): Promise<T> {
  const { path, version } = target;
  const tell = (type: 'hit' | 'miss') => engine.events.emit(() => ({ type, kind, path, version }));
  const known = places.known();
  if (known !== undefined) {
    tell('hit');
    return known;
  }
  // Not before: the signal may be one that is made when it is looked at.
  const { signal } = options;
  signal?.throwIfAborted();
  const source = sourceFor(engine, options);
  if (source === undefined) {
    const stored = await places.stored(signal);
    tell(stored === undefined ? 'miss' : 'hit');
    if (stored === undefined) throw missing(engine, kind === 'info' ? target.name : `the ${kind} of ${target.name}`);
    return stored;
  }
  let missed = false;
  const load = async (shared: AbortSignal): Promise<T> => {
    const stored = await places.stored(shared);
    if (stored !== undefined) return stored;
    missed = true;
    tell('miss');
    return places.cold(source, shared);
  };
  const found = await engine.freshness.get(path, `${kind} ${version}`, load, { remember: 'absence', signal });
  // Also for those who waited for somebody else's miss.
  if (!missed) tell('hit');
  return found;
}

/** Captures `.info` and `.mod`, unless another question about the version has just done so. */
async function captureVersion(
  engine: Engine,
  drafts: Drafts,
  target: Target,
  source: ModuleSource,
  signal: AbortSignal,
): Promise<CapturedVersion> {
  const { memory } = engine.captured;
  const [info, goMod] = [memory.info(target), memory.goMod(target)];
  if (info !== undefined && goMod !== undefined) return { info, goMod };
  return publishInfo(engine, target, await drafts.get(target, source, signal), signal);
}

function both(info: InfoFile | undefined, zip: ZipFile | undefined): CapturedZip | undefined {
  return info === undefined || zip === undefined ? undefined : { info, zip };
}
