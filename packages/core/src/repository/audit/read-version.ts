// The files of one version, read and judged each by itself.
//
// Invariants:
// - Each file is read once, and no longer than it may be.
// - A file that is bad is told, and then not there for what comes after: one damage is one finding.
// - What storage cannot deliver is a finding, never the end of the audit. Only aborts, a closed storage and objects that changed
//   since they were listed end the look at a version.

import { decodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { parseInfo } from '../../source/info.ts';
import type { VersionInfo } from '../../source/source.ts';
import type { ObjectInfo } from '../../storage/storage.ts';
import { type VerifiedZip, verifyZip } from '../../zip/index.ts';
import { checkModuleLine } from '../draft.ts';
import type { Extension, Target } from '../keys.ts';
import { badFile } from './finding.ts';
import type { AuditContext, Findings, StoredFiles } from './inspection.ts';
import { changed, readStored, storedSource } from './stored-source.ts';

/** What could be read and is good in itself. */
export interface VersionFiles {
  readonly info: VersionInfo | undefined;
  readonly mod: Uint8Array | undefined;
  /** What `.ziphash` binds. */
  readonly sum: string | undefined;
  readonly zip: VerifiedZip | undefined;
  /** Stored bytes that were read and are good. */
  readonly bytes: number;
}

/** More than a `.ziphash` has (spec §8.7), with room for what else may have written the file. */
const sumLimit = 1024;

/** Reads the files of a version. */
export async function readVersion(
  { engine, signal }: AuditContext,
  target: Target,
  files: StoredFiles,
  findings: Findings,
): Promise<VersionFiles> {
  const { store, settings } = engine;
  const limits = { ...settings.limits, ziphash: sumLimit, mod: settings.limits.goMod };
  let bytes = 0;

  const judged = async <T>(file: Extension, judge: (object: ObjectInfo) => Promise<T>): Promise<T | undefined> => {
    const object = files[file];
    if (object === undefined) return undefined;
    if (object.size > limits[file]) {
      findings.add(badFile[file], file, `it has ${object.size} bytes, more than the ${limits[file]} that it may have`);
      return undefined;
    }
    try {
      const good = await judge(object);
      bytes += object.size;
      return good;
    } catch (error) {
      signal.throwIfAborted();
      if (error === changed || !isGoModKitError(error) || error.code === 'closed') throw error;
      findings.add(error.code === 'storage_unavailable' ? 'unreadable' : badFile[file], file, error.message);
      return undefined;
    }
  };
  const whole = (object: ObjectInfo): Promise<Uint8Array> => readStored(store, object, signal);

  // One after the other: the order of findings is that of the files.
  const info = await judged('info', async (object) => infoOf(target, await whole(object)));
  const mod = await judged('mod', async (object) => goModOf(target, await whole(object)));
  const sum = await judged('ziphash', async (object) => sumOf(await whole(object)));
  const zip = await judged('zip', async (object) => {
    return verifyZip(target, await storedSource(store, object, signal), { signal });
  });
  return { info, mod, sum, zip, bytes };
}

function infoOf({ version }: Target, bytes: Uint8Array): VersionInfo {
  const info = parseInfo(bytes);
  if (info.version === version) return info;
  throw new GoModKitError('invalid_version', `it names ${JSON.stringify(info.version)} and not ${version}`);
}

function goModOf(target: Target, bytes: Uint8Array): Uint8Array {
  checkModuleLine(target, bytes);
  return bytes;
}

function sumOf(bytes: Uint8Array): string {
  const text = (decodeUtf8(bytes) ?? '').trim();
  if (/^h1:[A-Za-z0-9+/]{43}=$/.test(text)) return text;
  throw new GoModKitError('invalid_argument', `it is ${JSON.stringify(text.slice(0, 60))} and no h1: sum`);
}
