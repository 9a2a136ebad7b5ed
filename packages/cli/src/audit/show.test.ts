import type { AuditReport } from '@gomodkit/core';
import { expect, test } from 'vitest';
import { humanView } from './show.ts';

const report: AuditReport = {
  clean: false,
  versions: 3,
  audited: 3,
  zips: 1,
  proven: 0,
  purged: 0,
  damagedZips: 2,
  removed: 0,
  bytes: 10,
  content: 10,
  origins: { unchanged: 0, moved: 0, deleted: 0, unchecked: 0, none: 0 },
  goSum: { matches: 0, mismatches: 0, notStored: 0 },
  findings: { bad_zip: 2 },
  severities: { damage: 2, warning: 0, note: 0 },
};

function output(columns?: number) {
  const parts: string[] = [];
  return {
    parts,
    isTTY: columns !== undefined,
    columns,
    write(part: string, written?: () => void) {
      parts.push(part);
      written?.();
    },
  };
}

async function shown(report: AuditReport): Promise<string> {
  const to = output();
  await humanView(to, output()).report(report);
  return to.parts.join('');
}

test('the summary says how damaged zips are repaired, and which of it is done', async () => {
  const repair = /damaged zips: 2; gomodkit audit --remove-damaged, then gomodkit capture/;
  expect(await shown(report)).toMatch(repair);
  const done = await shown({ ...report, removed: 2 });
  expect(done).toMatch(/damaged zips removed: 2; gomodkit capture MODULE@VERSION/);
  expect(done).not.toContain('--remove-damaged');
  expect(await shown({ ...report, damagedZips: 0 })).not.toContain('--remove-damaged');
});

test('a removed zip is named with its evidence', async () => {
  const to = output();
  const event = { type: 'removed', path: 'example.com/m', version: 'v1.0.0', keys: [], evidence: 'e/' } as const;
  await humanView(to, output()).event(event);
  expect(to.parts).toEqual(['removed  the zip of example.com/m@v1.0.0, kept below e/\n']);
});

test.each([
  [0, 0],
  [10, 9],
])('on a terminal of %i columns progress takes %i', async (columns, taken) => {
  const progress = output(columns);
  let time = 0;
  const view = humanView(output(), progress, () => time);
  time = 1000;
  const counts = { findings: 0, bytes: 1, content: 1, zip: true, proven: false };
  await view.event({ type: 'version', path: 'example.com/m', version: 'v1.0.0', ...counts });
  expect(progress.parts.join('').replace('\r\x1b[K', '')).toHaveLength(taken);
});
