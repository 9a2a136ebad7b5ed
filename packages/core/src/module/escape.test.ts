import { describe, expect, it } from 'vitest';
import { tryUnescapePath, tryUnescapeVersion } from './escape.ts';
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from './index.ts';

const refusal = (code: string, message: string): unknown => expect.objectContaining({ code, message });

describe('paths (spec §1.16, §1.18)', () => {
  it.each([
    ['github.com/Azure/azure-sdk', 'github.com/!azure/azure-sdk'],
    ['example.com/ABC', 'example.com/!a!b!c'],
    ['example.com/a.-_~9', 'example.com/a.-_~9'],
  ])('%s is %s', (path, escaped) => {
    expect(escapePath(path)).toBe(escaped);
    expect(unescapePath(escaped)).toBe(path);
  });

  it('escapes module paths only', () => {
    expect(() => escapePath('Example.com/x')).toThrow(
      refusal('invalid_path', `malformed module path "Example.com/x": invalid char 'E' in first path element`),
    );
  });

  it.each([
    'example.com/Azure',
    'example.com/!',
    'example.com/a!',
    'example.com/!1',
    'example.com/!!a',
    'example.com/!A',
    'example.com/!/a',
    'example.com/é',
    'example.com/\udcff',
  ])('refuses %j', (escaped) => {
    const message = `invalid escaped module path ${escaped === 'example.com/\udcff' ? '"example.com/\\xff"' : JSON.stringify(escaped)}`;
    expect(() => unescapePath(escaped)).toThrow(refusal('invalid_path', message));
    expect(tryUnescapePath(escaped)).toEqual({ problem: message });
  });

  it.each([
    ['!example.com/x', `malformed module path "Example.com/x": invalid char 'E' in first path element`],
    ['', 'malformed module path "": empty string'],
    ['example.com/../x', 'malformed module path "example.com/../x": invalid path element ".."'],
    [
      'example.com/!aux',
      'malformed module path "example.com/Aux": "Aux" disallowed as path element component on Windows',
    ],
    [
      'example.com/!a!u!x',
      'malformed module path "example.com/AUX": "AUX" disallowed as path element component on Windows',
    ],
    ['example.com/v1', 'malformed module path "example.com/v1": invalid version'],
  ])('checks the result of %j', (escaped, reason) => {
    expect(tryUnescapePath(escaped).problem).toBe(`invalid escaped module path ${JSON.stringify(escaped)}: ${reason}`);
  });
});

describe('versions (spec §1.17, §1.18)', () => {
  it.each([
    ['v1.0.0', 'v1.0.0'],
    ['v1.0.0-RC.1', 'v1.0.0-!r!c.1'],
    ['v2.0.0+incompatible', 'v2.0.0+incompatible'],
    ['main', 'main'],
    ['Feature X', '!feature !x'],
    ['.hidden', '.hidden'],
    ['x~1', 'x~1'],
    ['-', '-'],
  ])('%s is %s', (version, escaped) => {
    expect(escapeVersion(version)).toBe(escaped);
    expect(unescapeVersion(escaped)).toBe(version);
  });

  it.each(['', 'a/b', 'a!b', '.', '..', 'x.', 'con', 'COM1.x', 'a:b', 'a*b', 'a\nb', 'é', '\ud800'])(
    '%j cannot be escaped',
    (version) => {
      expect(() => escapeVersion(version)).toThrow(expect.objectContaining({ code: 'invalid_version' }));
    },
  );

  it.each(['', 'V1', '!', 'a!', '!1', 'é', '!a!u!x', 'a/b', 'x.', '..', 'a:b'])('%j cannot be unescaped', (escaped) => {
    expect(() => unescapeVersion(escaped)).toThrow(expect.objectContaining({ code: 'invalid_version' }));
    expect(tryUnescapeVersion(escaped).problem).toMatch(/^invalid escaped version "/);
  });

  it('names a refused version as what it unescapes to, as Go does', () => {
    expect(tryUnescapeVersion('!a/b').problem).toBe(`invalid escaped version "A/b": invalid char '/'`);
    expect(() => escapeVersion('a/b')).toThrow('version "a/b" invalid: disallowed version string');
  });

  it('takes a long hostile name in its stride', () => {
    expect(tryUnescapePath('!'.repeat(1_000_000)).value).toBeUndefined();
    expect(tryUnescapeVersion('!a'.repeat(500_000)).value).toBe('A'.repeat(500_000));
  });
});
