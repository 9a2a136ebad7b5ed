// How an audit shows itself: findings as they come, counts on a terminal meanwhile, a summary at the end; or JSON lines.
//
// Invariants:
// - Standard output has findings and summary, standard error what is for people meanwhile, and only where that is a terminal.
// - A terminal is written to at most ten times a second, and its line never wraps.

import type { AuditEvent, AuditReport } from '@gomodkit/core';
import { bytes, fitted, type Output, printable } from '../commands/capture-progress.ts';

/** Shows events. */
export interface AuditView {
  /** Resolves when the reader has taken it. */
  event(event: AuditEvent): Promise<void> | undefined;
  report(report: AuditReport): Promise<void> | undefined;
  /** Clears what is for the moment. Idempotent. */
  end(): void;
}

/** Every event as a line of JSON; the last line is the report. */
export function jsonView(output: Output): AuditView {
  const line = (value: object): Promise<void> =>
    new Promise((resolve) => output.write(`${JSON.stringify(value)}\n`, resolve));
  return { event: line, report: (report) => line({ type: 'report', ...report }), end() {} };
}

/** For people. */
export function humanView(output: Output, progress: Output, now: () => number = () => performance.now()): AuditView {
  const started = now();
  let [versions, content, shownAt, shown] = [0, 0, started, false];
  const end = (): void => {
    if (shown) progress.write('\r\x1b[K');
    shown = false;
  };
  const write = (text: string): Promise<void> => {
    end();
    return new Promise((resolve) => output.write(text, resolve));
  };
  const draw = (current: string): void => {
    if (progress.isTTY !== true || progress.columns === 0 || now() - shownAt < 100) return;
    const text = `${versions} versions, ${bytes(content)} hashed  ${current}`;
    progress.write(`\r\x1b[K${fitted(text, progress)}`);
    shownAt = now();
    shown = true;
  };
  return {
    event(event) {
      if (event.type === 'finding') return write(findingText(event));
      if (event.type === 'purged')
        return write(`purged   ${event.path}@${event.version}, kept below ${event.evidence}\n`);
      if (event.type === 'removed')
        return write(`removed  the zip of ${event.path}@${event.version}, kept below ${event.evidence}\n`);
      versions++;
      content += event.content;
      draw(`${event.path}@${event.version}`);
      return undefined;
    },
    report: (report) => write(summary(report, now() - started)),
    end,
  };
}

function findingText({ severity, kind, key, detail, expected, actual }: AuditEvent & { type: 'finding' }): string {
  const [first = '', ...rest] = detail.split('\n');
  const more = rest.filter((line) => line.trim() !== '');
  if (expected !== undefined) more.push(`expected ${expected}`);
  if (actual !== undefined) more.push(`found    ${actual}`);
  const lines = [`${severity.padEnd(8)} ${kind} ${key}: ${first}`, ...more.map((line) => `           ${line}`)];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** Statuses of origins that do not speak for themselves. */
const originWords: Readonly<Record<string, string>> = { unchecked: 'not checked', none: 'without a commit' };

function summary(report: AuditReport, milliseconds: number): string {
  const { audited, versions, zips, content, severities, goSum, purged, removed, damagedZips } = report;
  const speed = milliseconds > 0 ? `, ${bytes(Math.round((content * 1000) / milliseconds))}/s` : '';
  const lines = [`${audited} of ${versions} versions read, ${zips} zips, ${bytes(content)} hashed${speed}`];
  if (goSum.matches + goSum.mismatches + goSum.notStored > 0)
    lines.push(`go.sum: ${goSum.matches} match, ${goSum.mismatches} mismatch, ${goSum.notStored} not stored`);
  const origins = Object.entries(report.origins).filter(([, count]) => count > 0);
  if (origins.length > 0)
    lines.push(`origins: ${origins.map(([status, count]) => `${count} ${originWords[status] ?? status}`).join(', ')}`);
  if (purged > 0) lines.push(`${purged} versions purged`);
  if (removed > 0) lines.push(`damaged zips removed: ${removed}; gomodkit capture MODULE@VERSION fetches them anew`);
  for (const [kind, count] of Object.entries(report.findings)) lines.push(`  ${String(count).padStart(6)} ${kind}`);
  const { damage, warning, note } = severities;
  lines.push(report.clean ? `clean (${note} notes)` : `${damage} damage, ${warning} warnings, ${note} notes`);
  if (damagedZips > removed)
    lines.push(
      `damaged zips: ${damagedZips - removed}; gomodkit audit --remove-damaged, then gomodkit capture MODULE@VERSION, repairs them`,
    );
  return lines.map((line) => `${line}\n`).join('');
}
