import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalVersion, check, compareModuleVersions, isCanonicalVersion, sortModuleVersions } from './index.ts';

describe('check (spec §1.13)', () => {
  it.each([
    ['example.com/m', 'v1.2.3'],
    ['example.com/m', 'v1'],
    ['example.com/m', 'v1.0.0+meta'],
    ['example.com/m', 'v3.0.0+incompatible'],
    ['example.com/m/v2', 'v2.0.0-rc.1'],
    ['gopkg.in/yaml.v1', 'v0.0.0-20060102150405-abcdef123456'],
  ])('accepts %s@%s', (path, version) => {
    expect(() => check(path, version)).not.toThrow();
  });

  it.each([
    ['example.com/m', '', 'example.com/m@: invalid version: not a semantic version'],
    ['example.com/m', 'main', 'example.com/m@main: invalid version: not a semantic version'],
    ['example.com/m', 'v2.0.0', 'example.com/m@v2.0.0: invalid version: should be v0 or v1, not v2'],
    ['example.com/m/v2', 'v1.0.0', 'example.com/m/v2@v1.0.0: invalid version: should be v2, not v1'],
    ['gopkg.in/yaml.v-unstable', 'v1.0.0', 'gopkg.in/yaml.v-unstable@v1.0.0: invalid version: should be v, not v1'],
  ])('refuses %s@%s', (path, version, message) => {
    expect(() => check(path, version)).toThrow(
      expect.objectContaining({ code: 'invalid_version', message, data: { path, version } }),
    );
  });

  it('looks at the path first', () => {
    expect(() => check('fmt', 'bad')).toThrow(expect.objectContaining({ code: 'invalid_path' }));
  });
});

describe('canonical versions (spec §1.14)', () => {
  it.each([
    ['v1', 'v1.0.0', false],
    ['v1.2.3', 'v1.2.3', true],
    ['v1.2.3-pre', 'v1.2.3-pre', true],
    ['v1.2.3+meta', 'v1.2.3', false],
    ['v2.0.0+incompatible', 'v2.0.0+incompatible', true],
    ['v2.0.0-pre+incompatible', 'v2.0.0-pre+incompatible', true],
    ['v2.0.0+incompatible.1', 'v2.0.0', false],
    ['v2.0.0+incompatible-1', 'v2.0.0', false],
    ['main', '', false],
    ['', '', false],
  ])('%j is %j', (version, canonical, isCanonical) => {
    expect([canonicalVersion(version), isCanonicalVersion(version)]).toEqual([canonical, isCanonical]);
  });
});

describe('the order of go.sum (spec §1.15)', () => {
  const m = (path: string, version: string): { path: string; version: string } => ({ path, version });

  it('is path, version, rest', () => {
    const ascending = [
      m('a.b/C', 'v9.0.0'),
      m('a.b/c', 'v1.9.0-rc.1'),
      m('a.b/c', 'v1.9.0'),
      m('a.b/c', 'v1.9.0/go.mod'),
      m('a.b/c', 'v1.10.0'),
      m('a.b/c', 'v1.10.0/go.mod'),
      m('a.b/c-d', 'v0.1.0'),
      m('a.b/c/v2', 'v2.0.0'),
      m('a.b/\uffff', 'v1.0.0'),
      m('a.b/\u{10000}', 'v1.0.0'),
    ];
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect(Math.sign(compareModuleVersions(a, b))).toBe(Math.sign(i - j));
    }
    expect(sortModuleVersions(new Set([...ascending].reverse()))).toEqual(ascending);
  });

  it('leaves versions tied that differ in build metadata', () => {
    const tied = [m('a.b/c', 'v1.0.0+b/go.mod'), m('a.b/c', 'v1.0.0+a'), m('a.b/c', 'v1.0.0')];
    expect(sortModuleVersions(tied)).toEqual(tied);
    expect(sortModuleVersions([...tied].reverse())).toEqual([...tied].reverse());
  });

  it('is total over canonical versions', () => {
    const one = fc.record({
      path: fc.constantFrom('a.b/c', 'a.b/C', 'a.b/c/v2'),
      version: fc
        .tuple(fc.nat(12), fc.nat(3), fc.constantFrom('', '-rc.1', '-0'), fc.constantFrom('', '/go.mod'))
        .map(([minor, patch, pre, rest]) => `v1.${minor}.${patch}${pre}${rest}`),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), (list) => {
        const sorted = sortModuleVersions(list);
        for (const [i, a] of sorted.entries()) {
          for (const b of sorted.slice(i + 1)) expect(compareModuleVersions(a, b)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
