// Publication of a verified zip: `.ziphash` first, then `.zip`.
//
// Invariants:
// - Zips are compared by their h1 sum, not by bytes: compressors differ (DESIGN §3).
// - `.ziphash` binds: where it stays without its zip (retention, a crash), only a zip with the same sum may follow.
// - A different sum is a conflict, told to listeners. Where the zip of the first capture is there, that one is served.

import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { Engine } from './engine.ts';
import type { Target } from './keys.ts';
import type { ZipFile } from './repository.ts';
import { damaged } from './store.ts';

/** More than a sum has (spec §8.7), with room for what else may have written the file. */
const sumLimit = 1024;

/** Publishes the zip of a published version, or adopts the one that is there. */
export async function publishZip(
  engine: Engine,
  target: Target,
  zip: ByteSource,
  h1: string,
  signal: AbortSignal,
): Promise<ZipFile> {
  const { store, captured, events } = engine;
  const { path, version } = target;
  const bound = await bindSum(engine, target, h1, signal);
  if (bound === h1) {
    if (await store.create(target.zip, zip, 'application/zip', signal)) {
      events.emit(() => ({ type: 'publish', kind: 'zip', path, version, h1 }));
    }
    captured.noteSum(target, h1);
  } else {
    events.emit(() => ({ type: 'conflict', kind: 'zip', path, version, stored: bound, offered: h1 }));
  }
  const stored = await captured.zip(target, signal);
  if (stored !== undefined) return stored;
  if (bound === h1) throw damaged(target.zip, 'cannot be read back');
  throw new GoModKitError(
    'conflict',
    `the zip of ${target.name} has changed: it was captured with ${bound}, and the source now has ${h1}`,
    { data: { stored: bound, offered: h1 } },
  );
}

/** The sum that the version's zip must have from now on. */
async function bindSum({ store }: Engine, target: Target, h1: string, signal: AbortSignal): Promise<string> {
  const key = target.ziphash;
  if (await store.create(key, bytesSource(encodeUtf8(h1)), 'text/plain; charset=utf-8', signal)) return h1;
  const stored = await store.read(key, sumLimit, signal);
  if (stored === undefined) throw damaged(key, 'cannot be read back');
  return (decodeUtf8(stored.bytes) ?? '').trim();
}
