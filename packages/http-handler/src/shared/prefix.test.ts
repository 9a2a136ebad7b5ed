import { isGoModKitError } from '@gomodkit/core/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrefix, stripElements, stripPrefix } from './prefix.ts';

describe('parsePrefix', () => {
  it.each([
    [undefined, ''],
    ['', ''],
    ['/', ''],
    ['/go', '/go'],
    ['/go/', '/go'],
    ['/a/b//', '/a/b'],
    ['/%67o', '/%67o'],
  ])('%s is %s', (prefix, parsed) => {
    expect(parsePrefix(prefix)).toBe(parsed);
  });

  it.each(['go', 'http://example.com/go', '/go?x', '/go#x', '/g o', '/gö', '/go\n'])('refuses %j', (prefix) => {
    expect(() => parsePrefix(prefix)).toThrow(expect.toSatisfy((error) => isGoModKitError(error, 'invalid_argument')));
  });
});

describe('stripPrefix', () => {
  it.each([
    ['/go/example.com/@v/list', '/go', '/example.com/@v/list'],
    ['/go', '/go', '/'],
    ['/go?x=1', '/go', '/?x=1'],
    ['/go/', '/go', '/'],
    ['/go//x', '/go', '//x'],
    ['/go/%2e%2e/x', '/go', '/%2e%2e/x'],
    ['/golang.org/x/@v/list', '/go', undefined],
    ['/GO/x', '/go', undefined],
    ['/%67o/x', '/go', undefined],
    ['//go/x', '/go', undefined],
    ['/x', '/go', undefined],
    ['*', '/go', undefined],
    ['*', '', '*'],
    ['', '/go', undefined],
    ['http://h:1/go/x?y', '/go', '/x?y'],
    ['http://h/x', '/go', undefined],
    ['HTTP://h/go', '/go', '/'],
    ['http://h', '/go', undefined],
    ['http://h/x', '', 'http://h/x'],
    ['/x', '', '/x'],
  ])('%s below %s is %s', (target, prefix, rest) => {
    expect(stripPrefix(target, prefix)).toBe(rest);
  });

  it('gives back whatever was put below a prefix', () => {
    const element = fc.stringMatching(/^[a-z%.!~-]{1,8}$/);
    const prefix = fc.array(element, { minLength: 1, maxLength: 3 }).map((elements) => `/${elements.join('/')}`);
    const target = fc.stringMatching(/^\/[a-z%.!@/?=-]{0,30}$/);
    fc.assert(fc.property(prefix, target, (base, rest) => stripPrefix(base + rest, base) === rest));
  });
});

describe('stripElements', () => {
  it.each([
    ['/acme/go/x/@v/list', 2, '/x/@v/list'],
    ['/acme/go', 2, '/'],
    ['/acme/go?x', 2, '/?x'],
    ['/acme/go//x', 2, '//x'],
    ['/x', 0, '/x'],
    ['/x', 3, '/'],
    ['http://h/acme/x', 1, '/x'],
    ['*', 0, undefined],
  ])('%s without %d elements is %s', (target, count, rest) => {
    expect(stripElements(target, count)).toBe(rest);
  });
});
