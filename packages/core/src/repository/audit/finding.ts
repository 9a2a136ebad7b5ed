// What an audit can find, and how bad each of it is.

import type { Extension } from '../keys.ts';

/**
 * How bad a finding is.
 *
 * - `damage`: stored bytes are not what they were or may not be served.
 * - `warning`: nothing is known to be wrong with what is served, but somebody should look.
 * - `note`: worth knowing, and no reason to call a store unclean.
 */
export type AuditSeverity = 'damage' | 'warning' | 'note';

/** Every kind of finding with its severity. */
export const severities = {
  /** A key that is no file of a module version and none of our own. */
  foreign: 'warning',
  /** Files without `.info`, so young that somebody may be capturing the version at this moment. */
  unfinished: 'note',
  /** Files without `.info`, left by a capture that never ended. They are not served; the next capture reclaims them. */
  missing_info: 'warning',
  /** A version, which its `.info` makes one, without its `.mod`. */
  missing_mod: 'damage',
  /** A `.zip` without the `.ziphash` that binds it. */
  missing_ziphash: 'damage',
  /** `.info` cannot be read, or names another version. */
  bad_info: 'damage',
  /** `.mod` is too large or has no module line with a valid path. */
  bad_mod: 'damage',
  /** `.ziphash` is no `h1:` sum. */
  bad_ziphash: 'damage',
  /** The zip breaks the rules of module zips (spec §7.10), or an entry is damaged (spec §7.11). */
  bad_zip: 'damage',
  /** The zip has another sum than its `.ziphash`. */
  ziphash_mismatch: 'damage',
  /** `.mod` is not the go.mod in the zip, and the two are not proven (DESIGN §3). */
  mod_mismatch: 'damage',
  /** `.mod` and the go.mod in the zip differ in line endings alone, as git attributes make them in one commit (spec §6D). */
  mod_line_endings: 'note',
  /** The project's go.sum has another sum (spec §8.6). */
  go_sum_mismatch: 'damage',
  /** The project's go.sum, or who asked for the audit, names something that is not stored. */
  not_stored: 'note',
  /** The checksum database has another sum: these bytes were never a valid capture. */
  disproved: 'damage',
  /** The checksum database does not know the version. */
  unknown_to_database: 'warning',
  /** The checksum database could not be asked. */
  unverified: 'warning',
  /** The tag that the version was captured from points to another commit now. */
  origin_moved: 'warning',
  /** The tag, commit or repository that the version was captured from is no longer there. */
  origin_deleted: 'warning',
  /** The repository that the version was captured from could not be asked. */
  origin_unchecked: 'warning',
  /** Storage failed to deliver the object, also after some attempts. */
  unreadable: 'damage',
} as const;

/** What was found. {@link AuditFinding.severity} tells how bad it is. */
export type AuditFindingKind = keyof typeof severities;

/** One thing that an audit found. */
export interface AuditFinding {
  readonly kind: AuditFindingKind;
  readonly severity: AuditSeverity;
  /** The storage key it is about. */
  readonly key: string;
  /** Module path and version; absent where the key belongs to none. */
  readonly path?: string | undefined;
  readonly version?: string | undefined;
  /** For people: one sentence, or a few lines. */
  readonly detail: string;
  /** The sum, version or the like that was wanted, where two things were compared. */
  readonly expected?: string | undefined;
  /** What there is instead. */
  readonly actual?: string | undefined;
}

/** The most of a message that is kept: a hostile zip can break a rule with every entry. */
const maxDetail = 2000;

/** What {@link findingOf} needs to know of a version. */
interface Subject {
  readonly path: string;
  readonly version: string;
}

/** A finding with the severity of its kind. */
export function findingOf(
  kind: AuditFindingKind,
  key: string,
  subject: Subject | undefined,
  detail: string,
  compared: { readonly expected?: string | undefined; readonly actual?: string | undefined } = {},
): AuditFinding {
  return {
    kind,
    severity: severities[kind],
    key,
    ...(subject === undefined ? {} : { path: subject.path, version: subject.version }),
    detail: detail.length > maxDetail ? `${detail.slice(0, maxDetail)}…` : detail,
    ...compared,
  };
}

/** The kinds of findings that say that a file of a version is not what it must be. */
export const badFile: Readonly<Record<Extension, AuditFindingKind>> = {
  info: 'bad_info',
  mod: 'bad_mod',
  zip: 'bad_zip',
  ziphash: 'bad_ziphash',
};
