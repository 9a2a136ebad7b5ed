import type { CaptureEvent, CaptureReport } from '@gomodkit/core';
import { expect, test } from 'vitest';
import { createProgress, jsonLines, oneLine, summary } from './capture-progress.ts';

const root = { wanted: 'example.com/m@latest', path: 'example.com/m', version: 'v1.0.0' };
const refusal = {
  path: 'example.com/gone',
  version: 'v1.0.0',
  kind: 'zip',
  code: 'not_found',
  reason: 'not \x1b[31mthere\nat all',
  root: false,
} as const;
const report: CaptureReport = {
  roots: [root, { wanted: 'go.mod', path: 'example.com/project', version: '' }],
  new: { versions: 2, zips: 1, bytes: 1_234_567 },
  present: { versions: 0, zips: 0, bytes: 0 },
  refused: [refusal],
  milliseconds: { plan: 10, total: 2345 },
};
const file = (name: string, outcome: 'new' | 'present'): CaptureEvent => ({
  type: 'file',
  path: `example.com/${name}`,
  version: 'v1.0.0',
  kind: 'zip',
  outcome,
  bytes: 1500,
});
const events: readonly CaptureEvent[] = [
  { type: 'resolved', ...root },
  { type: 'planned', versions: 2, zips: 2, complete: false },
  file('a', 'new'),
  { type: 'planned', versions: 2, zips: 2, complete: true },
  file('b', 'present'),
  { type: 'refused', ...refusal },
  { type: 'done', report },
];

function output(isTTY: boolean, columns = 60) {
  let text = '';
  return {
    isTTY,
    columns,
    write(part: string, written?: () => void) {
      text += part;
      written?.();
    },
    get text() {
      return text;
    },
  };
}

test('without a terminal there is a line for each piece of news', async () => {
  const to = output(false);
  const progress = createProgress(to);
  for (const event of events) await progress.show(event);
  progress.end();
  expect(to.text).toBe(
    'root example.com/m@v1.0.0\nnew zip example.com/a@v1.0.0 (1.5 kB)\nrefused zip example.com/gone@v1.0.0: not  [31mthere at all\n',
  );
});

test('a terminal has a bar that never wraps, is drawn now and then, and makes way for refusals', async () => {
  const to = output(true);
  let time = 0;
  const progress = createProgress(to, () => time);
  for (const event of events) {
    await progress.show(event);
    time += 60;
  }
  await progress.show(file('with/a/name/that/is/far/too/long/for/a/terminal', 'new'));
  progress.end();
  progress.end();
  const drawn = to.text.split('\r\x1b[K');
  expect(drawn.every((part) => part.replace(/\n$/, '').length < 60)).toBe(true);
  expect(drawn.filter((part) => part.startsWith('[') || part.includes('wanted'))).toHaveLength(3);
  expect(to.text).toContain('refused zip example.com/gone@v1.0.0: not  [31mthere at all\n');
});

test('the bar begins when all that is wanted is known, and never runs backwards', async () => {
  const to = output(true);
  let time = 0;
  const progress = createProgress(to, () => time);
  const show = async (event: CaptureEvent) => {
    time += 200;
    await progress.show(event);
  };
  for (let wanted = 4; wanted < 40; wanted += 4) {
    await show({ type: 'planned', versions: wanted, zips: 0, complete: false });
    await show(file(`a${wanted}`, 'new'));
  }
  await show({ type: 'planned', versions: 40, zips: 2, complete: true });
  for (let at = 0; at < 30; at++) await show(file(`b${at}`, 'new'));
  for (let at = 0; at < 3; at++) await show({ type: 'refused', ...refusal });
  await show(file('c', 'new'));
  const drawn = to.text.split('\r\x1b[K');
  const first = drawn.findIndex((part) => part.startsWith('['));
  expect(drawn.slice(1, first)).toEqual(
    drawn.slice(1, first).map((_, at) => expect.stringMatching(`^${at + 1} done, ${4 * at + 4} or more wanted  `)),
  );
  const bars = drawn.slice(first).filter((part) => part.startsWith('['));
  expect(bars[0]).toMatch(/^\[#{5}\.{19}\] 10\/42 /);
  expect(bars.at(-1)).toMatch(/^\[#{24}\] 42\/42 /);
  const lengths = bars.map((part) => part.split('#').length);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
});

test.each([0, 1, 5, 19])('a terminal of %i columns is not written beyond', async (columns) => {
  const to = output(true, columns);
  const progress = createProgress(to, () => 0);
  await progress.show(file('a', 'new'));
  if (columns === 0) expect(to.text).toBe('new zip example.com/a@v1.0.0 (1.5 kB)\n');
  else expect(to.text.replace('\r\x1b[K', '').length).toBe(columns - 1);
});

test('a reason of many lines is told to its end, and a long one from both', () => {
  const path = Array.from({ length: 90 }, (_, i) => `example.com/m${i}@v1.0.0 requires\n\t`).join('');
  expect(oneLine(`example.com/m@v1.0.0 requires\n\texample.com/n@v1.0.0: 403 Forbidden\n`)).toBe(
    'example.com/m@v1.0.0 requires example.com/n@v1.0.0: 403 Forbidden',
  );
  expect(oneLine(`${path}example.com/n@v1.0.0: 403 Forbidden`)).toMatch(
    /^example\.com\/m0@v1\.0\.0 requires .{150,200} … .{150,200}: 403 Forbidden$/,
  );
});

test('JSON is one event per line, each taken before the next', async () => {
  const to = output(false);
  const progress = jsonLines(to);
  for (const event of events) await progress.show(event);
  expect(
    to.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(events);
});

test('the summary names what was captured, and why something was not', () => {
  expect(summary(report)).toBe(
    `captured example.com/m@v1.0.0
captured what go.mod needs
  new      2 versions, 1 zips, 1.2 MB
  present  0 versions, 0 zips, 0 B
  refused  1
    zip example.com/gone@v1.0.0: not_found: not  [31mthere at all
  time     2.3 s
`,
  );
});
