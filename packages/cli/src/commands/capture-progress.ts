// How a capture shows itself: a bar on a terminal, a line per file elsewhere, JSON for programs; and what it came to.
//
// Invariants:
// - A terminal is written to at most ten times a second, and its line never wraps. One that does not know its width gets lines.
// - A bar never runs backwards: there is one only when all that is wanted is known, and numbers before.
// - Refusals are lines of their own everywhere: they stay on the screen when the bar goes on.
// - What comes from modules is shown without control characters.

import type { CaptureCount, CaptureEvent, CaptureReport } from '@gomodkit/core';

/** Shows events. */
export interface Progress {
  /** Resolves when the reader has taken it, where that is known. */
  show(event: CaptureEvent): Promise<void> | undefined;
  /** Clears the bar. Idempotent. */
  end(): void;
}

/** Where progress is written. */
export interface Output {
  write(text: string, written?: () => void): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** One event per line. */
export function jsonLines(output: Output): Progress {
  return {
    show: (event) => new Promise((resolve) => output.write(`${JSON.stringify(event)}\n`, resolve)),
    end() {},
  };
}

/** A bar on a terminal, lines elsewhere. */
export function createProgress(output: Output, now: () => number = () => performance.now()): Progress {
  return output.isTTY === true && output.columns !== 0 ? bar(output, now) : lines(output);
}

function lines(output: Output): Progress {
  return {
    show(event) {
      const line = lineOf(event);
      if (line !== undefined) output.write(`${line}\n`);
      return undefined;
    },
    end() {},
  };
}

/** What deserves a line; undefined for what is no news. */
function lineOf(event: CaptureEvent): string | undefined {
  if (event.type === 'resolved') return printable(`root ${nameOf(event)}${event.version === '' ? ' (go.mod)' : ''}`);
  if (event.type === 'refused') return printable(`refused ${event.kind} ${nameOf(event)}: ${oneLine(event.reason)}`);
  if (event.type !== 'file' || event.outcome === 'present') return undefined;
  return printable(`new ${event.kind} ${nameOf(event)} (${bytes(event.bytes)})`);
}

const pause = 100;
const width = 24;

function bar(output: Output, now: () => number): Progress {
  let planned = { versions: 0, zips: 0, complete: false };
  let done = 0;
  let size = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  let shown = false;
  const clear = (): void => {
    if (shown) output.write('\r\x1b[K');
    shown = false;
  };
  const draw = (current: string): void => {
    const total = planned.versions + planned.zips;
    // A refused query was never among what is wanted.
    const part = Math.min(done, total);
    const full = total === 0 ? width : Math.floor((part / total) * width);
    const share = planned.complete
      ? `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${part}/${total}`
      : `${done} done, ${Math.max(done, total)} or more wanted`;
    output.write(`\r\x1b[K${fitted(`${share}  ${bytes(size)}  ${current}`, output)}`);
    shown = true;
    shownAt = now();
  };
  return {
    show(event) {
      if (event.type === 'planned') planned = event;
      if (event.type === 'file') {
        done++;
        if (event.outcome === 'new') size += event.bytes;
      }
      // What was refused is over and done with; what a file requires is nothing that was wanted.
      if (event.type === 'refused' && event.kind !== 'requirements') done++;
      if (event.type === 'resolved' || event.type === 'refused') {
        clear();
        output.write(`${lineOf(event)}\n`);
      }
      if (event.type === 'file' && now() - shownAt >= pause) draw(nameOf(event));
      return undefined;
    },
    end: clear,
  };
}

/** What a capture came to, for people. */
export function summary(report: CaptureReport): string {
  const { refused, milliseconds } = report;
  const roots = report.roots.map((root) =>
    root.version === '' ? `captured what ${root.wanted} needs` : `captured ${nameOf(root)}`,
  );
  const counts = [
    `  new      ${count(report.new)}`,
    `  present  ${count(report.present)}`,
    `  refused  ${refused.length}`,
  ];
  const refusals = refused.map((each) => `    ${each.kind} ${nameOf(each)}: ${each.code}: ${oneLine(each.reason)}`);
  const time = `  time     ${(milliseconds.total / 1000).toFixed(1)} s`;
  return [...roots, ...counts, ...refusals, time].map((line) => `${printable(line)}\n`).join('');
}

function count({ versions, zips, bytes: size }: CaptureCount): string {
  return `${versions} versions, ${zips} zips, ${bytes(size)}`;
}

function nameOf({ path, version }: { readonly path: string; readonly version: string }): string {
  return version === '' ? path : `${path}@${version}`;
}

const longestReason = 400;

/** A reason on one line: a path of requirements, which ends with what is wrong, has many. Of a long one both ends. */
export function oneLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  const half = longestReason / 2;
  return line.length <= longestReason ? line : `${line.slice(0, half)} … ${line.slice(-half)}`;
}

/** Text from modules, without control characters. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** What a line of a terminal has room for, without control characters; nothing where it does not know its width. */
export function fitted(text: string, { columns = 80 }: Output): string {
  return printable(text).slice(0, Math.max(0, columns - 1));
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes for people. */
export function bytes(size: number): string {
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(size, 1)) / 3)));
  return `${unit === 0 ? size : (size / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}
