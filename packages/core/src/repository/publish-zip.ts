// Publication of a verified zip: `.ziphash` first, then `.zip`.
//
// Invariants:
// - Zips are compared by their h1 sum, not by bytes: compressors differ (DESIGN §3).
// - `.ziphash` binds: where it stays without its zip (retention, a crash), only a zip with the same sum may follow.
// - A different sum is a conflict, told to listeners. Where the zip of the first capture is there, or comes within seconds,
//   that one is served.

import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { Engine } from './engine.ts';
import type { Target } from './keys.ts';
import type { ZipFile } from './repository.ts';
import { damaged } from './store.ts';

/** More than a sum has (spec §8.7), with room for what else may have written the file. */
const sumLimit = 1024;

/** What became of a zip that was offered. */
export interface PublishedZip {
  /** The zip to serve, ours or not. */
  readonly zip: ZipFile;
  /** Its sum. */
  readonly h1: string;
  /** Whether this call made the sum the version's, which one call ever does. */
  readonly created: boolean;
}

/** Publishes the zip of a published version, or adopts the one that is there. */
export async function publishZip(
  engine: Engine,
  target: Target,
  zip: ByteSource,
  h1: string,
  signal: AbortSignal,
): Promise<PublishedZip> {
  const { store, captured, events } = engine;
  const { path, version } = target;
  const { sum: bound, created, fresh } = await bindSum(engine, target, h1, signal);
  if (bound === h1) {
    if (await store.create(target.zip, zip, 'application/zip', signal)) {
      events.emit(() => ({ type: 'publish', kind: 'zip', path, version, h1 }));
    }
    captured.noteSum(target, h1);
  } else {
    events.emit(() => ({ type: 'conflict', kind: 'zip', path, version, stored: bound, offered: h1 }));
  }
  const stored =
    (await captured.zip(target, signal)) ?? (fresh ? await zipOfWinner(engine, target, signal) : undefined);
  if (stored !== undefined) return { zip: stored, h1: bound, created };
  if (bound === h1) throw damaged(target.zip, 'cannot be read back');
  throw new GoModKitError(
    'conflict',
    `the zip of ${target.name} has changed: it was captured with ${bound}, and the source now has ${h1}`,
    { data: { stored: bound, offered: h1 } },
  );
}

/** Milliseconds to wait for the zip of another process that has bound its sum and is about to store it. */
const contestDelays: readonly number[] = [25, 100, 400, 1600];

/** The zip whose sum another process bound a moment ago; undefined when it does not come. */
async function zipOfWinner(
  { captured, settings }: Engine,
  target: Target,
  signal: AbortSignal,
): Promise<ZipFile | undefined> {
  for (const delay of contestDelays) {
    await settings.sleep(delay, signal);
    const zip = await captured.zip(target, signal);
    if (zip !== undefined) return zip;
  }
  return undefined;
}

/** The sum that the version's zip must have from now on, and whether somebody else bound it so lately that its zip may be on its way. */
async function bindSum(
  { store, settings }: Engine,
  target: Target,
  h1: string,
  signal: AbortSignal,
): Promise<{ readonly sum: string; readonly created: boolean; readonly fresh: boolean }> {
  const key = target.ziphash;
  const created = await store.create(key, bytesSource(encodeUtf8(h1)), 'text/plain; charset=utf-8', signal);
  if (created) return { sum: h1, created, fresh: false };
  const stored = await store.read(key, sumLimit, signal);
  if (stored === undefined) throw damaged(key, 'cannot be read back');
  const sum = (decodeUtf8(stored.bytes) ?? '').trim();
  return { sum, created, fresh: sum !== h1 && settings.now() - stored.modified.getTime() < settings.limits.grace };
}
