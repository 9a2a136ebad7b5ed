// What a withdrawal is, and how it stands in the series.
//
// Invariants:
// - A record says who, why and what; when is the time of its entry in the series, which never goes backwards, whatever the clocks of the
//   processes say.
// - Reason and author are short and printable: they end up in terminals and in answers of at most 600 bytes (spec §10.4).
// - A record that was stored is checked for its shape alone: limits may change, what is withdrawn stays withdrawn.

import { GoModKitError } from '../../errors/error.ts';
import { isPrint } from '../../gotext/unicode.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { SeriesEntry } from '../../series/index.ts';
import { checkModulePath, targetOf } from '../keys.ts';

/** How a withdrawn version is answered: `block` with 403, so that nobody is sent to another source for it; `gone` with 410. */
export type WithdrawalStatus = 'block' | 'gone';

/** Who does something, and why. */
export interface WithdrawalNote {
  /** One printable line of at most 300 characters, shown to whoever asks for the version. */
  readonly reason: string;
  /** One printable line of at most 100 characters, for the history; not shown to clients. */
  readonly author: string;
}

/** What {@link Repository.withdraw} is told. The version is a canonical one that fits the path, or `*` for all, present and future. */
export interface WithdrawRequest extends ModuleVersion, WithdrawalNote {
  readonly status: WithdrawalStatus;
  /**
   * Whether `.mod` stays readable, the default: graphs of people who never select the version mention it, and a refused `.mod` breaks
   * their builds. `refused` is for a go.mod that must itself not be seen.
   */
  readonly goMod?: 'served' | 'refused' | undefined;
}

/** What {@link Repository.reinstate} is told. The version is the one that was withdrawn, `*` for a module. */
export interface ReinstateRequest extends ModuleVersion, WithdrawalNote {}

/** A version, or with version `*` a module, that is withdrawn. */
export interface Withdrawal extends ModuleVersion, WithdrawalNote {
  readonly status: WithdrawalStatus;
  readonly goMod: 'served' | 'refused';
  readonly date: Date;
}

/** A step in the history of withdrawals. */
export type WithdrawalRecord =
  | (Withdrawal & { readonly type: 'withdraw' })
  | (ReinstateRequest & { readonly type: 'reinstate'; readonly date: Date });

/** An entry of the series. */
export type StoredRecord =
  | (Omit<Withdrawal, 'date'> & { readonly type: 'withdraw' })
  | (ReinstateRequest & { readonly type: 'reinstate' });

/** Stands for all versions of a module. */
export const everyVersion = '*';

const limits = { reason: 300, author: 100 } as const;

/** The entry for a request. Throws `invalid_path`, `invalid_version` or `invalid_argument`. */
export function withdrawRecord(request: WithdrawRequest): StoredRecord {
  const { status, goMod = 'served' } = request;
  oneOf('status', status, ['block', 'gone']);
  oneOf('goMod', goMod, ['served', 'refused']);
  return { type: 'withdraw', ...checkedRequest(request), status, goMod };
}

/** The entry for a request. Throws `invalid_path`, `invalid_version` or `invalid_argument`. */
export function reinstateRecord(request: ReinstateRequest): StoredRecord {
  return { type: 'reinstate', ...checkedRequest(request) };
}

/** An entry with its date. */
export function recordOf({ time, value }: SeriesEntry<StoredRecord>): WithdrawalRecord {
  return { ...value, date: new Date(Math.floor(time / 1000)) };
}

/** Types what the series holds. Throws for what is no record. */
export function parseRecord(value: unknown): StoredRecord {
  const { type, path, version, reason, author, status, goMod } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (![path, version, reason, author].every((text) => typeof text === 'string')) throw noRecord();
  const said = { path, version, reason, author } as ReinstateRequest;
  if (type === 'reinstate') return { type, ...said };
  const known = (status === 'block' || status === 'gone') && (goMod === 'served' || goMod === 'refused');
  // Passing over what a newer version of this software wrote could serve what it withdrew.
  if (type !== 'withdraw' || !known) throw noRecord();
  return { type, ...said, status, goMod };
}

function noRecord(): GoModKitError {
  return new GoModKitError('storage_unavailable', 'an entry is no record of a withdrawal');
}

function checkedRequest({ path, version, reason, author }: ReinstateRequest): ReinstateRequest {
  if (version === everyVersion) checkModulePath(path);
  else targetOf(path, version);
  return { path, version, reason: line('reason', reason), author: line('author', author) };
}

function line(name: keyof typeof limits, text: unknown): string {
  const limit = limits[name];
  const trimmed = typeof text === 'string' ? text.trim() : '';
  const printable = [...trimmed].every((char) => isPrint(char.codePointAt(0) ?? 0));
  if (trimmed !== '' && trimmed.length <= limit && printable) return trimmed;
  throw new GoModKitError(
    'invalid_argument',
    `a withdrawal needs ${article[name]}: one printable line of at most ${limit} characters`,
  );
}

const article = { reason: 'a reason', author: 'an author' } as const;

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.includes(value as string)) return;
  throw new GoModKitError('invalid_argument', `${name} is ${JSON.stringify(value)}: want ${allowed.join(' or ')}`);
}
