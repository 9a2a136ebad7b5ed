// From a request for a cold zip to a published one.
//
// Invariants:
// - The zip is taken whole, verified and hashed before the first byte is stored or served (DESIGN §3). Where the version itself is
//   cold, nothing of it is stored before its zip has passed either.
// - A root go.mod in the zip that differs from `.mod` is refused, unless both sums are proven (protocol-cases row 29). A zip without
//   one has nothing to compare: the synthesized `.mod` is not in the zip (spec §7.15).
// - What was spooled is disposed of, and the source's body read or cancelled, on every way out.
// - A zip that is withdrawn or that a policy denies is never downloaded, nor stored when it was withdrawn meanwhile.

import { spool } from '#spool';
import type { ByteSource } from '../bytes/source.ts';
import { equalBytes } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleSource, VersionInfo } from '../source/source.ts';
import { verifyZip } from '../zip/index.ts';
import type { CapturedVersion } from './captured.ts';
import { type Drafts, noteFetch, tooLarge } from './draft.ts';
import { type Engine, reportRefusal } from './engine.ts';
import type { Gate } from './gate.ts';
import type { Target } from './keys.ts';
import { commitsDiffer, publishInfo } from './publish-info.ts';
import { publishZip } from './publish-zip.ts';
import type { InfoFile, ZipFile } from './repository.ts';

/** A zip with the version that it belongs to. */
export interface CapturedZip {
  readonly info: InfoFile;
  readonly zip: ZipFile;
}

/** What a zip must belong to: a version that is captured already, or one that is about to be. */
interface Candidate {
  readonly info: VersionInfo;
  readonly goMod: Uint8Array;
  publish(): Promise<CapturedVersion>;
}

/** Captures the zip of a version, and the version itself where it is `cold`, for all that storage said a moment ago. */
export function captureZip(
  engine: Engine,
  drafts: Drafts,
  gate: Gate,
  target: Target,
  source: ModuleSource,
  cold: boolean,
  signal: AbortSignal,
): Promise<CapturedZip> {
  return reportRefusal(engine, 'zip', target, async () => {
    const candidate = await candidateOf(engine, drafts, target, source, cold, signal);
    await gate.check(target.path, candidate.info, { signal });
    const spooled = await fetchZip(engine, target, source, candidate.info, signal);
    try {
      return await engine.cold.run(async () => {
        const h1 = await verify(engine, target, spooled, candidate.goMod, signal);
        // The download may have taken long enough for somebody to withdraw the version.
        await gate.admit('zip', target, { signal });
        const version = await candidate.publish();
        const zip = isOf(version, candidate)
          ? (await publishZip(engine, target, spooled, h1, signal)).zip
          : await otherZip(engine, target, signal);
        return { info: version.info, zip };
      }, signal);
    } finally {
      drafts.drop(target);
      await spooled.dispose();
    }
  });
}

/** Whether a version is the capture that a candidate's zip belongs to. */
function isOf({ info, goMod }: CapturedVersion, candidate: Candidate): boolean {
  return equalBytes(goMod.bytes, candidate.goMod) && !commitsDiffer(info.info, candidate.info);
}

async function candidateOf(
  engine: Engine,
  drafts: Drafts,
  target: Target,
  source: ModuleSource,
  cold: boolean,
  signal: AbortSignal,
): Promise<Candidate> {
  const { captured } = engine;
  const known = cold && captured.memory.info(target) === undefined ? undefined : await captured.version(target, signal);
  if (known !== undefined) return { info: known.info.info, goMod: known.goMod.bytes, publish: async () => known };
  const draft = await drafts.get(target, source, signal, { zipFollows: true });
  return { info: draft.info, goMod: draft.goMod, publish: () => publishInfo(engine, target, draft, signal) };
}

async function fetchZip(
  engine: Engine,
  target: Target,
  source: ModuleSource,
  { origin }: VersionInfo,
  signal: AbortSignal,
): ReturnType<typeof spool> {
  const { limits, now } = engine.settings;
  const what = `${target.name}.zip`;
  const start = now();
  const { size, body } = await source.zip(target.path, target.version, { signal, origin });
  if (size !== undefined && size > limits.zip) {
    body.cancel().catch(() => {}); // not awaited: it may never settle
    throw tooLarge(what, size, limits.zip);
  }
  // Many that wait for their turn wait on disk, not in memory.
  const memory = engine.cold.waiting < limits.coldWork ? undefined : 0;
  const spooled = await spool(body, { limit: limits.zip, what, memory, signal });
  if (size !== undefined && size !== spooled.size) {
    await spooled.dispose();
    throw new GoModKitError(
      'upstream_unavailable',
      `${what} was cut off: ${spooled.size} bytes came and ${size} were announced; try again`,
      { data: { transient: true } },
    );
  }
  noteFetch(engine, 'zip', target, spooled.size, start);
  return spooled;
}

/** The zip's sum, after everything that could speak against the zip was heard. */
async function verify(
  { settings: { verifier } }: Engine,
  target: Target,
  zip: ByteSource,
  goMod: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const verified = await verifyZip(target, zip, { signal }).catch((error: unknown) => {
    throw named(target, error);
  });
  const zipProven = (await verifier?.zip(target, verified.h1, { signal })) ?? false;
  if (verified.goMod === undefined || equalBytes(verified.goMod, goMod)) return verified.h1;
  const proven = zipProven && ((await verifier?.goMod(target, hashGoMod(goMod), { signal })) ?? false);
  if (proven) return verified.h1;
  throw new GoModKitError(
    'invalid_zip',
    `the go.mod in the zip of ${target.name} differs from the go.mod that is served for it`,
    {
      data: { zip: hashGoMod(verified.goMod), served: hashGoMod(goMod) },
    },
  );
}

/** Rules of zips speak of entries; whoever reads of one they break wants to know whose zip it is. */
export function named({ name }: Target, error: unknown): unknown {
  if (!isGoModKitError(error, 'invalid_zip')) return error;
  const message = `the zip of ${name} breaks the rules of module zips:\n${error.message}`;
  return new GoModKitError('invalid_zip', message, { cause: error, data: error.data });
}

/** Another instance captured the version from another commit or with another go.mod meanwhile. Its zip is the one to serve, if it has it already. */
async function otherZip({ captured }: Engine, target: Target, signal: AbortSignal): Promise<ZipFile> {
  const zip = await captured.zip(target, signal);
  if (zip !== undefined) return zip;
  throw new GoModKitError(
    'conflict',
    `${target.name} was captured by another instance at the same time with other content; ask again for its zip`,
    { data: { transient: true } },
  );
}
