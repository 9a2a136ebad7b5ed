import { describe, expect, it } from 'vitest';
import { isGoModKitError } from '../errors/error.ts';
import type { Policy } from '../repository/repository.ts';
import { combinePolicies, type RangeRule, rangePolicy } from './range-policy.ts';

const allows = async (policy: Policy, version: string, path = 'example.com/m') =>
  (await policy({ path, version })).allow;
const pseudo = (base: string) => `${base}20240102030405-abcdef123456`;

describe('rangePolicy', () => {
  it.each([
    ['>=1.4.2', 'v1.4.2', true],
    ['>=1.4.2', 'v1.4.1', false],
    ['>=1.4.2', 'v1.4.2-rc.1', false],
    ['>=1.4.2', 'v2.0.0+incompatible', true],
    ['^1.4.2', 'v1.5.0-beta', true],
    ['^1.4.2', 'v2.0.0+incompatible', false],
    ['^1.4.2', 'v2.0.0-rc.1', false],
    ['<2.0.0', 'v2.0.0-rc.1', true],
    ['<2', 'v2.0.0-rc.1', false],
    ['^1.2.3', pseudo('v1.2.4-0.'), true],
    ['<1.2.4', pseudo('v1.2.4-0.'), true],
    ['>=0.0.0', pseudo('v0.0.0-'), false],
    ['*', pseudo('v0.0.0-'), true],
    ['1.2.x || 1.4.x', 'v1.3.0', false],
    ['1.2.x || 1.4.x', 'v1.4.9', true],
    // What npm cannot read is not in any range.
    ['*', 'v99999999999999999999.0.0', false],
    ['*', `v1.0.0-${'a'.repeat(300)}`, false],
  ])('allow %s: %s', async (allow, version, result) => {
    expect(await allows(rangePolicy([{ modules: '*', allow }]), version)).toBe(result);
  });

  it('denies what deny has and leaves the rest', async () => {
    const policy = rangePolicy([{ modules: 'example.com/m', deny: '>=1.2.0 <1.2.5', reason: 'CVE-2030-1' }], {
      name: 'cve',
    });
    expect(await policy({ path: 'example.com/m', version: 'v1.2.3' })).toEqual({
      allow: false,
      policy: 'cve',
      reason: 'CVE-2030-1',
    });
    expect(await allows(policy, 'v1.2.5')).toBe(true);
    expect(await allows(policy, 'v1.2.3', 'example.com/other')).toBe(true);
    // Patterns cover what lies below, as in GOPRIVATE.
    expect(await allows(policy, 'v1.2.3', 'example.com/m/sub')).toBe(false);
    expect(await allows(policy, 'v99999999999999999999.0.0')).toBe(false);
  });

  it('can tell commits that were never tagged from releases', async () => {
    const policy = rangePolicy([{ modules: '*', deny: '<0.0.0' }]);
    expect(await allows(policy, pseudo('v0.0.0-'))).toBe(false);
    expect(await allows(policy, 'v0.0.0')).toBe(true);
    expect(await allows(policy, pseudo('v0.0.1-0.'))).toBe(true);
  });

  it('gives a reason of its own', async () => {
    const decide = (rule: Omit<RangeRule, 'modules'>) =>
      rangePolicy([{ modules: '*', ...rule }])({ path: 'a.b/c', version: 'v1.0.0' });
    expect(await decide({ allow: '^2' })).toEqual({
      allow: false,
      policy: 'version range',
      reason: 'only versions ^2 are allowed',
    });
    expect(await decide({ deny: '^1' })).toEqual({
      allow: false,
      policy: 'version range',
      reason: 'versions ^1 are denied',
    });
  });

  it('asks every rule that matches', async () => {
    const policy = rangePolicy([
      { modules: '*', allow: '>=1.0.0' },
      { modules: 'example.com', deny: '1.5.0' },
    ]);
    expect(await allows(policy, 'v1.4.0')).toBe(true);
    expect(await allows(policy, 'v1.5.0')).toBe(false);
    expect(await allows(policy, 'v0.9.0')).toBe(false);
    expect(await allows(policy, 'v1.5.0', 'example.org')).toBe(true);
  });

  it.each<RangeRule>([
    { modules: '*' },
    { modules: '*', allow: 'not a range' },
    { modules: '*', deny: '' },
    { modules: '*', deny: ' ' },
    { modules: '', allow: '*' },
    { modules: ',/,', allow: '*' },
    { modules: 'a.b/[', allow: '*' },
    { modules: 'a.b/\\', allow: '*' },
    { modules: 'a.b, c.d', allow: '*' },
  ])('fails at once for %j', (rule) => {
    let thrown: unknown;
    try {
      rangePolicy([rule]);
    } catch (error) {
      thrown = error;
    }
    expect(isGoModKitError(thrown, 'invalid_argument')).toBe(true);
  });
});

describe('combinePolicies', () => {
  it('stops at the first denial', async () => {
    const asked: string[] = [];
    const say =
      (name: string, allow: boolean): Policy =>
      () => {
        asked.push(name);
        return allow ? { allow } : { allow, policy: name, reason: 'no' };
      };
    const policy = combinePolicies(say('a', true), say('b', false), say('c', false));
    expect(await policy({ path: 'a.b/c', version: 'v1.0.0' })).toMatchObject({ allow: false, policy: 'b' });
    expect(asked).toEqual(['a', 'b']);
    expect(await allows(combinePolicies(say('a', true)), 'v1.0.0')).toBe(true);
    expect(await allows(combinePolicies(), 'v1.0.0')).toBe(true);
  });
});
