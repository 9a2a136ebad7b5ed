// What a run says to people: a few lines per row that fit a narrow terminal.

import type { ContestantResult, RowResult } from './measure.ts';
import type { Row } from './row.ts';
import type { Summary } from './statistics.ts';

/** A row as lines of text, at most `columns` wide where that is possible. */
export function describeRow(row: Row, result: RowResult, columns: number): string {
  const rounds = `${result.rounds} round${result.rounds === 1 ? '' : 's'}, ${Math.round(result.seconds)} s`;
  const width = Math.max(...result.contestants.map(({ name }) => name.length));
  const lines = [`${row.name}: ${row.unit}, ${row.better} is better (${rounds})`];
  for (const each of result.contestants) lines.push(...describeContestant(row, each, width, columns));
  for (const { says, met } of result.goals) {
    lines.push(`  goal ${met === undefined ? 'not judged' : met ? 'met' : 'MISSED'}: ${says}`);
  }
  return lines.join('\n');
}

function describeContestant(row: Row, result: ContestantResult, width: number, columns: number): string[] {
  const { name, value, ratio, skipped } = result;
  const label = `  ${name.padEnd(width)}  `;
  if (value === undefined) return [`${label}skipped: ${skipped}`];
  const main = `${label}${number(value.median).padStart(7)} ${spread(value).padStart(5)}  ${(ratio ?? 1).toFixed(2)}×`;
  const details = Object.entries(result.details).map(
    ([detail, summary]) => `${detail} ${number(summary.median)} ${row.details?.[detail] ?? ''}`,
  );
  return wrapped(main, details, columns);
}

/** Puts the details behind the main numbers, and on lines of their own where they do not fit. */
function wrapped(main: string, details: readonly string[], columns: number): string[] {
  const lines = [main];
  for (const [index, detail] of details.entries()) {
    const line = lines.at(-1) ?? '';
    const next = `${line}${index === 0 ? '   ' : ', '}${detail}`;
    if (next.length <= columns) lines[lines.length - 1] = next;
    else lines.push(`      ${detail}`);
  }
  return lines;
}

/** The deviation as a share of the median. */
function spread({ median, deviation }: Summary): string {
  return median === 0 ? '' : `±${Math.round((100 * deviation) / median)}%`;
}

/** Three digits that matter, and thousands apart. */
function number(value: number): string {
  const fraction = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}
