import { describe, expect, it } from 'vitest';
import { autoQuote, checkCanonicalVersion, isDirectoryPath, mustQuote, parseLax, retractedBy } from './index.ts';

describe('quoting', () => {
  it.each([
    ['a', 'a'],
    ['é世', 'é世'],
    ['', '""'],
    ['a b', '"a b"'],
    ['a"b', '"a\\"b"'],
    ["a'b", '"a\'b"'],
    ['a`b', '"a`b"'],
    ['a\tb', '"a\\tb"'],
    ['a\u00a0b', '"a\\u00a0b"'],
    ['a//b', '"a//b"'],
    ['a/*b', '"a/*b"'],
    ['/', '/'],
    ['[', '['],
    ['a[', '"a["'],
    ['a,b', '"a,b"'],
    ['a\\b', 'a\\b'],
    ['a\udcff', 'a\udcff'],
    ['a \udcff', '"a \\xff"'],
  ])('writes %j as %s', (value, token) => {
    expect(autoQuote(value)).toBe(token);
    expect(mustQuote(value)).toBe(token !== value);
  });
});

it.each([
  ['.', true],
  ['..', true],
  ['./a', true],
  ['../a', true],
  ['.\\a', true],
  ['..\\a', true],
  ['/', true],
  ['\\a', true],
  ['C:', true],
  ['z:\\a', true],
  ['', false],
  ['.a', false],
  ['..a', false],
  ['...', false],
  ['a/./b', false],
  ['1:', false],
  ['é:', false],
  ['example.com/m', false],
  ['.\n', false],
])('takes %j for a directory: %s', (path, want) => {
  expect(isDirectoryPath(path)).toBe(want);
});

describe('retractedBy', () => {
  const goMod = parseLax(
    'go.mod',
    'module m\nretract v1.0.0 // one\nretract [v1.1.0, v1.3.0-pre] // some\nretract [v1, v1.2.0]\nretract [v3, v2]\n',
  );
  it.each([
    ['v0.9.0', []],
    ['v1.0.0', ['one', '']],
    ['v1.0.0+meta', ['one', '']],
    ['v1.1.0-pre', ['']],
    ['v1.2.0', ['some', '']],
    ['v1.3.0-pre', ['some']],
    ['v1.3.0', []],
    ['v2.5.0', []],
  ])('covers %s by %j', (version, rationales) => {
    expect(retractedBy(goMod, version).map(({ rationale }) => rationale)).toEqual(rationales);
  });
});

it.each([
  ['example.com/m', 'v1.2.3', undefined],
  ['example.com/m', 'v2.0.0+incompatible', undefined],
  ['example.com/m/v2', 'v2.0.0', undefined],
  ['example.com/m/v1', 'v9.0.0', undefined],
  ['example.com/m', 'v1.2', 'version "v1.2" invalid: must be of the form v1.2.3'],
  ['example.com/m', 'v1.2.3+meta', 'version "v1.2.3+meta" invalid: must be of the form v1.2.3'],
  ['example.com/m/v2', '', 'version "" invalid: must be of the form v2.2.3'],
  ['gopkg.in/m.v3-unstable', 'v3', 'version "v3" invalid: must be of the form v3.2.3'],
  ['example.com/m/v2', 'v1.0.0', 'version "v1.0.0" invalid: should be v2, not v1'],
  ['example.com/m', 'v2.3.4', 'version "v2.3.4" invalid: should be v2.3.4+incompatible (or module example.com/m/v2)'],
])('checks versions to be written: %s %s', (path, version, message) => {
  const check = () => checkCanonicalVersion(path, version);
  if (message === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'invalid_version', message }));
});
