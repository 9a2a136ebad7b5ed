// What the rest of a repository knows of verification.

import type { Target } from '../keys.ts';
import type { Verifier } from '../options.ts';
import type { ReadOptions, ZipFile } from '../repository.ts';

/** What of a version is verified. */
export type VerifiedKind = 'mod' | 'zip';

/** What was found out: the database has this very sum; is not asked about the module; does not know it, which is allowed. */
export type Verdict = 'proven' | 'skipped' | 'unknown';

/** What was found out about a stored file. `own`: it was published here, and no database is asked about it. */
export type StoredVerdict = Verdict | 'own';

/** Verifies. */
export interface Verification {
  /** Judges what comes from the source. */
  readonly verifier: Verifier;
  /** Whether a stored file may be served without further ado. */
  isAdmitted(kind: VerifiedKind, target: Target): boolean;
  /**
   * Judges the stored `.mod`, unless that was done. Rejects with `checksum_mismatch` when it is disproved, now or earlier, and as `Verifier`
   * when it could not be found out.
   */
  admitVersion(target: Target, options: ReadOptions): Promise<void>;
  /** The same for the stored zip, which is read and hashed where nobody has done so. */
  admitZip(target: Target, zip: ZipFile, options: ReadOptions): Promise<void>;
  /** Judges a sum that was just made of what is stored, whatever is remembered: for audits, which read the bytes themselves. */
  verifySum(kind: VerifiedKind, target: Target, sum: string, signal?: AbortSignal | undefined): Promise<StoredVerdict>;
  /** A version was taken away: another one may come in its place. */
  forget(target: Target, signal?: AbortSignal | undefined): Promise<void>;
  /** Judges a stored version anew, every byte of it and whatever is remembered. Undefined is what is not stored. */
  verifyStored(
    target: Target,
    signal?: AbortSignal | undefined,
  ): Promise<{ readonly goMod: StoredVerdict | undefined; readonly zip: StoredVerdict | undefined }>;
}
