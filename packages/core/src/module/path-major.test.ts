import { describe, expect, it } from 'vitest';
import { checkPath, checkPathMajor, matchPathMajor, pathMajorPrefix, splitPathVersion } from './index.ts';

describe('splitPathVersion', () => {
  it.each([
    // §1.8
    ['example.com/m', 'example.com/m', ''],
    ['example.com/m/v2', 'example.com/m', '/v2'],
    ['example.com/m/v10', 'example.com/m', '/v10'],
    ['example.com/m/v99999999999999999999', 'example.com/m', '/v99999999999999999999'],
    ['example.com/v2/x', 'example.com/v2/x', ''],
    ['example.com/v', 'example.com/v', ''],
    ['example.com/v2x', 'example.com/v2x', ''],
    ['example.com/V2', 'example.com/V2', ''],
    ['example.com/1.2', 'example.com/1.2', ''],
    ['example.com/mv2', 'example.com/mv2', ''],
    ['1.2', '1.2', ''],
    ['v2', 'v2', ''],
    ['/v2', '', '/v2'],
    ['', '', ''],
    // §1.9
    ['gopkg.in/yaml.v0', 'gopkg.in/yaml', '.v0'],
    ['gopkg.in/yaml.v1', 'gopkg.in/yaml', '.v1'],
    ['gopkg.in/u/yaml.v10', 'gopkg.in/u/yaml', '.v10'],
    ['gopkg.in/yaml.v2-unstable', 'gopkg.in/yaml', '.v2-unstable'],
    ['gopkg.in/yaml.v-unstable', 'gopkg.in/yaml', '.v-unstable'],
  ])('%s is %j and %j', (path, prefix, pathMajor) => {
    expect(splitPathVersion(path)).toEqual({ prefix, pathMajor });
  });

  it.each([
    'example.com/m/v0',
    'example.com/m/v1',
    'example.com/m/v01',
    'example.com/m/v02',
    'example.com/m/v2.0',
    'example.com/m/v1.5',
    'example.com/m/v2.',
    'example.com/m/v.2',
    'gopkg.in/yaml',
    'gopkg.in/yaml.v',
    'gopkg.in/yaml.v01',
    'gopkg.in/yaml.v00',
    'gopkg.in/yaml.v0-unstable',
    'gopkg.in/yaml/v2',
    'gopkg.in/yaml.v2.1',
    'gopkg.in/yaml-unstable',
    'gopkg.in/yaml.v2-Unstable',
  ])('%s has no valid suffix', (path) => {
    expect(splitPathVersion(path)).toBeUndefined();
    expect(() => checkPath(path)).toThrow();
  });
});

describe('versions that fit a path major (spec §1.11)', () => {
  it.each([
    ['v0.1.0', '', true],
    ['v1.0.0', '', true],
    ['v1', '', true],
    ['v2.0.0', '', false],
    ['v2.0.0+incompatible', '', true],
    ['v1.0.0+incompatible', '', true],
    ['v2.0.0+incompatible.1', '', false],
    ['v2.0.0', '/v2', true],
    ['v2.0.0+incompatible', '/v2', true],
    ['v20.0.0', '/v2', false],
    ['v0.0.0-20060102150405-abcdef123456', '/v2', false],
    ['v0.0.0-20060102150405-abcdef123456', '.v1', true],
    ['v0.0.0-20060102150405-abcdef123456', '.v1-unstable', true],
    ['v0.0.0-x', '.v1', true],
    ['v0.0.0', '.v1', false],
    ['v0.0.0-20060102150405-abcdef123456', '.v2', false],
    ['v2.3.4', '.v2-unstable', true],
    ['v0.0.0', '.v0', true],
    ['v0.0.0', '.v-unstable', false],
    ['bad', '', false],
    ['', '/v2', false],
  ])('%s in "%s": %s', (version, pathMajor, fits) => {
    expect(matchPathMajor(version, pathMajor)).toBe(fits);
  });

  it('refuses with the version that would fit', () => {
    const refusal = (message: string): unknown => expect.objectContaining({ code: 'invalid_version', message });
    expect(() => checkPathMajor('v2.0.0', '')).toThrow(refusal('version "v2.0.0" invalid: should be v0 or v1, not v2'));
    expect(() => checkPathMajor('v2.0.0', '/v3')).toThrow(refusal('version "v2.0.0" invalid: should be v3, not v2'));
    expect(() => checkPathMajor('v2.0.0', '.v3-unstable')).toThrow(
      refusal('version "v2.0.0" invalid: should be v3, not v2'),
    );
    expect(() => checkPathMajor('v2.0.0', '/v2')).not.toThrow();
  });
});

describe('pathMajorPrefix (spec §1.12)', () => {
  it.each([
    ['', ''],
    ['/v2', 'v2'],
    ['.v1', 'v1'],
    ['.v1-unstable', 'v1'],
  ])('%j demands %j', (pathMajor, prefix) => {
    expect(pathMajorPrefix(pathMajor)).toBe(prefix);
  });

  it.each(['v2', '/2', '.v-unstable', '/v02', '/v2-unstable', '/v2.0', 'x'])('refuses %j', (pathMajor) => {
    expect(() => pathMajorPrefix(pathMajor)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
