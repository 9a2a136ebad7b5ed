import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import {
  compare,
  isLang,
  isPrerelease,
  isToolchain,
  isValid,
  lang,
  max,
  modCompare,
  modIsValid,
  prev,
  toolchainVersion,
  toolchainVersionToGo,
} from './index.ts';

type Operation = (...args: string[]) => unknown;
const operations: Readonly<Record<string, Operation>> = {
  compare: compare as Operation,
  lang: lang as Operation,
  isLang: isLang as Operation,
  prev: prev as Operation,
  isValid: isValid as Operation,
  isToolchain: isToolchain as Operation,
  modCompare: modCompare as Operation,
  modIsValid: modIsValid as Operation,
  fromToolchain: toolchainVersion as Operation,
};

describeVectors<{ op: string; args: string[]; result: unknown }>('go-versions', ({ cases }) => {
  it.each(cases)('$op $args is $result', ({ op, args, result }) => {
    expect(operations[op]?.(...args)).toBe(result);
  });
});

describeVectors<{ op: string; version: string; go: string | null }>('proxy-misc', ({ cases }) => {
  it.each(cases.filter(({ op }) => op === 'toolchainVersionToGo'))('$version is Go $go', ({ version, go }) => {
    expect(toolchainVersionToGo(version) ?? null).toBe(go);
  });
});

describe('versions of Go (spec §2.10)', () => {
  it.each(['1', '1.0', '1.21', '1.21.0', '1.21rc2', '1.21beta', '0', '2.0', '1.99999999999999999999'])(
    'accepts %s',
    (version) => {
      expect(isValid(version)).toBe(true);
    },
  );

  it.each([
    '',
    'go1.21',
    'v1.21',
    '1.',
    '1.021',
    '01.2',
    '1.21.01',
    '1.21-rc1',
    '1.21RC1',
    '1.21rc01',
    '1.21.3rc1',
    '1.21rc1.2',
    '1.2.3.4',
    '1rc1',
    '1.21 ',
  ])('refuses %j', (version) => {
    expect([isValid(version), lang(version), isLang(version), prev(version)]).toEqual([false, '', false, '']);
  });

  it('orders them', () => {
    const ascending = [
      'bad',
      '0',
      '1.4',
      '1.20beta1',
      '1.20rc1',
      '1.20',
      '1.20.1',
      '1.21',
      '1.21beta1',
      '1.21rc',
      '1.21rc1',
      '1.21rc2',
      '1.21rc10',
      '1.21.0',
      '1.21.9',
      '1.21.10',
      '1.22',
      '2.0',
    ];
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect([a, b, compare(a, b)]).toEqual([a, b, Math.sign(i - j)]);
    }
    expect(compare('1.20', '1.20.0')).toBe(0);
    expect(compare('1', '1.0.0')).toBe(0);
    expect(compare('bad', '')).toBe(0);
  });

  it.each([
    ['1.24.3', '1.24', '1.23'],
    ['1.24rc1', '1.24', '1.23'],
    ['1.10', '1.10', '1.9'],
    ['1.1', '1.1', '1'],
    ['1.0', '1', '1'],
    ['2', '2.0', '2'],
  ])('%s is of language %s, after %s', (version, language, before) => {
    expect(lang(version)).toBe(language);
    expect(prev(version)).toBe(before);
  });

  it('tells language versions, pre-releases and the greater one', () => {
    expect(['1.21', '1.20', '1.21.0', '1.21rc1'].map(isLang)).toEqual([true, false, false, false]);
    expect(['1.21', '1.21rc1', '1.21.0', '1.21-rc1'].map(isPrerelease)).toEqual([false, true, false, false]);
    expect([max('1.21', '1.21rc1'), max('1.20', '1.20.0'), max('x', '1')]).toEqual(['1.21rc1', '1.20', '1']);
  });
});

describe('toolchains (spec §2.10, §10.30)', () => {
  it.each([
    ['go1.21.0', '1.21.0'],
    ['go1.21rc1-suffix-more', '1.21rc1'],
    ['go1.21 X:exp', '1.21'],
    ['go1.21\tx', '1.21'],
    ['go1.21-a\nb', '1.21'],
    ['go1.21-a/b', ''],
    ['go1.21-a\\b', ''],
    ['go', ''],
    ['Go1.21', ''],
    ['go1.021', ''],
  ])('the name %j carries %j', (name, version) => {
    expect(toolchainVersion(name)).toBe(version);
  });

  it.each([
    ['v0.0.1-go1.21.0.linux-amd64', '1.21.0'],
    ['v0.0.1-1.21.0.linux-amd64', '1.21.0'],
    ['v0.0.1-go1.21.linux', undefined],
    ['v0.0.1-go1-x', undefined],
    ['nothing', undefined],
    ['v0.0.1', undefined],
  ])('the version %s of golang.org/toolchain is Go %s', (version, go) => {
    expect(toolchainVersionToGo(version)).toBe(go);
  });

  it('compares names with versions', () => {
    expect(modCompare('toolchain', '1.21.0', 'go1.21.1-x')).toBe(-1);
    expect(modCompare('toolchain', 'default', 'go1.21.1')).toBe(-1);
    expect(modIsValid('toolchain', '1.21.0')).toBe(false);
  });
});
