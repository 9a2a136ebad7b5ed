// An audit from its first key to its report.
//
// Invariants:
// - Events come in the order of keys, though several versions are read at once, and are the same whatever `concurrency` is.
// - Constant memory: some versions are under way or wait to be told, and nothing is kept of those that were.
// - However it ends (done, aborted, left by its consumer), nothing goes on behind it.

import { linkedController } from '../../async/abort.ts';
import { createLimiter } from '../../async/limiter.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { Engine } from '../engine.ts';
import { type Target, targetOf } from '../keys.ts';
import { type StoredThing, storedThings } from '../stored-objects.ts';
import type { AuditEvent, AuditOptions, AuditReport } from './audit.ts';
import { checkCursor } from './cursor.ts';
import { type AuditFinding, findingOf } from './finding.ts';
import { inspectVersion } from './inspect-version.ts';
import type { AuditContext, Inspection, StoredFiles } from './inspection.ts';
import { type Purged, purge, removeZip } from './purge.ts';
import { checkSample, pickSample } from './sample.ts';
import { createTally, modulesOf, type Tally } from './tally.ts';

/** What is to be looked at next. */
type Job = { readonly cursor: string | undefined } & (
  | { readonly target: Target; readonly files: StoredFiles; readonly read: boolean; readonly finding?: undefined }
  | { readonly finding: AuditFinding; readonly target?: undefined }
);

/** What came of it. */
interface Outcome {
  readonly cursor: string | undefined;
  readonly findings: readonly AuditFinding[];
  readonly inspection?: Inspection | undefined;
  readonly purged?: Purged | undefined;
  readonly removed?: Purged | undefined;
}

/** Audits what is stored. Throws `invalid_argument` and `unsupported` before anything is read. */
export async function* runAudit(engine: Engine, options: AuditOptions): AsyncGenerator<AuditEvent, AuditReport, void> {
  const { concurrency = 4 } = options;
  checkOptions(engine, options);
  await checkCursor(engine.store, options);
  const { controller, release } = linkedController(options.signal);
  const { goSum, differences = false } = options;
  const origins = options.origins && { source: options.origins, differences };
  const context: AuditContext = { engine, goSum, origins, signal: controller.signal };
  const limiter = createLimiter(concurrency);
  const tally = createTally();
  const underWay: Promise<Outcome>[] = [];
  // So many that one large zip does not keep the others waiting.
  const most = 4 * concurrency;
  try {
    for await (const job of jobsOf(context, options, tally)) {
      const outcome = limiter.run(() => work(context, job, options), controller.signal);
      // Awaited later; until then a failure is nobody's.
      outcome.catch(() => {});
      underWay.push(outcome);
      if (underWay.length >= most) yield* eventsOf(await shift(underWay), tally);
    }
    while (underWay.length > 0) yield* eventsOf(await shift(underWay), tally);
    return tally.report();
  } finally {
    controller.abort(new GoModKitError('closed', 'the audit has ended'));
    release();
    await Promise.allSettled(underWay);
  }
}

/** The first outcome. */
function shift(queue: Promise<Outcome>[]): Promise<Outcome> {
  const [first] = queue.splice(0, 1);
  return first ?? Promise.reject(new GoModKitError('closed', 'the audit has ended'));
}

function checkOptions({ settings, store }: Engine, options: AuditOptions): void {
  checkSample(options);
  if (options.modules !== undefined) {
    const other = (['prefix', 'sample', 'after'] as const).find((name) => options[name] !== undefined);
    if (other !== undefined)
      throw new GoModKitError('invalid_argument', `an audit takes either modules or ${other}, not both`);
  }
  if (options.purgeDisproved === true && settings.verifier === undefined) {
    const help = 'configure one, or audit without purgeDisproved';
    throw new GoModKitError('invalid_argument', `no checksum database can disprove anything here: ${help}`);
  }
  if (store.canDelete || (options.purgeDisproved !== true && options.removeDamaged !== true)) return;
  throw new GoModKitError('unsupported', 'this storage cannot delete, so nothing can be removed');
}

async function* jobsOf(context: AuditContext, options: AuditOptions, tally: Tally): AsyncGenerator<Job, void, void> {
  if (options.modules !== undefined) {
    for (const { path, version } of options.modules) yield namedJob(path, version);
    return;
  }
  const { signal, goSum } = context;
  const listing = { ...options, signal };
  const isSampled = await pickSample(context.engine.store, listing);
  const wanted = new Map(goSum === undefined ? [] : modulesOf(goSum));
  for await (const thing of storedThings(context.engine.store, listing)) {
    if (thing.version === undefined) {
      yield { finding: foreign(thing), cursor: thing.cursor };
      continue;
    }
    const { path, version, files } = thing.version;
    const target = targetOf(path, version);
    wanted.delete(target.name);
    yield { target, files, read: isSampled(target), cursor: thing.cursor };
  }
  // Whether something is nowhere can only be said by who looked everywhere.
  if (options.after !== undefined || options.sample !== undefined) return;
  for (const { path, version, lines } of wanted.values()) {
    if (!path.startsWith(options.prefix ?? '')) continue;
    tally.notStored(lines);
    yield { finding: notStored(path, version), cursor: undefined };
  }
}

function foreign({ foreign: object }: StoredThing): AuditFinding {
  return findingOf('foreign', object?.key ?? '', undefined, 'the key is no file of a module version');
}

/** A version that somebody wants to know about: its files are looked up when its turn has come. */
function namedJob(path: string, version: string): Job {
  try {
    return { target: targetOf(path, version), files: {}, read: true, cursor: undefined };
  } catch (error) {
    return { finding: notStored(path, version, (error as Error).message), cursor: undefined };
  }
}

function notStored(path: string, version: string, why = `${path}@${version} is not stored`): AuditFinding {
  return findingOf('not_stored', `${path}/@v/${version}`, { path, version }, why);
}

async function work(context: AuditContext, job: Job, options: AuditOptions): Promise<Outcome> {
  const { cursor } = job;
  if (job.target === undefined) return { cursor, findings: [job.finding] };
  const { target, files, read } = job;
  const inspection = await inspectVersion(context, target, files, read);
  if (inspection === undefined) {
    // Removed since it was listed, which is nothing to tell, or asked for by name.
    return { cursor, findings: options.modules === undefined ? [] : [notStored(target.path, target.version)] };
  }
  const { findings } = inspection;
  if (inspection.disproved && options.purgeDisproved === true)
    return { cursor, findings, inspection, purged: await purge(context, inspection) };
  if (inspection.damagedZip && options.removeDamaged === true)
    return { cursor, findings, inspection, removed: await removeZip(context, inspection) };
  return { cursor, findings, inspection };
}

function* eventsOf(outcome: Outcome, tally: Tally): Generator<AuditEvent, void, void> {
  const { cursor, findings, inspection, purged, removed } = outcome;
  // Behind the last event of a version, and not before, an audit can go on.
  const events: AuditEvent[] = findings.map((finding) => ({ type: 'finding', ...finding }));
  for (const finding of findings) tally.finding(finding);
  if (inspection !== undefined) {
    const { target, read } = inspection;
    const { path, version } = target;
    tally.version(inspection);
    if (purged !== undefined) {
      tally.purged();
      events.push({ type: 'purged', path, version, ...purged });
    }
    if (removed !== undefined) {
      tally.removed();
      events.push({ type: 'removed', path, version, ...removed });
    }
    if (read !== undefined) {
      const { bytes, content, zip, proven } = read;
      events.push({ type: 'version', path, version, findings: findings.length, bytes, content, zip, proven });
    }
  }
  for (const [i, event] of events.entries()) {
    yield i === events.length - 1 && cursor !== undefined ? { ...event, cursor } : event;
  }
}
