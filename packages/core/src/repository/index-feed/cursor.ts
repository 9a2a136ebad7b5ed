// Places in the feed, as clients keep them.
//
// Invariants:
// - A cursor is a batch number and an entry of that batch. Both never change, so a cursor keeps its meaning for ever, whatever filters
//   it is used with.
// - What we did not make is refused, not guessed at.

import { GoModKitError } from '../../errors/error.ts';

/** A place in the series: an entry of a batch, which need not be there yet. */
export interface IndexPlace {
  readonly batch: number;
  readonly offset: number;
}

/** A place as an opaque text. */
export function formatCursor({ batch, offset }: IndexPlace): string {
  return btoa(`1:${batch}:${offset}`).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
}

/** The place that a cursor names. Throws `invalid_argument`. */
export function parseCursor(cursor: string): IndexPlace {
  const match = /^[\w-]{1,40}$/.test(cursor) ? /^1:(\d{1,12}):(\d{1,6})$/.exec(decode(cursor)) : null;
  const place = match === null ? undefined : { batch: Number(match[1]), offset: Number(match[2]) };
  if (place === undefined || formatCursor(place) !== cursor) throw badCursor(cursor, 'it is none of ours');
  return place;
}

/** The refusal of a cursor. */
export function badCursor(cursor: string, reason: string): GoModKitError {
  return badOption('cursor', `cursor ${JSON.stringify(cursor.slice(0, 60))}: ${reason}; take it from the page before`);
}

/** The refusal of an option of the feed, which `data.option` names. */
export function badOption(option: string, message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message, { data: { option } });
}

function decode(cursor: string): string {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
