// Verification of what a repository captures, and of what it has stored before it is served for the first time.
//
// Invariants:
// - Nothing that comes from the source is stored before it was judged: `.mod` alone, without its zip, and `.zip`.
// - Nothing that is stored is served before it was judged once with this database: versions from before verification was turned on, or
//   from a repository without it, are read, hashed and judged at their first request. Marks (marks.ts) remember it across restarts, memory
//   within a process: a warm request costs one look into a map.
// - A mark counts for the sum that it has, and for no other: of a `.mod`, that of its bytes; of a zip, the one that binds it.
// - What is disproved, by a request or by an audit, is refused from then on: by this process at once, whatever it proved before, and by
//   every other one that has not served it yet. It takes other bytes to end that.
// - Offline, and for requests that want nothing fetched, the database is not asked: what is not known to be disproved is served.
// - What was published here is its own origin: no database is told its name.

import { spool } from '#spool';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import type { CacheSection } from '../../cache/byte-cache.ts';
import { hashGoMod } from '../../dirhash/index.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { verifyZip } from '../../zip/index.ts';
import type { Engine } from '../engine.ts';
import type { Target } from '../keys.ts';
import type { Verifier } from '../options.ts';
import type { ReadOptions, ZipFile } from '../repository.ts';
import { createMarks, type Marks } from './marks.ts';
import type { VerificationSettings } from './settings.ts';
import type { StoredVerdict, Verification, VerifiedKind } from './types.ts';
import { judge } from './verdict.ts';

/** Creates a {@link Verification} of `engine`'s store. */
export function createVerification(engine: Engine, settings: VerificationSettings): Verification {
  return new StoreVerification(engine, settings);
}

class StoreVerification implements Verification {
  readonly verifier: Verifier;
  readonly #engine: Engine;
  readonly #settings: VerificationSettings;
  readonly #marks: Marks;
  readonly #admitted: CacheSection<true>;
  /** Sums that this process proved, so that what it has just captured is not asked about again. */
  readonly #proven: CacheSection<string>;
  /** What was disproved lately: refused without being read again. */
  readonly #refused: CacheSection<GoModKitError>;

  constructor(engine: Engine, settings: VerificationSettings) {
    this.#engine = engine;
    this.#settings = settings;
    this.#marks = createMarks(engine.store, settings.client.name);
    this.#admitted = engine.cache.section({ weigh: () => 0 });
    this.#proven = engine.cache.section({ weigh: ({ length }) => 2 * length });
    this.#refused = engine.cache.section({ weigh: ({ message }) => 4 * message.length });
    const fromSource = (kind: VerifiedKind): Verifier['goMod'] => {
      return async (module, sum, options) => {
        const verdict = await judge(settings, engine.events, { kind, module, sum, from: 'source' }, options);
        if (verdict === 'proven') this.#proven.set(`${kind} ${module.path}@${module.version}`, sum);
        return verdict === 'proven';
      };
    };
    this.verifier = { goMod: fromSource('mod'), zip: fromSource('zip') };
  }

  isAdmitted(kind: VerifiedKind, { name }: Target): boolean {
    return this.#admitted.get(`${kind} ${name}`) === true;
  }

  async admitVersion(target: Target, options: ReadOptions): Promise<void> {
    const sumOf = (signal: AbortSignal) => this.#goModSum(target, signal);
    await this.#admitOnce('mod', target, sumOf, options);
  }

  async admitZip(target: Target, zip: ZipFile, options: ReadOptions): Promise<void> {
    const sumOf: SumOf = async (signal, read) => (read ? undefined : zip.h1) ?? this.#zipSum(target, zip, signal);
    await this.#admitOnce('zip', target, sumOf, options);
  }

  async verifySum(kind: VerifiedKind, target: Target, sum: string, signal?: AbortSignal | undefined) {
    return this.#judgeStored(kind, target, sum, signal);
  }

  async forget(target: Target, signal?: AbortSignal | undefined): Promise<void> {
    for (const kind of ['mod', 'zip'] as const) {
      this.#admitted.delete(`${kind} ${target.name}`);
      this.#proven.delete(`${kind} ${target.name}`);
      this.#refused.delete(`${kind} ${target.name}`);
      await this.#marks.forget(kind, target, signal);
    }
  }

  async verifyStored(target: Target, signal?: AbortSignal | undefined) {
    const sum = await this.#goModSum(target, signal);
    const goMod = sum === undefined ? undefined : await this.#judgeStored('mod', target, sum, signal);
    const file = await this.#engine.captured.zip(target, signal);
    const zipSum = file === undefined ? undefined : await this.#zipSum(target, file, signal);
    return { goMod, zip: zipSum === undefined ? undefined : await this.#judgeStored('zip', target, zipSum, signal) };
  }

  /** Many who want one file wait for one judgement. */
  async #admitOnce(kind: VerifiedKind, target: Target, sumOf: SumOf, options: ReadOptions): Promise<void> {
    if (this.isAdmitted(kind, target)) return;
    const cachedOnly = options.cachedOnly === true;
    const key = `admit ${kind} ${target.name}${cachedOnly ? ' cached' : ''}`;
    const admit = (signal: AbortSignal) => this.#admit(kind, target, sumOf, cachedOnly, signal);
    this.#checkRefused(kind, target);
    const admitted = await this.#engine.flights.run(key, admit, options.signal);
    // An audit may have read it meanwhile.
    this.#checkRefused(kind, target);
    if (admitted) this.#admitted.set(`${kind} ${target.name}`, true);
  }

  #checkRefused(kind: VerifiedKind, { name }: Target): void {
    const refusal = this.#refused.get(`${kind} ${name}`);
    if (refusal !== undefined) throw refusal;
  }

  /** Whether that holds for everybody; a request that wants nothing fetched leaves the question open. */
  async #admit(
    kind: VerifiedKind,
    target: Target,
    sumOf: SumOf,
    cachedOnly: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.#settings.client.skips(target.path)) return true;
    const proven = this.#proven.get(`${kind} ${target.name}`);
    const { mark, evidence } = await this.#known(kind, target, proven, signal);
    // A zip is taken for what binds it: reading all of it again is for audits, and where something speaks against it.
    const trusts = kind === 'zip' && proven === undefined && mark !== undefined && evidence === undefined;
    if (trusts && mark === (await this.#boundSum(target, signal))) return true;
    const offline = this.#engine.settings.source === undefined;
    const asks = !offline && !cachedOnly;
    if (!asks && mark === undefined && evidence === undefined) return offline;
    const sum = await sumOf(signal, evidence !== undefined);
    if (sum === undefined) return false;
    if (evidence !== undefined && (evidence.data.downloaded ?? sum) === sum) throw this.#refuse(kind, target, evidence);
    if (sum === mark) {
      if (proven !== undefined) await this.#marks.noteVerified(kind, target, sum, signal);
    } else if (asks) {
      await this.#judgeStored(kind, target, sum, signal);
    } else {
      if (mark !== undefined) throw changed(kind, target, mark, sum);
      return offline;
    }
    if (evidence !== undefined) await this.#marks.forgetDisproved(kind, target, signal);
    return true;
  }

  /** What is remembered: of what this process has just proved, nothing else is asked. */
  async #known(
    kind: VerifiedKind,
    target: Target,
    proven: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly mark: string | undefined; readonly evidence: GoModKitError | undefined }> {
    if (proven !== undefined) return { mark: proven, evidence: undefined };
    const [mark, evidence] = await Promise.all([
      this.#marks.verified(kind, target, signal),
      this.#marks.disproved(kind, target, signal),
    ]);
    return { mark, evidence };
  }

  #refuse(kind: VerifiedKind, target: Target, error: GoModKitError): GoModKitError {
    const key = `${kind} ${target.name}`;
    this.#admitted.delete(key);
    this.#proven.delete(key);
    this.#refused.set(key, error, refusalLife);
    // Whatever memory holds of it may be other bytes than those that were judged.
    this.#engine.captured.forget(target);
    return error;
  }

  async #judgeStored(
    kind: VerifiedKind,
    target: Target,
    sum: string,
    signal: AbortSignal | undefined,
  ): Promise<StoredVerdict> {
    const { events } = this.#engine;
    const { path, version } = target;
    if (this.#settings.client.skips(path)) return 'skipped';
    if (await this.#marks.isOwn(kind, target, sum, signal)) {
      await this.#marks.noteVerified(kind, target, sum, signal);
      return 'own';
    }
    try {
      const claim = { kind, module: { path, version }, sum, from: 'storage' } as const;
      const verdict = await judge(this.#settings, events, claim, { signal });
      if (verdict === 'proven') await this.#marks.noteVerified(kind, target, sum, signal);
      this.#refused.delete(`${kind} ${target.name}`);
      return verdict;
    } catch (error) {
      if (isGoModKitError(error, 'checksum_mismatch', 'checksum_misbehaviour'))
        events.emit(() => ({ type: 'refusal', kind, path, version, error }));
      if (isGoModKitError(error, 'checksum_mismatch')) {
        this.#refuse(kind, target, error);
        await this.#marks.noteDisproved(kind, target, error, signal);
      }
      throw error;
    }
  }

  async #goModSum(target: Target, signal: AbortSignal | undefined): Promise<string | undefined> {
    const version = await this.#engine.captured.version(target, signal);
    return version === undefined ? undefined : hashGoMod(version.goMod.bytes);
  }

  /** The sum in `.ziphash`, to which the zip was compared when it was stored (spec §8.7). */
  async #boundSum(target: Target, signal: AbortSignal): Promise<string | undefined> {
    const stored = await this.#engine.store.read(target.ziphash, 1024, signal);
    return stored && decodeUtf8(stored.bytes)?.trim();
  }

  async #zipSum(target: Target, zip: ZipFile, signal: AbortSignal | undefined): Promise<string> {
    const { cold, settings } = this.#engine;
    return cold.run(async () => {
      const { body } = await zip.open({ signal });
      const spooled = await spool(body, { limit: settings.limits.zip, what: `the stored ${target.name}.zip`, signal });
      try {
        return (await verifyZip(target, spooled, { signal })).h1;
      } finally {
        await spooled.dispose();
      }
    }, signal);
  }
}

/** `read`: of the stored bytes themselves, whatever is remembered. */
type SumOf = (signal: AbortSignal, read: boolean) => Promise<string | undefined>;

/** Milliseconds for which a disproof is taken from memory: another process may have purged the version and captured it anew. */
const refusalLife = 60_000;

function changed(kind: VerifiedKind, { path, version, name }: Target, proved: string, sum: string): GoModKitError {
  return new GoModKitError(
    'checksum_mismatch',
    `SECURITY ERROR: the stored .${kind} of ${name} is not the one that was verified\n\tstored:   ${sum}\n\tverified: ${proved}`,
    { data: { path, version, kind, from: 'storage', downloaded: sum, expected: proved } },
  );
}
