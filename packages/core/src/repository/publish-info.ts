// Publication of `.mod` and `.info`: the step by which a version begins to exist.
//
// Invariants:
// - `.mod` first, `.info` last: `.info` is the commit marker, and no reader sees a version half-written (DESIGN §3).
// - The first capture wins. What is there already is compared: `.mod` by bytes, `.info` by version, and by commit when both name one.
//   Equal is adopted; different is a conflict, told to listeners, and the first capture is what is served.
// - A `.mod` that another process left without `.info` never blocks the version for ever: equal is adopted, and different is
//   reclaimed once it is older than the grace period. A zip without `.info` was never checked by a publication, so it is never adopted.
// - What is answered is what storage holds afterwards, read back.

import { bytesSource } from '../bytes/source.ts';
import { equalBytes } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { GoModKitError } from '../errors/error.ts';
import type { VersionInfo } from '../source/source.ts';
import type { CapturedVersion } from './captured.ts';
import type { Draft } from './draft.ts';
import type { Engine } from './engine.ts';
import type { Target } from './keys.ts';
import { damaged } from './store.ts';

/** Milliseconds to wait for another process that publishes other bytes at this moment. */
const contestDelays: readonly (number | undefined)[] = [25, 100, 400, 1600, undefined];

/** Publishes a version, or adopts the one that is there. */
export async function publishInfo(
  engine: Engine,
  target: Target,
  draft: Draft,
  signal: AbortSignal,
): Promise<CapturedVersion> {
  const { store, captured, events, freshness } = engine;
  await reclaimZip(engine, target, signal);
  await placeGoMod(engine, target, draft, signal);
  const created = await store.create(target.info, bytesSource(draft.infoBytes), 'application/json', signal);
  const stored = await captured.version(target, signal);
  if (stored === undefined) throw damaged(target.info, 'cannot be read back');
  if (created) {
    freshness.published(target.path);
    events.emit(() => ({ type: 'publish', kind: 'info', path: target.path, version: target.version }));
  }
  reportDifferences(engine, target, stored, draft);
  return stored;
}

/** Whether two descriptions of a version name different commits. One that names none is compatible with any. */
export function commitsDiffer(a: VersionInfo, b: VersionInfo): boolean {
  const [x, y] = [a.origin?.Hash, b.origin?.Hash];
  return x !== undefined && y !== undefined && x !== y;
}

/** Puts `.mod` in place. Returns also when another capture is committed already: then its files are the ones to serve. */
async function placeGoMod(engine: Engine, target: Target, draft: Draft, signal: AbortSignal): Promise<void> {
  const { store, captured, settings } = engine;
  for (const delay of contestDelays) {
    if (await store.create(target.mod, bytesSource(draft.goMod), 'text/plain; charset=utf-8', signal)) return;
    const stored = await store.read(target.mod, settings.limits.goMod, signal);
    // Reclaimed by another process a moment ago.
    if (stored === undefined) continue;
    if (equalBytes(stored.bytes, draft.goMod) || (await captured.info(target, signal)) !== undefined) return;
    if (isOld(engine, stored.modified) && (await store.delete(target.mod, signal))) continue;
    if (delay !== undefined) await settings.sleep(delay, signal);
  }
  throw leftover(engine, target, target.mod);
}

/** Removes an old zip that no `.info` stands before. */
async function reclaimZip(engine: Engine, target: Target, signal: AbortSignal): Promise<void> {
  const { store } = engine;
  const { objects } = await store.list({ prefix: target.zip, signal });
  for (const { key, modified } of objects) {
    if (key !== target.zip && key !== target.ziphash) continue;
    // Asked after the listing: a version that is published by now has these files by right.
    if ((await store.head(target.info, signal)) !== undefined) return;
    if (!isOld(engine, modified) || !(await store.delete(key, signal))) throw leftover(engine, target, key);
  }
}

function isOld({ settings }: Engine, modified: Date): boolean {
  return settings.now() - modified.getTime() > settings.limits.grace;
}

function leftover({ settings, store }: Engine, target: Target, key: string): GoModKitError {
  const minutes = Math.ceil(settings.limits.grace / 60_000);
  const help = store.canDelete
    ? `what an interrupted capture left is reclaimed after ${minutes} minutes`
    : 'this storage cannot delete, so somebody must remove what an interrupted capture left';
  return new GoModKitError('conflict', `another capture of ${target.name} with other content is unfinished; ${help}`, {
    data: { key, transient: store.canDelete },
  });
}

function reportDifferences({ events }: Engine, target: Target, stored: CapturedVersion, draft: Draft): void {
  const { path, version } = target;
  if (!equalBytes(stored.goMod.bytes, draft.goMod)) {
    events.emit(() => ({
      type: 'conflict',
      kind: 'mod',
      path,
      version,
      stored: hashGoMod(stored.goMod.bytes),
      offered: hashGoMod(draft.goMod),
    }));
  } else if (commitsDiffer(stored.info.info, draft.info)) {
    events.emit(() => ({
      type: 'conflict',
      kind: 'info',
      path,
      version,
      stored: stored.info.info.origin?.Hash ?? '',
      offered: draft.info.origin?.Hash ?? '',
    }));
  }
}
