// Publishing a module that nobody captures from elsewhere.
//
// Invariants:
// - Nothing is stored before the content is there whole, checked and hashed; then the steps of every publication follow (DESIGN §3).
// - The first one wins, be it a publisher or a capture: the same content again is no error, other content is a `conflict` that says both sums.
// - Of two publishers at once, only the one whose `.info` is stored may bind a zip while the other's may still come: no version is
//   the time and origin of one with the content of another.
// - A withdrawn version is not published, not even with the same bytes.
// - No checksum database is asked: what is published here is its publisher's, and nobody outside hears its name.

import { equalBytes } from '../../bytes/utf8.ts';
import { hashGoMod } from '../../dirhash/index.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { verifyZip } from '../../zip/index.ts';
import { named } from '../capture-zip.ts';
import type { CapturedVersion } from '../captured.ts';
import { type Engine, reportRefusal } from '../engine.ts';
import type { Draft } from '../files.ts';
import type { Gate } from '../gate.ts';
import { type Target, targetOf } from '../keys.ts';
import { commitsDiffer, publishInfo } from '../publish-info.ts';
import { type PublishedZip, publishZip } from '../publish-zip.ts';
import { noteOwn } from '../verification/marks.ts';
import { discardContent, spoolContent } from './content.ts';
import { checkPublishable, goModOf, infoOf } from './rules.ts';
import type { Publish, PublishContent, Published } from './types.ts';

/** Makes {@link Repository.publish}. */
export function createPublish(engine: Engine, gate: Gate): Publish {
  let publications = 0;
  return async (module, content, options) => {
    const { limits, now } = engine.settings;
    try {
      const target = targetOf(module.path, module.version);
      checkPublishable(target);
      const info = infoOf(target, options, now(), limits.info);
      const work = (signal: AbortSignal) =>
        reportRefusal(engine, 'zip', target, () => publishContent(engine, gate, target, info, content, signal));
      // Not shared with anybody: a flight is what close() waits for.
      return await engine.flights.run(`publish ${publications++}`, work, options.signal);
    } catch (error) {
      discardContent(content, error);
      throw error;
    }
  };
}

async function publishContent(
  engine: Engine,
  gate: Gate,
  target: Target,
  info: Pick<Draft, 'info' | 'infoBytes'>,
  content: PublishContent,
  signal: AbortSignal,
): Promise<Published> {
  const { limits } = engine.settings;
  await gate.admitPublication(target, { signal });
  const spooled = await spoolContent(target, content, limits.zip, signal);
  try {
    return await engine.cold.run(async () => {
      const verified = await verifyZip(target, spooled, { signal }).catch((error: unknown) => {
        throw named(target, error);
      });
      const draft = { ...info, goMod: goModOf(target, verified.goMod, limits.goMod) };
      await gate.admitPublication(target, { signal });
      await noteOwn(engine.store, target, { mod: hashGoMod(draft.goMod), zip: verified.h1 }, signal);
      const version = await publishInfo(engine, target, draft, signal);
      await checkAdopted(engine, target, version, draft, signal);
      const { zip, created } = await bindZip(engine, target, spooled, verified.h1, signal);
      const sums = { zip: verified.h1, goMod: hashGoMod(draft.goMod) };
      return { path: target.path, version: target.version, created, info: version.info.info, sums, size: zip.size };
    }, signal);
  } finally {
    await spooled.dispose();
  }
}

/** Milliseconds to wait for the zip of whoever has just stored another `.info`. */
const contestDelays: readonly number[] = [25, 100, 400, 1600];

/** Rejects with `conflict` when the version is another one; waits while the zip of whoever made it may be on its way. */
async function checkAdopted(
  engine: Engine,
  target: Target,
  version: CapturedVersion,
  draft: Draft,
  signal: AbortSignal,
): Promise<void> {
  const { store, settings } = engine;
  const { info, goMod } = version;
  if (!equalBytes(goMod.bytes, draft.goMod))
    throw conflict(target, 'go.mod', hashGoMod(goMod.bytes), hashGoMod(draft.goMod));
  if (commitsDiffer(info.info, draft.info)) {
    throw conflict(target, 'commit', info.info.origin?.Hash ?? '', draft.info.origin?.Hash ?? '');
  }
  if (equalBytes(info.bytes, draft.infoBytes)) return;
  const age = settings.now() - (info.modified?.getTime() ?? 0);
  for (const delay of age < settings.limits.grace ? contestDelays : []) {
    if ((await store.head(target.ziphash, signal)) !== undefined) return;
    await settings.sleep(delay, signal);
  }
}

async function bindZip(
  engine: Engine,
  target: Target,
  zip: Parameters<typeof publishZip>[2],
  h1: string,
  signal: AbortSignal,
): Promise<PublishedZip> {
  const published = await publishZip(engine, target, zip, h1, signal).catch((error: unknown) => {
    if (!isGoModKitError(error, 'conflict')) throw error;
    throw conflict(target, 'zip', String(error.data.stored), h1);
  });
  if (published.h1 !== h1) throw conflict(target, 'zip', published.h1, h1);
  return published;
}

function conflict({ name }: Target, what: 'go.mod' | 'zip' | 'commit', stored: string, offered: string): GoModKitError {
  const message = `${name} is there already, with another ${what}:\n  stored  ${stored}\n  offered ${offered}\nwhat was first stays: publish another version`;
  return new GoModKitError('conflict', message, { data: { what, stored, offered } });
}
