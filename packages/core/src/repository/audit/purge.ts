// Taking away what a checksum database disproves, and zips that are damaged.
//
// Invariants:
// - Nothing goes before its copy is kept: every file, and what the database said, below `.gomodkit/audit/`.
// - Order: `.zip`, `.ziphash`, `.info`, `.mod` last. At every moment what is left is what publication can leave, so that a capture
//   that comes in between, or after a crash, finds leftovers that it knows (publish-info.ts).
// - Of a damaged zip the `.ziphash` stays, as where retention removes one: what follows has the same content (DESIGN §3).
// - Only the objects that were judged are removed: another one in their place stays, and so does a `.mod` for which a capture has stored
//   an `.info` anew meanwhile.
// - Where another audit is faster, it has removed the version, and this one nothing.

import { sha256 } from '#sha256';
import { hex } from '../../bytes/hex.ts';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ObjectInfo } from '../../storage/storage.ts';
import type { Extension } from '../keys.ts';
import type { AuditContext, Inspection } from './inspection.ts';
import { changed, storedSource } from './stored-source.ts';

/** What was removed. */
export interface Purged {
  readonly keys: readonly string[];
  /** What the keys of the evidence begin with. */
  readonly evidence: string;
}

/** What goes, in this order, and what its evidence is called. */
interface Removal {
  readonly what: 'purged' | 'removed';
  readonly order: readonly Extension[];
}

const wholeVersion: Removal = { what: 'purged', order: ['zip', 'ziphash', 'info', 'mod'] };
const zipAlone: Removal = { what: 'removed', order: ['zip'] };

const evidenceFolder = '.gomodkit/audit';

/**
 * Removes a disproved version; undefined where its files changed meanwhile, and everything stays. Rejects with `storage_unavailable`
 * when the evidence cannot be kept: then, too.
 */
export function purge(context: AuditContext, inspection: Inspection): Promise<Purged | undefined> {
  return takeAway(context, inspection, wholeVersion);
}

/** Removes a damaged zip as {@link purge} removes a version. */
export function removeZip(context: AuditContext, inspection: Inspection): Promise<Purged | undefined> {
  return takeAway(context, inspection, zipAlone);
}

async function takeAway(context: AuditContext, inspection: Inspection, removal: Removal): Promise<Purged | undefined> {
  const { target, files } = inspection;
  const { engine, signal } = context;
  const evidence = await keepEvidence(context, inspection, removal).catch((error: unknown) => {
    if (error === changed) return undefined;
    throw error;
  });
  if (evidence === undefined) return undefined;
  const keys: string[] = [];
  for (const file of removal.order) {
    const object = files[file];
    if (object === undefined || (await engine.store.head(object.key, signal))?.etag !== object.etag) continue;
    if (file === 'mod' && (await engine.store.head(target.info, signal)) !== undefined) continue;
    await engine.store.delete(object.key, signal);
    keys.push(object.key);
  }
  if (keys.length === 0) return undefined;
  engine.captured.forget(target);
  await engine.verification?.forget(target, signal);
  engine.freshness.published(target.path, () => false);
  return { keys, evidence };
}

async function keepEvidence(
  context: AuditContext,
  { target, files, findings }: Inspection,
  { what, order }: Removal,
): Promise<string> {
  const { engine, signal } = context;
  const at = new Date(engine.settings.now()).toISOString();
  const objects = order.flatMap((file): (readonly [Extension, ObjectInfo])[] => {
    const object = files[file];
    return object === undefined ? [] : [[file, object]];
  });
  const report = {
    path: target.path,
    version: target.version,
    [what]: at,
    findings,
    files: objects.map(([file, { key, size, etag, modified }]) => ({ file, key, size, etag, modified })),
  };
  const text = encodeUtf8(`${JSON.stringify(report, undefined, 2)}\n`);
  const folder = `${evidenceFolder}/${what}/${at.replace(/\D/g, '')}-${hex(sha256(text)).slice(0, 16)}`;
  const keep = async (name: string, source: ByteSource, type: string): Promise<void> => {
    const key = `${folder}/${name}`;
    await engine.store.create(key, source, type, signal);
    const kept = await engine.store.head(key, signal);
    if (kept?.size === source.size) return;
    throw new GoModKitError('storage_unavailable', `the evidence ${key} cannot be kept, so nothing is removed`);
  };
  for (const [file, object] of objects) {
    await keep(file, await storedSource(engine.store, object, signal), 'application/octet-stream');
  }
  await keep('evidence.json', bytesSource(text), 'application/json');
  return `${folder}/`;
}
