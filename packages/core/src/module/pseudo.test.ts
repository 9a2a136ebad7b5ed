import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, compare, prerelease } from '../semver/index.ts';
import {
  isPseudoVersion,
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRev,
  pseudoVersionTime,
  zeroPseudoVersion,
} from './index.ts';

const T = '20060102150405';
const R = 'abcdef123456';
const time = new Date('2006-01-02T15:04:05.999Z');

describe('building (spec §3.1, §3.3)', () => {
  it.each([
    ['', undefined, `v0.0.0-${T}-${R}`],
    ['v1', '', `v1.0.0-${T}-${R}`],
    ['v2', undefined, `v2.0.0-${T}-${R}`],
    ['', 'v1.2.3', `v1.2.4-0.${T}-${R}`],
    ['', 'v1', `v1.0.1-0.${T}-${R}`],
    ['', 'v1.2.99999999999999999999', `v1.2.100000000000000000000-0.${T}-${R}`],
    ['', 'v1.2.3-pre', `v1.2.3-pre.0.${T}-${R}`],
    ['', 'v1.2.3-0', `v1.2.3-0.0.${T}-${R}`],
    ['', 'v2.0.0+incompatible', `v2.0.1-0.${T}-${R}+incompatible`],
    ['', 'v2.0.0-pre+incompatible', `v2.0.0-pre.0.${T}-${R}+incompatible`],
  ])('major %j after %j is %s', (major, older, version) => {
    expect(pseudoVersion({ major, older, time, rev: R })).toBe(version);
  });

  it('knows the lowest of a major version', () => {
    expect(zeroPseudoVersion('v2')).toBe('v2.0.0-00010101000000-000000000000');
    expect(zeroPseudoVersion('')).toBe('v0.0.0-00010101000000-000000000000');
    expect(pseudoVersionTime(zeroPseudoVersion('v0')).toISOString()).toBe('0001-01-01T00:00:00.000Z');
  });

  it.each([
    [{ major: '2', time, rev: R }, 'invalid_argument'],
    [{ major: 'v02', time, rev: R }, 'invalid_argument'],
    [{ major: 'v0', time, rev: '' }, 'invalid_argument'],
    [{ major: 'v0', time, rev: 'a-b' }, 'invalid_argument'],
    [{ major: 'v0', time, rev: 'a.b' }, 'invalid_argument'],
    [{ major: 'v0', time: new Date(Number.NaN), rev: R }, 'invalid_argument'],
    [{ major: 'v0', time: new Date('+010000-01-01T00:00:00Z'), rev: R }, 'invalid_argument'],
    [{ major: 'v0', time: new Date('-000001-01-01T00:00:00Z'), rev: R }, 'invalid_argument'],
    [{ major: 'v0', older: '1.2.3', time, rev: R }, 'invalid_version'],
  ])('refuses %j', (parts, code) => {
    expect(() => pseudoVersion(parts)).toThrow(expect.objectContaining({ code }));
  });
});

describe('recognition (spec §3.2)', () => {
  it.each([
    `v0.0.0-${T}-${R}`,
    `v10.0.0-${T}-${R}`,
    `v1.2.3-0.${T}-${R}`,
    `v1.2.3-pre.0.${T}-${R}`,
    `v1.2.3-a-b.0.${T}-${R}`,
    `v1.2.0-0.${T}-${R}`,
    `v0.0.0-${T}-${R}+incompatible`,
    `v1.2.3-0.0.${T}-${R}`,
    `v1.0.0-0.${T}-x`,
    'v0.0.0-99999999999999-0',
    `v0.0.0-${T}-ABC`,
  ])('%s is one', (version) => {
    expect(isPseudoVersion(version)).toBe(true);
  });

  it.each([
    '',
    'v1.2.3',
    'v1.2.3-pre',
    `v1.2.3-${T}-${R}`,
    `v1.0.1-${T}-${R}`,
    `v0.1.0-${T}-${R}`,
    `v1.2.3-pre.${T}-${R}`,
    `v1.2.3-pre0.${T}-${R}`,
    `v1.2.3-1.${T}-${R}`,
    `v0.0.0-${T}.${R}`,
    `v0.0.0-${T}`,
    `v0.0.0-${T}-`,
    `v0.0.0-${T}-a.b`,
    `v0.0.0-2006010215040-${R}`,
    `v0.0.0-1${T}-${R}`,
    `v0.0-${T}-${R}`,
    `v0-${T}-${R}`,
    `v1.2.3-0.${T}-a_b`,
    `0.0.0-${T}-${R}`,
    `v1.2.3-0.${T}+a-b`,
    `v1.2.3-00.${T}-${R}`,
    'v0.0.0-٢٠٠٦٠١٠٢١٥٠٤٠٥-a',
  ])('%s is none', (version) => {
    expect(isPseudoVersion(version)).toBe(false);
    for (const part of [pseudoVersionTime, pseudoVersionRev, pseudoVersionBase]) {
      expect(() => part(version)).toThrow(
        expect.objectContaining({ code: 'invalid_version', message: expect.stringContaining('invalid: syntax error') }),
      );
    }
  });
});

describe('taking apart (spec §3.4, §3.5)', () => {
  it.each([
    [`v0.0.0-${T}-${R}`, ''],
    [`v1.2.4-0.${T}-${R}`, 'v1.2.3'],
    [`v1.2.100-0.${T}-${R}`, 'v1.2.99'],
    [`v1.2.100000000000000000000-0.${T}-${R}`, 'v1.2.99999999999999999999'],
    [`v1.2.3-pre.0.${T}-${R}`, 'v1.2.3-pre'],
    [`v1.2.3-0.0.${T}-${R}`, 'v1.2.3-0'],
    [`v2.0.1-0.${T}-${R}+incompatible`, 'v2.0.0+incompatible'],
    [`v2.0.0-pre.0.${T}-${R}+incompatible`, 'v2.0.0-pre+incompatible'],
  ])('%s comes after %j', (version, base) => {
    expect(pseudoVersionBase(version)).toBe(base);
    expect(pseudoVersionRev(version)).toBe(R);
    expect(pseudoVersionTime(version)).toEqual(new Date('2006-01-02T15:04:05Z'));
  });

  it.each([
    [`v1.2.0-0.${T}-${R}`, 'version before v1.2.0 would have negative patch number'],
    [`v2.0.0-${T}-${R}+incompatible`, 'lacks base version, but has build metadata "+incompatible"'],
  ])('%s comes after nothing that can be', (version, reason) => {
    expect(isPseudoVersion(version)).toBe(true);
    expect(() => pseudoVersionBase(version)).toThrow(
      expect.objectContaining({ code: 'invalid_version', message: `pseudo-version "${version}" invalid: ${reason}` }),
    );
  });

  it.each(['20240229235959', '00000229000000', '99991231235959', '20000229000000'])('%s is a time', (digits) => {
    expect(pseudoVersionTime(`v0.0.0-${digits}-a`).toISOString().replace(/\D/g, '')).toBe(`${digits}000`);
  });

  it.each([
    '20230229000000',
    '19000229000000',
    '20240431000000',
    '20241301000000',
    '20240001000000',
    '20240100000000',
    '20240101240000',
    '20240101006000',
    '20240101000060',
  ])('%s is no time, and is recognised all the same', (digits) => {
    const version = `v0.0.0-${digits}-a`;
    expect(isPseudoVersion(version)).toBe(true);
    expect(() => pseudoVersionTime(version)).toThrow(
      expect.objectContaining({
        code: 'invalid_version',
        message: `pseudo-version "${version}" invalid: malformed time "${digits}"`,
      }),
    );
  });
});

describe('properties', () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 21n }).map(String);
  const older = fc
    .tuple(
      number,
      number,
      number,
      fc.constantFrom('', '-pre', '-rc.1', '-0', '-a-b.2'),
      fc.constantFrom('', '+incompatible'),
    )
    .map(([x, y, z, pre, build]) => `v${x}.${y}.${z}${pre}${build}`);
  const commit = fc.record({
    time: fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    rev: fc.stringMatching(/^[0-9a-f]{12}$/),
  });

  it('what was put in comes out', () => {
    fc.assert(
      fc.property(older, commit, (base, { time, rev }) => {
        const version = pseudoVersion({ major: 'v0', older: base, time, rev });
        expect(pseudoVersionBase(version)).toBe(base);
        expect(pseudoVersionRev(version)).toBe(rev);
        expect(pseudoVersionTime(version).getTime()).toBe(Math.floor(time.getTime() / 1000) * 1000);
      }),
    );
  });

  it('it is above its base, and below the next pre-release or release', () => {
    fc.assert(
      fc.property(older, commit, (base, parts) => {
        const version = pseudoVersion({ major: 'v0', older: base, ...parts });
        expect(compare(version, base)).toBe(1);
        const next = prerelease(base) === '' ? (canonical(version).split('-')[0] ?? '') : `${canonical(base)}.a`;
        expect(compare(version, next)).toBe(-1);
      }),
    );
  });

  it('later commits are above earlier ones', () => {
    fc.assert(
      fc.property(fc.option(older, { nil: undefined }), commit, commit, (base, a, b) => {
        const [x, y] = [a, b].map((parts) => pseudoVersion({ major: 'v1', older: base, ...parts }));
        const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
        if (seconds(a.time) !== seconds(b.time)) {
          expect(compare(x ?? '', y ?? '')).toBe(Math.sign(seconds(a.time) - seconds(b.time)));
        }
      }),
    );
  });
});
