// What is said of a withdrawn version.

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { everyVersion, type Withdrawal } from './record.ts';

/** The refusal of a withdrawn version: `denied` or `gone`, with the reason and the date (protocol-cases row 34). */
export function withdrawnError(path: string, version: string, withdrawal: Withdrawal): GoModKitError {
  const { status, reason, date } = withdrawal;
  const what = withdrawal.version === everyVersion ? `, as all of ${path},` : '';
  const message = `${path}@${version}${what} was withdrawn on ${day(date)}: ${reason}`;
  return new GoModKitError(status === 'gone' ? 'gone' : 'denied', message, { data: { withdrawn: true, reason, date } });
}

/** The refusal of a publication that would bring a withdrawn version back. */
export function bannedError(path: string, version: string, { reason, date }: Withdrawal): GoModKitError {
  const message = `${path}@${version} cannot be published: it was withdrawn on ${day(date)}: ${reason}\nreinstate it first, or publish another version`;
  return new GoModKitError('denied', message, { data: { withdrawn: true, reason, date } });
}

/** Whether an error speaks of a withdrawal: an answer in itself, and not an absence that another place may fill. */
export function isWithdrawn(error: unknown): boolean {
  return isGoModKitError(error, 'gone', 'denied') && error.data.withdrawn === true;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
