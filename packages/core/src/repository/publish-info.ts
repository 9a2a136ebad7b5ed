// Publication of `.mod` and `.info`: the step by which a version begins to exist.
//
// Invariants:
// - `.mod` first, `.info` last: `.info` is the commit marker, and no reader sees a version half-written (DESIGN §3).
// - The first capture wins. What is there already is compared: `.mod` by bytes, `.info` by version, and by commit when both name one.
//   Equal is adopted; different is a conflict, told to listeners, and the first capture is what is served.
// - A `.mod` that another process left without `.info` never blocks the version for ever: equal is adopted, and different is
//   reclaimed once it is older than the grace period.
// - `.info` follows a `.mod` of the same capture that nobody may reclaim yet: an old one is written anew, and what was put in the
//   place of a leftover is looked at again after a while, for others may have judged that leftover too.
// - A zip without `.info` was never checked by a publication, so it is never adopted. `.ziphash` without `.info` is looked for only
//   where a zip or `.mod` is: publications write it after `.info`, and whoever takes a version away must remove `.mod` last.
// - What is answered is what this process stored, or where something was there already, what storage holds.
// - The version is announced to the index before anything is stored, and its `.info` is seen to be absent after that. Its entry follows
//   by itself; nobody waits for it (index-feed/announcements.ts).

import { bytesSource } from '../bytes/source.ts';
import { equalBytes } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { GoModKitError } from '../errors/error.ts';
import type { VersionInfo } from '../source/source.ts';
import type { CapturedVersion } from './captured.ts';
import type { Engine } from './engine.ts';
import type { Draft } from './files.ts';
import type { Target } from './keys.ts';
import { damaged } from './store.ts';

/** Milliseconds to wait for another process that publishes other bytes at this moment. */
const contestDelays: readonly (number | undefined)[] = [25, 100, 400, 1600, undefined];

/** Milliseconds within which those who judged the same leftover have deleted it. */
const settleDelay = 1000;

/** Publishes a version, or adopts the one that is there. */
export async function publishInfo(
  engine: Engine,
  target: Target,
  draft: Draft,
  signal: AbortSignal,
): Promise<CapturedVersion> {
  const { captured, events, freshness } = engine;
  const { place, created } = await commit(engine, target, draft, signal);
  // Also where the version is somebody else's: what is remembered of the module cannot know of it.
  freshness.published(target.path, (answer) => namesVersion(answer, target.version));
  if (created) events.emit(() => ({ type: 'publish', kind: 'info', path: target.path, version: target.version }));
  if (created && place === 'created') return captured.noteVersion(target, draft);
  const stored = await captured.version(target, signal);
  if (stored === undefined) throw damaged(target.info, 'cannot be read back');
  reportDifferences(engine, target, stored, draft);
  return stored;
}

interface Commit {
  readonly place: Placed;
  readonly created: boolean;
}

const committed: Commit = { place: 'committed', created: false };

/** Stores `.mod` and `.info`, and announces the version; resolves to how that went. */
async function commit(engine: Engine, target: Target, draft: Draft, signal: AbortSignal): Promise<Commit> {
  const { store, indexFeed } = engine;
  const announcement = await indexFeed.announce(target, signal);
  try {
    if ((await store.head(target.info, signal)) !== undefined) return committed;
    announcement.begin();
    const [place, zip] = await Promise.all([placeGoMod(engine, target, draft, signal), store.head(target.zip, signal)]);
    if (place === 'committed') return committed;
    if (place === 'adopted' || zip !== undefined) await reclaimZip(engine, target, signal);
    await announcement.prepared(signal);
    const created = await store.create(target.info, bytesSource(draft.infoBytes), 'application/json', signal);
    announcement.commit();
    return { place, created };
  } finally {
    announcement.release();
  }
}

/** Whether a remembered answer, be it a list or what a query named, names a version. */
function namesVersion(answer: unknown, version: string): boolean {
  return Array.isArray(answer) ? answer.includes(version) : (answer as Partial<VersionInfo>).version === version;
}

/** Whether two descriptions of a version name different commits. One that names none is compatible with any. */
export function commitsDiffer(a: VersionInfo, b: VersionInfo): boolean {
  const [x, y] = [a.origin?.Hash, b.origin?.Hash];
  return x !== undefined && y !== undefined && x !== y;
}

/** How `.mod` came to be where it is. Before a `committed` one the version exists: its files are the ones to serve. */
type Placed = 'created' | 'adopted' | 'committed';

/** Puts `.mod` in place. */
async function placeGoMod(engine: Engine, target: Target, draft: Draft, signal: AbortSignal): Promise<Placed> {
  const { store, captured, settings } = engine;
  const { grace, goMod: limit } = settings.limits;
  let reclaimed = false;
  for (const delay of contestDelays) {
    const start = settings.now();
    // A process that was stopped for long does not know what became of its file meanwhile.
    const inTime = (): boolean => settings.now() - start <= Math.max(grace / 2, 2 * settleDelay);
    const created = await store.create(target.mod, bytesSource(draft.goMod), 'text/plain; charset=utf-8', signal);
    if (created && !reclaimed && inTime()) return 'created';
    if (created) await settings.sleep(settleDelay, signal);
    const stored = await store.read(target.mod, limit, signal);
    // Reclaimed by another process a moment ago.
    if (stored === undefined) continue;
    const equal = equalBytes(stored.bytes, draft.goMod);
    // An equal one is made young again in good time: somebody with other content could reclaim it before `.info` is there.
    const reclaimable = store.canDelete && isOlder(engine, stored.modified, equal ? grace / 2 : grace);
    if (equal && ((created && inTime()) || !reclaimable)) return 'adopted';
    if ((await captured.info(target, signal)) !== undefined) return 'committed';
    if (reclaimable) reclaimed = await store.delete(target.mod, signal);
    else if (delay !== undefined) await settings.sleep(delay, signal);
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
    if (!isOlder(engine, modified, engine.settings.limits.grace) || !(await store.delete(key, signal)))
      throw leftover(engine, target, key);
  }
}

function isOlder({ settings }: Engine, modified: Date, milliseconds: number): boolean {
  return settings.now() - modified.getTime() > milliseconds;
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
