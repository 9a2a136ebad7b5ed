// One version, looked at whole.
//
// Invariants:
// - Listings are no snapshot: whatever looks wrong in one is looked up again before it is called so.
// - The order of publication (`.mod`, `.info`, `.ziphash`, `.zip`; DESIGN §3) decides what may be missing.

import { decodeUtf8, equalBytes } from '../../bytes/utf8.ts';
import { hashGoMod } from '../../dirhash/index.ts';
import type { GoSum } from '../../gosum/index.ts';
import type { ObjectInfo } from '../../storage/storage.ts';
import type { Extension, Target } from '../keys.ts';
import { checkOrigin } from './check-origin.ts';
import {
  type AuditContext,
  createFindings,
  type Findings,
  type Inspection,
  type ReadCounts,
  type StoredFiles,
} from './inspection.ts';
import { readVersion, type VersionFiles } from './read-version.ts';
import { changed } from './stored-source.ts';
import { askDatabase, type Verdict } from './verdict.ts';

const extensions: readonly Extension[] = ['info', 'mod', 'ziphash', 'zip'];

/** How often a version is looked at anew because its files changed meanwhile. */
const attempts = 3;

/** Looks at a version: at its keys, and where `read` says so, at every byte. Undefined when nothing of it is there any more. */
export async function inspectVersion(
  context: AuditContext,
  target: Target,
  listed: StoredFiles,
  read: boolean,
): Promise<Inspection | undefined> {
  let files = isWhole(listed) ? listed : await lookUp(context, target);
  for (let attempt = 1; ; attempt++) {
    if (extensions.every((each) => files[each] === undefined)) return undefined;
    const findings = createFindings(target);
    try {
      return await inspect(context, target, files, read, findings);
    } catch (error) {
      if (error !== changed) throw error;
      files = await lookUp(context, target);
      if (attempt < attempts) continue;
      findings.add('unfinished', 'info', `the files of ${target.name} change while they are audited`);
      return { target, files, findings: findings.list, disproved: false, damagedZip: false };
    }
  }
}

function isWhole({ info, mod, ziphash, zip }: StoredFiles): boolean {
  return info !== undefined && mod !== undefined && (zip === undefined || ziphash !== undefined);
}

/** In the order in which they are published backwards, so that what is found has what comes before it. */
async function lookUp({ engine, signal }: AuditContext, target: Target): Promise<StoredFiles> {
  const files: Partial<Record<Extension, ObjectInfo>> = {};
  for (const extension of ['zip', 'ziphash', 'info', 'mod'] as const) {
    const object = await engine.store.head(target[extension], signal);
    if (object !== undefined) files[extension] = object;
  }
  return files;
}

async function inspect(
  context: AuditContext,
  target: Target,
  files: StoredFiles,
  read: boolean,
  findings: Findings,
): Promise<Inspection> {
  const nothing = { target, files, findings: findings.list, disproved: false, damagedZip: false };
  if (files.info === undefined) {
    judgeLeftover(context, target, files, findings);
    return nothing;
  }
  if (files.mod === undefined) findings.add('missing_mod', 'mod', 'the version exists, and its .mod is missing');
  if (files.zip !== undefined && files.ziphash === undefined)
    findings.add('missing_ziphash', 'ziphash', 'the zip is there, and the .ziphash that binds it is missing');
  if (!read) return nothing;

  const content = await readVersion(context, target, files, findings);
  const { zip, sum } = content;
  if (zip !== undefined && sum !== undefined && zip.h1 !== sum)
    findings.add('ziphash_mismatch', 'zip', `the zip has another sum than its .ziphash`, {
      expected: sum,
      actual: zip.h1,
    });
  const sums = {
    zip: zip?.h1 ?? (files.zip === undefined ? sum : undefined),
    mod: content.mod && hashGoMod(content.mod),
  };
  const verdicts = await verdictsOf(context, target, sums, findings);
  judgeGoMod(content, verdicts, findings);
  const goSum = compareWithGoSum(context.goSum, target, files, sums, findings);
  const { origins, signal } = context;
  const origin = origins && (await checkOrigin(origins, target, content.info?.origin, findings, signal));
  const counts: ReadCounts = {
    bytes: content.bytes,
    content: (zip?.uncompressedSize ?? 0) + (content.mod?.length ?? 0),
    zip: zip !== undefined,
    proven: verdicts.mod.says === 'proven' && (sums.zip === undefined || verdicts.zip.says === 'proven'),
    goSum,
    origin,
  };
  const disproved = verdicts.mod.says === 'disproved' || verdicts.zip.says === 'disproved';
  const damagedZip = isDamaged(context, target, files, content, verdicts, findings);
  return { ...nothing, read: counts, disproved, damagedZip };
}

/**
 * Whether it is the zip that is not as it must be, so that a capture can make up for it: not where the sum that would bind the next one is
 * unknown or is itself what is wrong, nor where the zip is merely larger than is allowed here.
 */
function isDamaged(
  { engine: { settings } }: AuditContext,
  target: Target,
  { zip: object }: StoredFiles,
  { sum }: VersionFiles,
  verdicts: Verdicts,
  { list }: Findings,
): boolean {
  if (object === undefined || object.size > settings.limits.zip) return false;
  if (sum === undefined || verdicts.zip.says === 'proven') return false;
  return list.some(({ key, kind }) => key === target.zip && (kind === 'bad_zip' || kind === 'ziphash_mismatch'));
}

/** Files before which no `.info` stands: somebody is at work, or was. */
function judgeLeftover(
  { engine: { settings } }: AuditContext,
  { name }: Target,
  files: StoredFiles,
  findings: Findings,
): void {
  const left = extensions.flatMap((extension) => files[extension] ?? []);
  const first = extensions.find((extension) => files[extension] !== undefined) ?? 'mod';
  const young = left.some(({ modified }) => settings.now() - modified.getTime() <= settings.limits.grace);
  const which = extensions.filter((extension) => files[extension] !== undefined).map((extension) => `.${extension}`);
  const what = `${name} has no .info, only ${which.join(', ')}`;
  if (young) findings.add('unfinished', first, `${what}: it may be captured at this moment`);
  else findings.add('missing_info', first, `${what}: an interrupted capture left that, and the next one reclaims it`);
}

interface Sums {
  readonly zip: string | undefined;
  readonly mod: string | undefined;
}

interface Verdicts {
  readonly zip: Verdict;
  readonly mod: Verdict;
}

async function verdictsOf(
  { engine, signal }: AuditContext,
  target: Target,
  sums: Sums,
  findings: Findings,
): Promise<Verdicts> {
  const mod = await askDatabase(engine, 'mod', target, sums.mod, signal);
  const zip = await askDatabase(engine, 'zip', target, sums.zip, signal);
  for (const [file, verdict] of [['mod', mod] as const, ['zip', zip] as const]) {
    if (verdict.says === 'proven' || verdict.says === 'unasked') continue;
    // The database either knows a version or does not, and is reached or not: once is enough.
    if (file === 'zip' && verdict.says === mod.says && verdict.says !== 'disproved') continue;
    findings.add(verdict.says, file, verdict.detail);
  }
  return { zip, mod };
}

/** A root go.mod that differs from `.mod` is good only where both are proven (DESIGN §3). */
function judgeGoMod({ info, mod, zip }: VersionFiles, verdicts: Verdicts, findings: Findings): void {
  // A zip without one has nothing to compare (spec §7.15).
  if (mod === undefined || zip?.goMod === undefined || equalBytes(mod, zip.goMod)) return;
  const { zip: ofZip, mod: ofMod } = verdicts;
  if (ofZip.says === 'proven' && ofMod.says === 'proven') return;
  // It may be proven; that it could not be found out is told.
  if (ofZip.says === 'unverified' || ofMod.says === 'unverified') return;
  const compared = { expected: hashGoMod(zip.goMod), actual: hashGoMod(mod) };
  if (info?.origin?.Hash !== undefined && withoutReturns(mod) === withoutReturns(zip.goMod))
    findings.add('mod_line_endings', 'mod', 'it differs from the go.mod in the zip in line endings', compared);
  else findings.add('mod_mismatch', 'mod', 'it is not the go.mod in the zip', compared);
}

function withoutReturns(bytes: Uint8Array): string | undefined {
  return decodeUtf8(bytes)?.replaceAll('\r\n', '\n');
}

function compareWithGoSum(
  goSum: GoSum | undefined,
  { path, version, name }: Target,
  files: StoredFiles,
  sums: Sums,
  findings: Findings,
): ReadCounts['goSum'] {
  const counts = { matches: 0, mismatches: 0, notStored: 0 };
  const compare = (file: 'zip' | 'mod', key: string): void => {
    // The first h1 decides (spec §8.6).
    const expected = goSum?.hashes({ path, version: key }).find((hash) => hash.startsWith('h1:'));
    const actual = sums[file];
    if (expected === undefined) return;
    if (actual === expected) counts.matches++;
    else if (actual !== undefined) {
      counts.mismatches++;
      findings.add('go_sum_mismatch', file, `go.sum has another sum for ${path} ${key}`, { expected, actual });
    } else if (files[file] === undefined) {
      counts.notStored++;
      findings.add('not_stored', file, `go.sum names the ${file} of ${name}, which is not stored`);
    }
  };
  compare('zip', version);
  compare('mod', `${version}/go.mod`);
  return counts;
}
