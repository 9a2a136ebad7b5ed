// What an audit says of the tags that versions were captured from.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import type { OriginCheck, OriginSource } from '../../source/origin-check.ts';
import { createRepositoryWith } from '../create-repository.ts';
import { put, setUp } from '../testdata/fixture.ts';
import type { AuditEvent, AuditOptions } from './audit.ts';

const path = 'example.com/m';
const captured = '0123456789012345678901234567890123456789';
const now = '9876543210987654321098765432109876543210';

type Answer = OriginCheck | Error;

/** A store of versions, each with the answer that its origin gets; undefined for a version without one. */
async function audited(answers: Readonly<Record<string, Answer | undefined>>, options: Partial<AuditOptions> = {}) {
  const { storage } = setUp({});
  for (const [version, answer] of Object.entries(answers)) {
    const origin = answer === undefined ? {} : { Origin: { VCS: 'git', Hash: captured, Ref: `refs/tags/${version}` } };
    const info = { Version: version, Time: '2026-01-01T00:00:00Z', ...origin };
    await put(storage, `${path}/@v/${version}.mod`, `module ${path}\n`);
    await put(storage, `${path}/@v/${version}.info`, JSON.stringify(info));
  }
  const asked: string[] = [];
  const origins: OriginSource = {
    async checkOrigin(module, origin, { differences } = {}) {
      asked.push(`${module.version} ${origin.Hash} ${differences}`);
      const answer = answers[module.version];
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    },
  };
  const repository = createRepositoryWith({ storage }, {});
  const events: AuditEvent[] = [];
  const audit = repository.audit({ origins, ...options });
  for (;;) {
    const next = await audit.next();
    if (next.done) return { asked, report: next.value, findings: events.filter((event) => event.type === 'finding') };
    events.push(next.value);
  }
}

const ref = 'refs/tags/v1.0.0';

describe('an audit of origins', () => {
  it('counts what is unchanged, and what names no commit', async () => {
    const { report, findings, asked } = await audited({
      'v1.0.0': { status: 'unchanged', ref },
      'v1.1.0': undefined,
    });
    expect(report).toMatchObject({
      clean: true,
      origins: { unchanged: 1, moved: 0, deleted: 0, unchecked: 0, none: 1 },
    });
    expect(findings).toEqual([]);
    expect(asked).toEqual([`v1.0.0 ${captured} false`]);
  });

  it('warns of moved tags, with both commits', async () => {
    const { report, findings } = await audited({ 'v1.0.0': { status: 'moved', ref, hash: now } });
    expect(report).toMatchObject({ clean: false, origins: { moved: 1 }, severities: { damage: 0, warning: 1 } });
    expect(findings).toMatchObject([
      { kind: 'origin_moved', severity: 'warning', detail: `${ref} was moved`, expected: captured, actual: now },
    ]);
  });

  it('names the files that differ, some of each kind', async () => {
    const changed = Array.from({ length: 25 }, (_, i) => `f${i}.go`);
    const difference = { added: ['a.go'], removed: [], changed };
    const answer: Answer = { status: 'moved', ref, hash: now, difference };
    const { findings, asked } = await audited({ 'v1.0.0': answer }, { differences: true });
    expect(asked).toEqual([`v1.0.0 ${captured} true`]);
    const lines = findings[0]?.type === 'finding' ? findings[0].detail.split('\n') : [];
    expect(lines.slice(0, 3)).toEqual([`${ref} was moved`, 'added  a.go', 'changed  f0.go']);
    expect(lines.at(-1)).toBe('changed  and 5 more');
    expect(lines).toHaveLength(1 + 1 + 20 + 1);
    const none = { added: [], removed: [], changed: [] };
    const same = await audited({ 'v1.0.0': { status: 'moved', ref, hash: now, difference: none } });
    expect(same.findings).toMatchObject([{ detail: expect.stringContaining('no file of the module differs') }]);
  });

  it.each([
    [{ status: 'deleted', ref } as const, 'origin_deleted', `${ref} was deleted`, 'deleted'],
    [{ status: 'deleted' } as const, 'origin_deleted', 'no ref leads to its commit any more', 'deleted'],
    [new GoModKitError('not_found', 'git.example answered 404'), 'origin_deleted', 'its repository is gone', 'deleted'],
    [new GoModKitError('upstream_timeout', 'git.example: no answer'), 'origin_unchecked', 'no answer', 'unchecked'],
    [new TypeError('x is undefined'), 'origin_unchecked', 'x is undefined', 'unchecked'],
  ])('%j is %s', async (answer, kind, detail, counted) => {
    const { report, findings } = await audited({ 'v1.0.0': answer });
    expect(findings).toMatchObject([{ kind, severity: 'warning', detail: expect.stringContaining(detail) }]);
    expect(report.origins).toMatchObject({ [counted]: 1 });
  });

  it('asks nobody unless told to', async () => {
    const { asked, report } = await audited({ 'v1.0.0': { status: 'moved', ref } }, { origins: undefined });
    expect(asked).toEqual([]);
    expect(report).toMatchObject({ clean: true, origins: { moved: 0, none: 0 } });
  });
});
