// The time in a pseudo-version: `yyyymmddhhmmss` in UTC (spec §3.1, §3.2).
//
// Invariant: years 0000 to 9999; a day that its month does not have is no time, also not a later one.

import { GoModKitError } from '../errors/error.ts';

/** Midnight of the first day of year 1, Go's zero time. */
export const zeroTime: Date = new Date('0001-01-01T00:00:00Z');

/** The 14 digits of `time`. Throws `invalid_argument` for an invalid date and for years that four digits cannot hold. */
export function formatTime(time: Date): string {
  const year = time.getUTCFullYear();
  if (year >= 0 && year <= 9999) return time.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  throw new GoModKitError('invalid_argument', 'the time of a pseudo-version must lie within the years 0 to 9999');
}

/** The time that 14 digits name; undefined when there is no such time. */
export function parseTime(digits: string): Date | undefined {
  const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z');
  const time = new Date(iso);
  // Date accepts hour 24 and moves February 30 to March; neither survives being written again.
  return Number.isNaN(time.getTime()) || formatTime(time) !== digits ? undefined : time;
}
