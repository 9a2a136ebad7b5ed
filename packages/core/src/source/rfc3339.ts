// Times as `.info` files carry them: RFC 3339 as strictly as Go's JSON decoder reads it (spec §10.9).
//
// Invariants:
// - Upper-case `T` and `Z`, a period before the fraction, two digits everywhere: what Go refuses is refused here.
// - The day exists in its month, there is no second 60, offsets are below 24:00.

const pattern = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Milliseconds since 1970 of an RFC 3339 time, or undefined when Go would refuse the text. */
export function parseRfc3339(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day] = match;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

function isDay(year: number, month: number, day: number): boolean {
  // setUTCFullYear and not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return month >= 1 && month <= 12 && day >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
